"""Whether what fills a gap joins it: density, loudness and pitch classes beside those on both sides.

    python tests/benchmarks/infill.py [--data DIR] [--model NAME] [--pieces N] [--seconds S] [--samples N]

Seconds in the middle of validation performances are replaced. Each line compares the span with as many seconds before
and as many after it: the ratio of notes a second (its median, and the mean size of its logarithm to base 2), the
difference of mean velocities (its mean, and its mean size), and the mean correlation of the histograms of pitch
classes. `as it was` is the span of the performance itself: how much people change.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from generated_sets import UNSEEN
from performances import spread

from maestrokit.api.generation import generate
from maestrokit.files.midi import read_midi
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.metrics.piece import Piece, piece_of


def figures(piece: Piece, start: float, stop: float) -> tuple[float, float, np.ndarray]:
    """Return notes a second, mean velocity and histogram of pitch classes of a span."""
    part = piece.select((piece.onset >= start) & (piece.onset < stop))
    velocity = float(part.velocity.mean()) if len(part) else np.nan
    return len(part) / (stop - start), velocity, np.bincount(part.pitch % 12, minlength=12)


def compared(piece: Piece, start: float, stop: float, *, around: Piece) -> list[list[float]]:
    """Return ratio of densities, difference of velocities and correlation, with the span before and that after."""
    density, velocity, classes = figures(piece, start, stop)
    rows = []
    for shift in (start - stop, stop - start):
        other = figures(around, start + shift, stop + shift)
        rows.append([density / other[0], velocity - other[1], float(np.corrcoef(classes, other[2])[0, 1])])
    return rows


def line(name: str, rows: list[list[float]]) -> str:
    """Return the figures of several spans."""
    ratio, difference, correlation = np.array(rows).T
    size = np.nanmean(np.abs(np.log2(np.maximum(ratio, 1e-2))))
    return (
        f"{name:<12}{np.median(ratio):>8.2f}{size:>8.2f}{np.nanmean(difference):>10.1f}"
        f"{np.nanmean(np.abs(difference)):>8.1f}{np.nanmean(correlation):>13.2f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="folder with maestro-v3.0.0")
    parser.add_argument("--model", default="transformer", help="name or run folder")
    parser.add_argument("--pieces", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the gap, and of what is beside it")
    parser.add_argument("--samples", type=int, default=4, help="for each gap")
    told = parser.parse_args()
    torch.set_num_threads(1)
    loaded = load_event_model(told.model)
    before: list[list[float]] = []
    after: list[list[float]] = []
    for path in spread(told.data / "maestro-v3.0.0", "validation", told.pieces, among=UNSEEN):
        performance = read_midi(path)
        original = piece_of(performance)
        start = round(float(original.onset[-1] - told.seconds) / 2)
        span = start, start + told.seconds
        before += compared(original, *span, around=original)
        for new in generate(performance, model=loaded, infill=span, count=told.samples, seed=1):
            after += compared(piece_of(new), *span, around=original)
    print(f"{told.pieces} gaps of {told.seconds:g} s, {told.samples} samples of each, beside the {told.seconds:g} s")
    print("before and after:    density          velocity        pitch classes")
    print("               ratio  |log2| difference  |size|  correlation")
    print(line("as it was", before))
    print(line(Path(told.model).name, after))


if __name__ == "__main__":
    main()
