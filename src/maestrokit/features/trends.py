"""Stretches over which a curve rises or falls by a noticeable amount."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.arrays import Floats
from maestrokit.features import Field

TEMPO_CHANGE = 0.15  # of the tempo: least change of a ritardando or accelerando


def trends(values: ArrayLike, *, least: float) -> list[tuple[int, int]]:
    """Return the stretches, from row to row, over which a curve rises or falls by at least so much.

    Turning points are found with hysteresis: a rise ends at the highest value from which the curve then falls by
    ``least``, so that smaller ripples break nothing (the "zigzag" of chart readers). Stretches follow one another
    without gaps, and rises and falls alternate.

    >>> trends([0, 1, 5, 4, 5, 1], least=3)
    [(0, 2), (2, 5)]
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
    return list(pairwise(turns))


def trend_fields(name: str, unit: str, value: str, *, kinds: str) -> dict[str, Field]:
    """Return the declaration of a list of :func:`trend_records`."""
    return {
        f"{name}[].kind": Field("", kinds),
        f"{name}[].start": Field("s", "Where it begins"),
        f"{name}[].end": Field("s", "Where it ends"),
        f"{name}[].from": Field(unit, f"{value} at the start"),
        f"{name}[].to": Field(unit, f"{value} at the end"),
    }


def trend_records(
    time: Floats, values: Floats, stretches: Iterable[tuple[int, int]], *, rise: str, fall: str
) -> list[dict[str, Any]]:
    """Return the records of trends of a curve: the kind, the ends in seconds, and the values there."""
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
    """Return the accelerandos and ritardandos of a tempo curve, in seconds and in beats a minute."""
    stretches = trends(np.log(tempo), least=float(np.log1p(TEMPO_CHANGE)))
    return trend_records(time, tempo, stretches, rise="accelerando", fall="ritardando")
