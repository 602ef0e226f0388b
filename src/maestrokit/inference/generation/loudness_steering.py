"""Steering of the loudness of new notes: to the one asked for, or in a gap from that before it to that after it."""

from collections.abc import Sequence

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.music.edits.infill import Gap
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.step_notes import velocities

Line = tuple[Sequence[int], Sequence[float]]
"""Steps, and the mean velocity bins there; between them it is straight."""

BESIDE = 10.0  # seconds on each side of a gap whose mean velocity counts
STEERING = 0.1  # of the mean distance from the line between both sides, in bins, subtracted from the slope of logits
STEADY = 4.0  # notes on that line that are counted before the first, so that it is steered gently


class LoudnessSteering:
    """The velocities of new notes of several performances, beside a line that they are steered to.

    Parameters
    ----------
    line : Line, optional
        Without it nothing is steered.
    rows : int
        Number of performances.
    encoding : Encoding
    """

    def __init__(self, line: Line | None, rows: int, encoding: Encoding) -> None:
        self.bins = np.arange(encoding.velocity_bins)
        self.sums, self.counts = np.zeros(rows), np.full(rows, STEADY)
        self.line = line

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


def level_line(velocity: float, encoding: Encoding) -> Line:
    """Return the line of one mean velocity throughout."""
    bins = np.arange(encoding.velocity_bins)
    return [0], [float(np.interp(velocity, velocities(bins, velocity_bins=encoding.velocity_bins), bins))]


def gap_line(gap: Gap, encoding: Encoding) -> Line | None:
    """Return the ends of a gap, and the mean velocity bins of the seconds beside them, as far as there are notes."""
    before, after, beside = gap.before, gap.after, round(BESIDE / encoding.step)
    near = {gap.start: before.velocity_bin[before.onset >= gap.start - beside],
            gap.stop: after.velocity_bin[after.onset < gap.stop + beside]}  # fmt: skip
    means = {step: float(bins.mean()) for step, bins in near.items() if len(bins)}
    return (list(means), list(means.values())) if means else None
