"""How much raters agree: Krippendorff's alpha."""

from typing import Literal

import numpy as np

from maestrokit.arrays import Floats

Scaling = Literal["nominal", "ordinal", "interval"]


def krippendorff_alpha(ratings: Floats, scaling: Scaling) -> float:
    """Return Krippendorff's alpha: 1 is perfect agreement, 0 what chance gives, below it is disagreement.

    Units with less than two ratings do not count. NaN where nothing was rated twice, or all ratings are equal.

    Parameters
    ----------
    ratings : float64, shape (raters, units)
        NaN where a rater did not rate a unit.
    scaling : {'nominal', 'ordinal', 'interval'}
        What differences of values mean: nothing, their ranks, or their size.

    References
    ----------
    Krippendorff, K. Computing Krippendorff's alpha-reliability. University of Pennsylvania, 2011.

    >>> agree = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    >>> krippendorff_alpha(agree, "nominal"), krippendorff_alpha(np.array([[1.0, 0.0], [0.0, 1.0]]), "nominal")
    (1.0, -0.5)
    """
    known = np.isfinite(ratings)
    values = np.unique(ratings[known])
    counts = np.stack([(ratings == value).sum(axis=0) for value in values]) if len(values) else np.empty((0, 0))
    counts = counts[:, counts.sum(axis=0) > 1].astype(np.float64)  # (values, units)
    per_unit = counts.sum(axis=0)
    coincidences = (counts / (per_unit - 1)) @ counts.T - np.diag((counts / (per_unit - 1)).sum(axis=1))
    totals = coincidences.sum(axis=1)
    distances = _squared_distances(values, totals, scaling)
    expected = float(totals @ distances @ totals)
    if expected == 0:
        return float("nan")
    return 1 - float(totals.sum() - 1) * float((coincidences * distances).sum()) / expected


def _squared_distances(values: Floats, totals: Floats, scaling: Scaling) -> Floats:
    """Return the squared differences of values, shape (values, values)."""
    if scaling == "nominal":
        return 1.0 - np.eye(len(values))
    positions = np.cumsum(totals) - totals / 2 if scaling == "ordinal" else values
    return np.asarray((positions[:, None] - positions[None, :]) ** 2)
