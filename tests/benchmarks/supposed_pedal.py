"""The sustain pedal that `generate` writes beside notes, beside that of people whose notes these are.

Performances go through the tokens that models are taught, in which notes last as long as the pedal holds them and no
pedal is left. From these notes alone the pedal is inferred (`maestrokit.music.edits.pedalling.supposed_pedal`). F1 is
that of the 10 ms in which the pedal is down; a pedal that is down from the first onset to the last end is beside it.
What is printed are means over performances, and their correlation.

    python tests/benchmarks/supposed_pedal.py [--data DIR] [--split NAME]
"""

import argparse
from pathlib import Path

import numpy as np
from performances import spread

from maestrokit.arrays import Floats, Mask
from maestrokit.files.midi import read_midi
from maestrokit.music.edits.pedalling import supposed_pedal
from maestrokit.music.encodings.events import Encoding, decode_notes, encode
from maestrokit.music.sustain import pedal_intervals

EVERY = 10_000  # performances; more than a split has


def frames(pedal: Floats, count: int) -> Mask:
    """Return in which of so many frames of 10 ms a pedal is down."""
    down = np.zeros(count, bool)
    for start, end in np.rint(100 * pedal).astype(np.int64).tolist():
        down[start:end] = True
    return down


def f1(estimate: Mask, truth: Mask) -> float:
    """Return the F1 of frames; 1 where both have none."""
    both = int((estimate & truth).sum())
    return 2 * both / max(int(estimate.sum() + truth.sum()), 1) if estimate.any() or truth.any() else 1.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with maestro-v3.0.0")
    parser.add_argument("--split", default="validation", help="part of MAESTRO")
    options = parser.parse_args()
    rows, encoding = [], Encoding()
    for path in spread(options.data / "maestro-v3.0.0", options.split, EVERY):
        performance = read_midi(path)
        notes = decode_notes(encode(performance, encoding), encoding)
        of_people, supposed = pedal_intervals(performance), supposed_pedal(notes)
        count = int(100 * max(notes.offset.max(), of_people.max(initial=0))) + 1
        truth, estimate = frames(of_people, count), frames(supposed, count)
        minutes = count / 6000
        rows.append([f1(estimate, truth), f1(np.ones(count, bool), truth), estimate.mean(), truth.mean(),
                     len(supposed) / minutes, len(of_people) / minutes])  # fmt: skip
    each = np.array(rows)
    mean, same = each.mean(0), (np.corrcoef(each[:, i], each[:, i + 1])[0, 1] for i in (2, 4))
    print(f"{len(each)} performances        inferred   people  correlation")
    print(f"F1 of 10 ms frames         {mean[0]:9.3f}{'':>9}")
    print(f"  with the pedal always down {mean[1]:7.3f}")
    for name, at, alike in zip(("share of time with it down", "times down a minute"), (2, 4), same, strict=True):
        print(f"{name:<27}{mean[at]:9.3f}{mean[at + 1]:9.3f}{alike:13.3f}")


if __name__ == "__main__":
    main()
