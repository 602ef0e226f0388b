"""How late sound rises after the onset labels of MAPS, by velocity: recordings of a real piano and synthesised ones.

    python tests/benchmarks/maps_labels.py [--data DIR]

For each note whose octaves and twelfths are not struck within .3 s: when the mean level of its first three harmonics
has risen half of what it rises within .2 s of the label. No model is used. Labels that are right by the
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
FRAMES_PER_SECOND = 100  # per second
CONTEXT_FRAMES = 25  # frames before and after the label
LEAST_RISE = 6.0  # dB
ATTACK_FRAMES = 20  # frames after the label within which a note is at its loudest
BINS_PER_OCTAVE, FIRST_BIN, KEY_BINS, LOWEST = 36, 2, 3, 21


def rise_delays(example: TrainingExample, velocities: tuple[int, int]) -> list[float]:
    """Return the milliseconds from label to half of the rise, for each note of a range of velocities."""
    notes, delays = example.notes, []
    for table_row in np.flatnonzero((notes.velocity >= velocities[0]) & (notes.velocity < velocities[1])):
        frame = round(float(notes.onset[table_row]) * FRAMES_PER_SECOND)
        if not CONTEXT_FRAMES <= frame < len(example.levels) - CONTEXT_FRAMES:
            continue
        is_near = np.abs(notes.onset - notes.onset[table_row]) < 0.3
        is_near[table_row] = False
        if np.isin(np.abs(notes.pitch[is_near] - notes.pitch[table_row]), (0, 12, 19, 24)).any():
            continue
        lowest = KEY_BINS * (notes.pitch[table_row] - LOWEST) + FIRST_BIN
        bins = lowest + np.rint(BINS_PER_OCTAVE * np.log2([1, 2, 3])).astype(int)
        part = np.asarray(example.levels[frame - CONTEXT_FRAMES : frame + CONTEXT_FRAMES], np.float64)
        level = part[:, bins[bins < part.shape[1]]].mean(axis=1)
        level -= level[:15].mean()
        loudest = level[CONTEXT_FRAMES : CONTEXT_FRAMES + ATTACK_FRAMES].max()
        if loudest >= LEAST_RISE:
            delays.append((float(np.argmax(level[8:] >= loudest / 2)) + 8 - CONTEXT_FRAMES) * 1000 / FRAMES_PER_SECOND)
    return delays


def table_row(name: str, examples: Sequence[TrainingExample]) -> str:
    """Return a table row: median and number of notes for each range of velocities."""
    cells = []
    for velocities in pairwise(VELOCITIES):
        delays = [delay for example in examples for delay in rise_delays(example, velocities)]
        cells.append(f"{np.median(delays):6.0f} ({len(delays):4})" if delays else f"{'-':>13}")
    return f"{name:24}" + "".join(f"{cell:>16}" for cell in cells)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    folder = parser.parse_args().data / "maps"
    print("half risen, ms after the label: median (notes), by velocity")
    print(f"{'':24}" + "".join(f"{f'{a}..{b - 1}':>16}" for a, b in pairwise(VELOCITIES)))
    with tempfile.TemporaryDirectory() as cache:
        for path in sorted((folder / "real").glob("*.flac")):
            print(
                table_row(path.stem.removeprefix("MAPS_MUS-"), [recorded_example(str(path), cache=Path(cache))]),
                flush=True,
            )
        pianos: dict[str, list[TrainingExample]] = {}
        for path in sorted((folder / "synth").glob("*.flac"))[::4]:
            pianos.setdefault(path.stem.rpartition("_")[2], []).append(recorded_example(str(path), cache=Path(cache)))
        for name, examples in sorted(pianos.items()):
            print(table_row(name, examples), flush=True)


if __name__ == "__main__":
    main()
