"""Confidence intervals by resampling pieces.

References
----------
Efron, B. and Tibshirani, R. An Introduction to the Bootstrap, chapter 13, 1993.
"""

import numpy as np

from maestrokit.arrays import Floats


def resampled_counts(pieces: int, *, generator: np.random.Generator, resamples: int = 1000) -> Floats:
    """Return how often each piece occurs in each resample: shape (resamples, pieces), each row sums to ``pieces``."""
    return generator.multinomial(pieces, np.full(pieces, 1 / pieces), size=resamples).astype(np.float64)


def interval(replicates: Floats) -> tuple[float, float]:
    """Return the 95 % percentile interval of replicates, NaN left out."""
    known = replicates[np.isfinite(replicates)]
    if len(known) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - 0.95) / 2, (1 + 0.95) / 2])
    return float(low), float(high)


def mean_interval(values: Floats, *, generator: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % interval of the mean over pieces, NaN left out.

    >>> mean_interval(np.array([2.0, 2.0, 2.0]), generator=np.random.default_rng(0))
    (2.0, 2.0)
    """
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return float("nan"), float("nan")
    counts = resampled_counts(len(known), generator=generator)
    return interval(counts @ known / len(known))
