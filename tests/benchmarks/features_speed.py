"""Time per file to compute descriptors, beside the few that pretty_midi has.

    python tests/benchmarks/features_speed.py [--data DIR] [--files 30] [--seed 1]

Both start from the bytes of the same real performances, one thread; each time is processor time, the better of two.
pretty_midi parses and gives pitch-class histogram, chroma, onsets, tempo and a piano roll of 20 ms; that is all that it
offers. maestrokit parses and gives the record of all groups (with keys, chords, tempo curve ..), and also the frames.
"""

import argparse
import io
import random
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pretty_midi

from maestrokit import features
from maestrokit.files.midi import parse_midi

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def maestrokit_features(data: bytes, *, names: list[str] | None = None, with_frames: bool = False) -> object:
    """Return the record of a file, and its frames where they are asked for."""
    view = features.note_view(parse_midi(data, name="benchmark"))
    return features.describe(view, names=names), features.frames(view, names=names) if with_frames else None


def pretty_midi_features(data: bytes) -> object:
    """Return all that pretty_midi describes of a file."""
    midi = pretty_midi.PrettyMIDI(io.BytesIO(data))
    return (
        midi.get_pitch_class_histogram(use_duration=True),
        midi.get_chroma(fs=50),
        midi.get_onsets(),
        midi.estimate_tempo(),
        midi.get_piano_roll(fs=50),
    )


def milliseconds(describe: Callable[[bytes], object], data: bytes, repeats: int = 2) -> float:
    """Return the least processor time of several runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        describe(data)
        times.append(time.process_time() - start)
    return 1000 * min(times)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--files", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    paths = sorted((options.data / "maestro-v3.0.0").rglob("*.mid*"))
    if not paths:
        parser.error(f"no MAESTRO files in '{options.data}'")
    paths = random.Random(options.seed).sample(paths, min(options.files, len(paths)))
    contents = [path.read_bytes() for path in paths]
    methods: dict[str, Callable[[bytes], object]] = {
        "parse alone": lambda data: parse_midi(data, name="benchmark"),
        "parse, all groups": maestrokit_features,
        "parse, all but beats": partial(
            maestrokit_features, names=[name for name in features.group_names() if name != "beats"]
        ),
        "parse, all groups, frames": partial(maestrokit_features, with_frames=True),
        "pretty_midi": pretty_midi_features,
    }
    maestrokit_features(contents[0], with_frames=True)
    warnings.simplefilter("ignore")
    times = {name: np.array([milliseconds(method, data) for data in contents]) for name, method in methods.items()}
    notes = [len(parse_midi(data, name="benchmark").notes) for data in contents]
    print(f"{len(paths)} files, median {np.median(notes):.0f} notes; ms a file")
    print(f"{'':28}{'median':>9}{'p90':>9}{'pretty_midi / this':>20}")
    for name, values in times.items():
        ratio = np.median(times["pretty_midi"] / values)
        print(f"{name:28}{np.median(values):9.1f}{np.percentile(values, 90):9.1f}{ratio:20.1f}")
    for group in features.group_names():
        views = [features.note_view(parse_midi(data, name="benchmark")) for data in contents]
        times_of_group = []
        for view in views:
            start = time.process_time()
            features.describe(view, names=[group])
            times_of_group.append(1000 * (time.process_time() - start))
        print(f"  {group:26}{np.median(times_of_group):9.1f}{np.percentile(times_of_group, 90):9.1f}")


if __name__ == "__main__":
    main()
