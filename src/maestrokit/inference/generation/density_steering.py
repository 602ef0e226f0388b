"""How dense what is generated stays: the density that is asked for, else that of its own first minute.

A model that goes on from its own notes becomes denser minute by minute. So the times of onsets have a bias, the
logarithm of the density so far over the one to keep.
"""

import numpy as np

from maestrokit.arrays import Floats, Mask

STEERING = 2.0  # times the logarithm of the density so far over the one asked for
STEADY = 4.0  # seconds at the density to keep that are counted before the first note, so that it is steered gently
MINUTE = 60.0  # seconds, whose density is kept to where none is asked for


class DensitySteering:
    """The bias on the times of several pieces, which have notes at the same time.

    Parameters
    ----------
    density : float or None
        Notes a second that are asked for.
    rows : int
        Number of pieces.
    """

    def __init__(self, density: float | None, rows: int) -> None:
        self.density = np.full(rows, np.nan if density is None else density)
        """The density that each piece keeps to, (rows,); not a number as long as there is none."""

    def bias(self, count: int, seconds: Floats) -> Floats:
        """Return what is added to the bias on the time after `count` notes in these seconds, both (rows,)."""
        is_known = np.isfinite(self.density)
        self.density = np.where(~is_known & (seconds >= MINUTE), count / np.maximum(seconds, MINUTE), self.density)
        so_far = (count + STEADY * self.density) / (seconds + STEADY)
        return np.where(np.isfinite(self.density), STEERING * np.log(so_far / self.density), 0.0)

    def keep(self, rows: Mask) -> None:
        """Drop the other pieces."""
        self.density = self.density[rows]
