"""Steering of the loudness of new notes in a gap, so that it leads from that before the gap to that after it."""

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.music.infill import Gap
from maestrokit.music.tokens import Encoding

BESIDE = 10.0  # seconds on each side of a gap whose mean velocity counts
STEERING = 0.1  # of the mean distance from the line between both sides, in bins, subtracted from the slope of logits
STEADY = 4.0  # notes on that line that are counted before the first, so that it is steered gently


class GapLoudness:
    """The velocities of new notes of several performances, beside a line from one side of the gap to the other.

    Parameters
    ----------
    gap : Gap, optional
        Without it, or without notes beside it, nothing is steered.
    rows : int
        Number of performances.
    encoding : Encoding
    """

    def __init__(self, gap: Gap | None, rows: int, encoding: Encoding) -> None:
        self.bins = np.arange(encoding.velocity_bins)
        self.sums, self.counts = np.zeros(rows), np.full(rows, STEADY)
        self.line = None if gap is None else _line(gap, round(BESIDE / encoding.step))

    def slopes(self) -> Floats:
        """Return what is added to the logits of velocity bins, (rows, bins)."""
        return np.asarray(-STEERING * (self.sums / self.counts)[:, None] * self.bins)

    def add(self, onset: Integers, velocity_bin: Integers) -> None:
        """Count a new note of each performance."""
        if self.line is not None:
            self.sums += velocity_bin - np.interp(onset, *self.line)
            self.counts += 1

    def keep(self, rows: Mask) -> None:
        """Drop the other performances."""
        self.sums, self.counts = self.sums[rows], self.counts[rows]


def _line(gap: Gap, beside: int) -> tuple[list[int], list[float]] | None:
    """Return the ends of a gap, and the mean velocity bins of so many steps beside them, as far as there are notes."""
    before, after = gap.before, gap.after
    near = {gap.start: before.velocity_bin[before.onset >= gap.start - beside],
            gap.stop: after.velocity_bin[after.onset < gap.stop + beside]}  # fmt: skip
    means = {step: float(bins.mean()) for step, bins in near.items() if len(bins)}
    return (list(means), list(means.values())) if means else None
