"""Intervals of means where both listeners and clips are samples of more: the bootstrap of two factors.

References
----------
Owen, A. B. The pigeonhole bootstrap. Annals of Applied Statistics 1, 2007.
Satterthwaite, F. E. An approximate distribution of estimates of variance components. Biometrics Bulletin 2, 1946.
"""

from dataclasses import dataclass

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.intervals import resampled_counts

LEVEL = 0.95
RESAMPLES = 1000


@dataclass(frozen=True)
class Resamples:
    """How often each listener and each clip occurs in each resample."""

    listeners: Floats
    """Shape (resamples, listeners)."""
    clips: Floats
    """Shape (resamples, clips)."""


def resamples_of(listeners: int, clips: int, *, generator: np.random.Generator, count: int = RESAMPLES) -> Resamples:
    """Return resamples of both factors, drawn with replacement and independent of each other."""
    both = (resampled_counts(size, generator=generator, resamples=count) for size in (listeners, clips))
    return Resamples(*both)


def weighted_means(values: Floats, listeners: Floats, clips: Floats) -> Floats:
    """Return the mean of ratings in each resample, NaN left out, shape (resamples,).

    Parameters
    ----------
    values : float64, shape (listeners, clips)
    listeners : float64, shape (resamples, listeners)
    clips : float64, shape (resamples, clips)
    """
    known = np.isfinite(values)
    total = np.einsum("rc,rc->r", listeners @ np.where(known, values, 0.0), clips)
    number = np.einsum("rc,rc->r", listeners @ known.astype(np.float64), clips)
    return np.asarray(np.divide(total, number, out=np.full(len(total), np.nan), where=number > 0))


def mean_interval(values: Floats, resamples: Resamples) -> tuple[float, float]:
    """Return the 95 % interval of the mean of ratings, shape (listeners, clips), for other listeners and other clips.

    See :func:`interval`. NaN with a single listener or clip, or where all ratings are the same.
    """
    ones = np.ones_like(resamples.listeners), np.ones_like(resamples.clips)
    known = values[np.isfinite(values)]
    return interval(
        float(known.mean()) if len(known) else float("nan"),
        by_listeners=weighted_means(values, resamples.listeners, ones[1]),
        by_clips=weighted_means(values, ones[0], resamples.clips),
        sizes=values.shape,
    )


def interval(
    value: float, *, by_listeners: Floats, by_clips: Floats, sizes: tuple[int, ...], least: float = 0.0
) -> tuple[float, float]:
    """Return the 95 % interval of an estimate, from its values in resamples of listeners, and in those of clips.

    The variances of both add up, each made larger as a bootstrap of so few needs it: a little more than the true
    variance, since the error of single ratings is in both. The interval is Student's, with Satterthwaite's degrees of
    freedom: percentiles would be too narrow for the few clips that listening tests have. NaN where no resample differs
    from another and no least variance is known: that says nothing of how sure the estimate is.

    Parameters
    ----------
    by_listeners, by_clips : float64, shape (resamples,)
    sizes : (int, int)
        Numbers of listeners and of clips.
    least : float >= 0
        The variance that the estimate would have if single ratings had nothing in common.
    """
    from scipy.stats import t

    replicates = [one[np.isfinite(one)] for one in (by_listeners, by_clips)]
    if min(sizes) < 2 or not all(map(len, replicates)) or not np.isfinite(value):
        return float("nan"), float("nan")
    parts = [float(one.var()) * size / (size - 1) for one, size in zip(replicates, sizes, strict=True)]
    whole = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    degrees = sum(parts) ** 2 / whole if whole > 0 else np.inf
    halves = [t.ppf((1 + LEVEL) / 2, one) * np.sqrt(two) for one, two in ((degrees, sum(parts)), (np.inf, least))]
    half = float(max(halves))
    return (value - half, value + half) if half > 0 else (float("nan"), float("nan"))
