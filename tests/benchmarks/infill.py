"""Whether infills fit their surroundings: density, loudness and pitch classes beside those on both sides.

    python tests/benchmarks/infill.py [--data DIR] [--model NAME] [--pieces N] [--seconds S] [--samples N]

Seconds in the middle of validation performances are replaced. Each line compares the span with as many seconds before
and as many after it: the ratio of notes a second (its median, and the mean size of its logarithm to base 2), the
difference of mean velocities (its mean, and its mean size), and the mean correlation of the histograms of pitch
classes. `as it was` is the span of the performance itself: how much people vary.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from generated_sets import UNSEEN
from performances import evenly_spaced

from maestrokit.api.generation import generate
from maestrokit.files.midi import read_midi
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.metrics.piece import Piece, piece_of


def span_statistics(piece: Piece, start: float, stop: float) -> tuple[float, float, np.ndarray]:
    """Return notes a second, mean velocity and histogram of pitch classes of a span."""
    part = piece.select((piece.onset >= start) & (piece.onset < stop))
    velocity = float(part.velocity.mean()) if len(part) else np.nan
    return len(part) / (stop - start), velocity, np.bincount(part.pitch % 12, minlength=12)


def differences(piece: Piece, start: float, stop: float, *, around: Piece) -> list[list[float]]:
    """Return ratio of densities, difference of velocities and correlation, with the span before and that after."""
    density, velocity, histogram = span_statistics(piece, start, stop)
    rows = []
    for shift in (start - stop, stop - start):
        neighbour = span_statistics(around, start + shift, stop + shift)
        rows.append(
            [density / neighbour[0], velocity - neighbour[1], float(np.corrcoef(histogram, neighbour[2])[0, 1])]
        )
    return rows


def table_row(name: str, rows: list[list[float]]) -> str:
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
    options = parser.parse_args()
    torch.set_num_threads(1)
    loaded = load_event_model(options.model)
    original_rows: list[list[float]] = []
    infilled_rows: list[list[float]] = []
    for path in evenly_spaced(options.data / "maestro-v3.0.0", "validation", options.pieces, among=UNSEEN):
        performance = read_midi(path)
        original = piece_of(performance)
        start = round(float(original.onset[-1] - options.seconds) / 2)
        span = start, start + options.seconds
        original_rows += differences(original, *span, around=original)
        for infilled in generate(performance, model=loaded, infill=span, count=options.samples, seed=1):
            infilled_rows += differences(piece_of(infilled), *span, around=original)
    print(
        f"{options.pieces} gaps of {options.seconds:g} s, {options.samples} samples of each, "
        f"beside the {options.seconds:g} s"
    )
    print("before and after:    density          velocity        pitch classes")
    print("               ratio  |log2| difference  |size|  correlation")
    print(table_row("as it was", original_rows))
    print(table_row(Path(options.model).name, infilled_rows))


if __name__ == "__main__":
    main()
