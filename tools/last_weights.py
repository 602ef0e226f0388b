"""Make a run folder of the last weights of a run, whether or not they are its best.

Example::

    python tools/last_weights.py runs/twin -o runs/twin-last

The weights are those of ``resume.safetensors``, averaged if the run averages them. Those of an improviser become the
model of notes that its generator is.
"""

import argparse
from pathlib import Path

from maestrokit.files import checkpoint
from maestrokit.models.adversarial.improvise import generating
from run_folders import run_folder


def write_last(run: Path, folder: Path) -> None:
    """Write the last weights of a run into another folder; NoInputError if it has none."""
    config, (tensors, progress) = checkpoint.read_config(run), checkpoint.read_resume(run)
    has_average = any(name.startswith("average.") for name in tensors)
    prefix = "average." if has_average else "model."
    weights = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    if config.get("task") == "improvise":
        config, weights = generating(config, weights)
    folder.mkdir(parents=True)
    checkpoint.write_weights(folder, weights)
    checkpoint.write_config(folder, config)
    print(f"'{folder}' has the weights of step {progress['step']}")


def main() -> None:
    """Write the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=run_folder, help="run folder")
    parser.add_argument("-o", "--output", type=Path, required=True, help="new run folder")
    options = parser.parse_args()
    write_last(options.run, options.output)


if __name__ == "__main__":
    main()
