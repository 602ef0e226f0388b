"""When sound rises about the labels of MAPS: the real piano's recordings and the synthesised ones, by velocity.

    python tests/benchmarks/maps_labels.py [--data DIR]

For each note whose octaves and twelfths are not struck within .3 s: when the mean level of its first three harmonics
has risen half of what it rises within .2 s of the label. No model has a part in this. Labels that are right by the
sound give about 0, whatever the velocity.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from maestrokit.training.data.recordings import TrainingExample, recorded_example

DATA = Path(os.environ.get("MAESTROKIT_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
VELOCITIES = (0, 25, 35, 50, 70, 128)
FRAMES = 100  # of levels a second
AROUND = 25  # frames
LEAST_RISE = 6.0  # dB
SETTLED = 20  # frames after the label within which a note is at its loudest
BINS_PER_OCTAVE, FIRST_BIN, KEY_BINS, LOWEST = 36, 2, 3, 21


def rises(take: TrainingExample, velocities: tuple[int, int]) -> list[float]:
    """Return how many milliseconds after its label the sound of each note of such velocities has risen half."""
    notes, found = take.notes, []
    for row in np.flatnonzero((notes.velocity >= velocities[0]) & (notes.velocity < velocities[1])):
        frame = round(float(notes.onset[row]) * FRAMES)
        if not AROUND <= frame < len(take.levels) - AROUND:
            continue
        near = np.abs(notes.onset - notes.onset[row]) < 0.3
        near[row] = False
        if np.isin(np.abs(notes.pitch[near] - notes.pitch[row]), (0, 12, 19, 24)).any():
            continue
        lowest = KEY_BINS * (notes.pitch[row] - LOWEST) + FIRST_BIN
        bins = lowest + np.rint(BINS_PER_OCTAVE * np.log2([1, 2, 3])).astype(int)
        part = np.asarray(take.levels[frame - AROUND : frame + AROUND], np.float64)
        level = part[:, bins[bins < part.shape[1]]].mean(axis=1)
        level -= level[:15].mean()
        loudest = level[AROUND : AROUND + SETTLED].max()
        if loudest >= LEAST_RISE:
            found.append((float(np.argmax(level[8:] >= loudest / 2)) + 8 - AROUND) * 1000 / FRAMES)
    return found


def row(name: str, takes: Sequence[TrainingExample]) -> str:
    """Return a line: median and number of notes for each range of velocities."""
    cells = []
    for velocities in pairwise(VELOCITIES):
        found = [rise for take in takes for rise in rises(take, velocities)]
        cells.append(f"{np.median(found):6.0f} ({len(found):4})" if found else f"{'-':>13}")
    return f"{name:24}" + "".join(f"{cell:>16}" for cell in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    folder = parser.parse_args().data / "maps"
    print("half risen, ms after the label: median (notes), by velocity")
    print(f"{'':24}" + "".join(f"{f'{a}..{b - 1}':>16}" for a, b in pairwise(VELOCITIES)))
    with tempfile.TemporaryDirectory() as cache:
        for path in sorted((folder / "real").glob("*.flac")):
            print(
                row(path.stem.removeprefix("MAPS_MUS-"), [recorded_example(str(path), cache=Path(cache))]), flush=True
            )
        pianos: dict[str, list[TrainingExample]] = {}
        for path in sorted((folder / "synth").glob("*.flac"))[::4]:
            pianos.setdefault(path.stem.rpartition("_")[2], []).append(recorded_example(str(path), cache=Path(cache)))
        for name, takes in sorted(pianos.items()):
            print(row(name, takes), flush=True)


if __name__ == "__main__":
    main()
