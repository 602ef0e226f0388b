"""Peaks between the samples of a curve."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.floating[Any]]


def peak_offset(low: Curve, here: Curve, high: Curve) -> Curve:
    """Return how far the top of the parabola through three equidistant values is from the middle one.

    It is within -0.5..0.5 where the middle value is a peak, and 0 where the parabola has no top. Of negated values the
    bottom is found.

    >>> peak_offset(np.array([1.0]), np.array([3.0]), np.array([2.0])).round(3).tolist()
    [0.167]
    """
    bend = low - 2 * here + high
    return np.where(bend < 0, 0.5 * (low - high) / np.where(bend < 0, bend, -1.0), 0.0)
