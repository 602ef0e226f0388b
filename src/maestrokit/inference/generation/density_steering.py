"""How dense what is generated stays: as is asked for, in a gap as beside it, else as in its own first minute.

A model that goes on from its own notes becomes denser minute by minute, and in a gap it does not look far enough. So
the times of onsets have a bias, the logarithm of the density so far over the one to keep.
"""

import numpy as np

from maestrokit.arrays import Floats, Mask
from maestrokit.music.edits.infill import Gap

STEERING = 2.0  # times the logarithm of the density so far over the one asked for
STEADY = 4.0  # seconds at the density to keep that are counted before the first note, so that it is steered gently
MINUTE = 60.0  # seconds, whose density is kept to where none is asked for
BESIDE = 10.0  # seconds on each side of a gap whose density counts
SHORTEST = 2.0  # seconds: where less is left on a side, the density of this many counts


class DensitySteering:
    """The bias on the times of several pieces, which have notes at the same time.

    Parameters
    ----------
    density : float or None
        Notes a second to keep to.
    rows : int
        Number of pieces.
    change : float
        By how much that density rises in a second.
    """

    def __init__(self, density: float | None, rows: int, *, change: float = 0.0) -> None:
        self.density = np.full(rows, np.nan if density is None else density)
        """The density that each piece keeps to, at its beginning, (rows,); not a number as long as there is none."""
        self.change = change

    def bias(self, count: int, seconds: Floats) -> Floats:
        """Return what is added to the bias on the time after `count` notes in these seconds, both (rows,)."""
        seconds = np.maximum(seconds, 0.0)  # the last note before a gap lies before its beginning
        is_known = np.isfinite(self.density)
        self.density = np.where(~is_known & (seconds >= MINUTE), count / np.maximum(seconds, MINUTE), self.density)
        target = self.density + self.change * seconds / 2  # the mean of these seconds
        so_far = (count + STEADY * target) / (seconds + STEADY)
        return np.where(np.isfinite(self.density), STEERING * np.log(so_far / target), 0.0)

    def keep(self, rows: Mask) -> None:
        """Drop the other pieces."""
        self.density = self.density[rows]


def gap_densities(gap: Gap, step: float) -> tuple[float, float] | None:
    """Return the notes a second before and after a gap, both that of one side if the other has none; None without any.

    Parameters
    ----------
    step : float, in seconds
        Length of the steps of the gap.
    """
    densities = []
    for distance in ((gap.start - gap.before.onset) * step, (gap.after.onset - gap.stop) * step):
        beside = min(BESIDE, max(SHORTEST, float(distance.max(initial=0.0))))
        if count := int((distance <= beside).sum()):
            densities.append(count / beside)
    return (densities[0], densities[-1]) if densities else None
