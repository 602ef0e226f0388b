"""Excerpts of sequences of different lengths: those of an epoch, and those to validate on."""

from collections.abc import Sequence

import numpy as np

from maestrokit.arrays import Integers


def epoch_excerpts(counts: Sequence[int], length: int, generator: np.random.Generator) -> Integers:
    """Return excerpts that together show every position, in a random order: piece and start of each, (excerpts, 2).

    Parameters
    ----------
    counts : sequence of int
        Positions of each piece.
    length : int
        Positions of an excerpt; shorter pieces are whole.
    """
    excerpts = []
    for piece, count in enumerate(counts):
        room = max(count - length, 0)
        starts = np.arange(-int(generator.integers(length)), room + length, length) if room else np.zeros(1)
        excerpts += [(piece, int(start)) for start in np.clip(starts, 0, room)]  # begin and end are in one each
    return generator.permutation(np.array(excerpts))


def held_out_excerpts(counts: Sequence[int], length: int, *, most: int) -> Integers:
    """Return at most so many excerpts, evenly spread, of those that pieces consist of: piece and start of each."""
    excerpts = np.array([(piece, at) for piece, count in enumerate(counts) for at in range(0, count, length)])
    return excerpts[np.linspace(0, len(excerpts) - 1, min(len(excerpts), max(1, most))).astype(np.int64)]
