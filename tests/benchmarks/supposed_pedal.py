"""The sustain pedal that `generate` infers from notes, beside the one that the performers played.

Performances go through the tokens that models are trained on, in which notes last as long as the pedal holds them and
no pedal is left. From these notes alone the pedal is inferred (`maestrokit.music.edits.pedalling.supposed_pedal`). F1
is that of the 10 ms in which the pedal is down; a pedal that is down from the first onset to the last end is beside it.
Printed are means over performances, and their correlation.

    python tests/benchmarks/supposed_pedal.py [--data DIR] [--split NAME]
"""

import argparse
from pathlib import Path

import numpy as np
from performances import evenly_spaced

from maestrokit.arrays import Floats, Mask
from maestrokit.files.midi import read_midi
from maestrokit.music.edits.pedalling import supposed_pedal
from maestrokit.music.encodings.events import Encoding, decode_notes, encode
from maestrokit.music.sustain import pedal_intervals

ALL = 10_000  # performances; more than a split has


def frames(pedal: Floats, count: int) -> Mask:
    """Return for each frame of 10 ms whether a pedal is down."""
    down = np.zeros(count, bool)
    for start, end in np.rint(100 * pedal).astype(np.int64).tolist():
        down[start:end] = True
    return down


def f1(estimate: Mask, reference: Mask) -> float:
    """Return the F1 of frames; 1 where the pedal is never down in either."""
    common = int((estimate & reference).sum())
    return 2 * common / max(int(estimate.sum() + reference.sum()), 1) if estimate.any() or reference.any() else 1.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with maestro-v3.0.0")
    parser.add_argument("--split", default="validation", help="part of MAESTRO")
    options = parser.parse_args()
    rows, encoding = [], Encoding()
    for path in evenly_spaced(options.data / "maestro-v3.0.0", options.split, ALL):
        performance = read_midi(path)
        notes = decode_notes(encode(performance, encoding), encoding)
        reference_intervals, estimated_intervals = pedal_intervals(performance), supposed_pedal(notes)
        count = int(100 * max(notes.offset.max(), reference_intervals.max(initial=0))) + 1
        reference, estimate = frames(reference_intervals, count), frames(estimated_intervals, count)
        minutes = count / 6000
        rows.append([f1(estimate, reference), f1(np.ones(count, bool), reference), estimate.mean(), reference.mean(),
                     len(estimated_intervals) / minutes, len(reference_intervals) / minutes])  # fmt: skip
    scores = np.array(rows)
    mean, correlations = scores.mean(0), (np.corrcoef(scores[:, i], scores[:, i + 1])[0, 1] for i in (2, 4))
    print(f"{len(scores)} performances        inferred   people  correlation")
    print(f"F1 of 10 ms frames         {mean[0]:9.3f}{'':>9}")
    print(f"  with the pedal always down {mean[1]:7.3f}")
    for name, column, correlation in zip(
        ("share of time with it down", "times down a minute"), (2, 4), correlations, strict=True
    ):
        print(f"{name:<27}{mean[column]:9.3f}{mean[column + 1]:9.3f}{correlation:13.3f}")


if __name__ == "__main__":
    main()
