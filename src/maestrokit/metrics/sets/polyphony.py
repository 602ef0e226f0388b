"""Polyphony: how many different keys sound at once, on average, while any does.

The sum over keys of the time each is held, divided by the time at which at least one is. Exact in continuous time;
muspy's ``polyphony`` counts time steps and is the same for notes on its grid. Keys are counted, not notes: a key
struck again while it is held counts once, as in a piano roll. Pedal is not counted.

References
----------
Dong, H.-W. et al. MusPy: a toolkit for symbolic music generation. ISMIR 2020.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece


def polyphony(piece: Piece) -> Floats:
    """Return the mean number of keys, 1 or more, shape (1,)."""
    any_time = covered(piece.onset, piece.offset)
    return np.array([key_seconds(piece) / any_time if any_time > 0 else np.nan])


def key_seconds(piece: Piece) -> float:
    """Return how long each key is held, added up."""
    shift = 2 * (piece.offset.max(initial=0) + 1)  # each key on its own stretch of time, so that one pass counts all
    return covered(piece.onset + piece.pitch * shift, piece.offset + piece.pitch * shift)


def covered(start: Floats, stop: Floats) -> float:
    """Return the length of the union of intervals.

    >>> covered(np.array([0.0, 1.0, 5.0]), np.array([2.0, 3.0, 6.0]))
    4.0
    """
    rows = np.argsort(start, kind="stable")
    first, last = start[rows], np.maximum.accumulate(stop[rows])
    before = np.concatenate([first[:1], last[:-1]])
    return float(np.sum(np.maximum(last - np.maximum(first, before), 0)))


METRICS = {"polyphony": Metric("keys", "closer", polyphony)}
