"""Loops of a few notes while music is generated, so that a model that is stuck in one goes on."""

import numpy as np

from maestrokit.arrays import Integers, Mask
from maestrokit.music.piano_range import KEYS

PATTERN = 3  # notes at most
TIMES = 3  # that a pattern is there at least
LONGEST = 5.0  # seconds; the longest of people, in 50 minutes and in 20 times five minutes, lasts 4.0


class Loops:
    """The loops that the newest notes of several performances are in: patterns of one to three notes, repeated.

    Parameters
    ----------
    rows : int
        Number of performances.
    """

    def __init__(self, rows: int) -> None:
        self.keys = np.full((rows, PATTERN), -1)  # of the newest notes, the newest first
        self.onsets = np.zeros((rows, PATTERN), np.int64)
        self.repeats = np.zeros((rows, PATTERN), np.int64)  # notes that repeat the one so many before, up to the newest
        self.since = np.zeros((rows, PATTERN), np.int64)  # onset of the first note that was repeated so, or may be next

    def add(self, onset: Integers, key: Integers) -> None:
        """Count a new note of each performance."""
        is_same = self.keys == key[:, None]
        self.keys = np.concatenate((key[:, None], self.keys[:, :-1]), axis=1)
        self.onsets = np.concatenate((onset[:, None], self.onsets[:, :-1]), axis=1)
        self.repeats = np.where(is_same, self.repeats + 1, 0)
        self.since = np.where(is_same, self.since, self.onsets)

    def continuing(self, now: Integers, *, step: float) -> Mask:
        """Return the keys at which a loop that has lasted for too long would go on, (rows, KEYS)."""
        is_loop = self.repeats >= (TIMES - 1) * np.arange(1, PATTERN + 1)
        row, period = np.nonzero(is_loop & ((now[:, None] - self.since) * step > LONGEST))
        mask = np.zeros((len(now), KEYS), bool)
        mask[row, self.keys[row, period]] = True
        return mask

    def keep(self, rows: Mask) -> None:
        """Drop the other performances."""
        self.keys, self.onsets = self.keys[rows], self.onsets[rows]
        self.repeats, self.since = self.repeats[rows], self.since[rows]
