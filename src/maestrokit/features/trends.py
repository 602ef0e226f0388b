"""Stretches over which a curve rises or falls by a noticeable amount."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.arrays import Floats

TEMPO_CHANGE = 0.15  # of the tempo: least change of a ritardando or accelerando


class Trend(NamedTuple):
    """A stretch from one turning point of a curve to the next: rows of its ends, first and last."""

    first: int
    last: int


def trends(values: ArrayLike, *, least: float) -> list[Trend]:
    """Return the stretches over which a curve rises or falls by at least so much.

    Turning points are found with hysteresis: a rise ends at the highest value from which the curve then falls by
    ``least``, so that smaller ripples break nothing (the "zigzag" of chart readers). Stretches follow one another
    without gaps, and rises and falls alternate.

    Parameters
    ----------
    values : array_like, shape (points,)
    least : float > 0

    >>> trends([0, 1, 5, 4, 5, 1], least=3)
    [Trend(first=0, last=2), Trend(first=2, last=5)]
    """
    curve = np.asarray(values, np.float64).tolist()
    turns: list[int] = []
    low = high = direction = 0
    for row, value in enumerate(curve):
        low = row if value < curve[low] else low
        high = row if value > curve[high] else high
        if direction <= 0 and value - curve[low] >= least:
            turns.append(low)
            direction, high = 1, row
        elif direction >= 0 and curve[high] - value >= least:
            turns.append(high)
            direction, low = -1, row
    turns.append(high if direction > 0 else low)
    return [Trend(first, last) for first, last in pairwise(turns)]


def trend_records(
    time: Floats, values: Floats, stretches: Iterable[Trend], *, rise: str, fall: str
) -> list[dict[str, Any]]:
    """Return the records of trends of a curve: the kind, the ends in seconds, and the values there.

    Parameters
    ----------
    time : float, shape (points,), in seconds
    values : float, shape (points,)
    found : iterable of Trend
    rise, fall : str
        Names of the two kinds.
    """
    return [
        {
            "kind": rise if values[last] > values[first] else fall,
            "start": time[first],
            "end": time[last],
            "from": values[first],
            "to": values[last],
        }
        for first, last in stretches
    ]


def tempo_changes(time: Floats, tempo: Floats) -> list[dict[str, Any]]:
    """Return the accelerandos and ritardandos of a tempo curve.

    Parameters
    ----------
    time : float, shape (points,), in seconds
    tempo : float, shape (points,), in beats a minute
    """
    stretches = trends(np.log(tempo), least=float(np.log1p(TEMPO_CHANGE)))
    return trend_records(time, tempo, stretches, rise="accelerando", fall="ritardando")
