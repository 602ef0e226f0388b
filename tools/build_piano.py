"""Build the shipped piano from the full set of Salamander samples.

Example::

    python tools/build_piano.py salamander -o src/maestrokit/piano
"""

import argparse
from pathlib import Path

from maestrokit.files.pianos.compact import write_compact_piano
from maestrokit.files.pianos.salamander import read_salamander

LAYERS = (35.5, 68.5, 108.5)  # velocities of the layers that are kept: 3, 9 and 14 of 16
SAMPLE_RATE = 22050  # Hz
LONGEST = 7.5  # seconds
COMPRESSION = 0.4  # 27 dB between the sound and what the codec adds
RELEASE_KEYS = range(21, 89, 4)


def main() -> None:
    """Read the full set and write the compact piano."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of the Salamander samples, such as the unpacked npm packages")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write to")
    arguments = parser.parse_args()
    write_compact_piano(
        read_salamander(arguments.source),
        arguments.output,
        velocities={velocity: velocity for velocity in LAYERS},
        sample_rate=SAMPLE_RATE,
        longest=LONGEST,
        compression=COMPRESSION,
        release_keys=RELEASE_KEYS,
    )


if __name__ == "__main__":
    main()
