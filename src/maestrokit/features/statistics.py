"""Statistics of values; None where there are too few values."""

from collections.abc import Callable
from typing import Any, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maestrokit.arrays import Floats
from maestrokit.features import Field

_SUMMARY: dict[str, Callable[[Floats], Any]] = {
    "mean": np.mean, "standard_deviation": np.std, "minimum": np.min, "median": np.median, "maximum": np.max,
}  # fmt: skip


def ratio(part: SupportsFloat, whole: SupportsFloat) -> float | None:
    """Return part / whole; None if the whole is nothing."""
    return float(part) / float(whole) if float(whole) > 0 else None


def entropy(counts: ArrayLike) -> float | None:
    """Return the Shannon entropy of a histogram, in bits; None if it is empty.

    >>> entropy([1, 1, 2, 0])
    1.5
    """
    weights = np.asarray(counts, np.float64)
    if not weights.sum() > 0:
        return None
    shares = weights[weights > 0] / weights.sum()
    return float(-(shares * np.log2(shares)).sum())


def mean(values: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """Return the weighted mean; None if there are no values, or none with weight."""
    array = np.asarray(values, np.float64)
    weight = np.ones_like(array) if weights is None else np.asarray(weights, np.float64)
    return ratio((array * weight).sum(), weight.sum())


def smoothed(values: NDArray[np.number], weights: Floats) -> Floats:
    """Return the weighted sum of the rows around each row, with an odd number of weights; nothing is beyond the ends.

    >>> smoothed(np.array([0.0, 1.0, 0.0, 0.0]), np.array([1.0, 2.0, 1.0])).tolist()
    [1.0, 2.0, 1.0, 0.0]
    """
    reach = len(weights) // 2
    padded = np.pad(values, [(reach, reach), *[(0, 0)] * (values.ndim - 1)])
    return np.asarray(sum(weight * padded[row : row + len(values)] for row, weight in enumerate(weights)))


def summary(values: ArrayLike) -> dict[str, Any]:
    """Return mean, standard deviation, minimum, median and maximum; all None if there are no values."""
    array = np.asarray(values, np.float64)
    return {name: function(array) if array.size else None for name, function in _SUMMARY.items()}


def summary_fields(name: str, unit: str, meaning: str) -> dict[str, Field]:
    """Return the declaration of a summary of something."""
    words = {key: key.replace("_", " ").capitalize() for key in _SUMMARY}
    return {f"{name}.{key}": Field(unit, f"{word} of {meaning}") for key, word in words.items()}


def median_and_variation(values: Floats) -> tuple[float | None, float | None]:
    """Return the median, and half the distance from the 16th to the 84th percentile over it; None of no values."""
    if not len(values):
        return None, None
    low, middle, high = np.percentile(values, (16, 50, 84))
    return middle, ratio((high - low) / 2, middle)
