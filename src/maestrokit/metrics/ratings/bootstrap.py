"""Intervals of means where both listeners and clips are samples of more: the bootstrap of two factors.

References
----------
Owen, A. B. The pigeonhole bootstrap. Annals of Applied Statistics 1, 2007.
Korn, E. L. and Graubard, B. I. Confidence intervals for proportions with small expected number of positive counts
estimated from survey data. Survey Methodology 24, 1998.
Satterthwaite, F. E. An approximate distribution of estimates of variance components. Biometrics Bulletin 2, 1946.
"""

from dataclasses import dataclass

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.intervals import resampled_counts

LEVEL = 0.95
NORMAL = 1.959964  # standard deviations that 95 % of a normal distribution are within
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
    counts = (resampled_counts(size, generator=generator, resamples=count) for size in (listeners, clips))
    return Resamples(*counts)


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


def share_interval(values: Floats, resamples: Resamples) -> tuple[float, float]:
    """Return the 95 % interval of the mean of answers that are 0 or 1, for other listeners and other clips.

    It is the exact interval for as many independent answers as would be as sure as these (Korn and Graubard, 1998):
    Student's interval of :func:`mean_interval` is too narrow near 0 and 1 and leaves 0..1. Where all answers are the
    same, they count as many as there are clips, or listeners if there are fewer. NaN with a single listener or clip.

    Parameters
    ----------
    values : float64, shape (listeners, clips)
        NaN where there is no answer.
    """
    known = np.isfinite(values)
    sizes = int(known.any(axis=1).sum()), int(known.any(axis=0).sum())
    if min(sizes) < 2:
        return float("nan"), float("nan")
    answers = values[known]
    share, number = float(answers.mean()), float(min(sizes))
    if 0 < share < 1:
        low, high = mean_interval(values, resamples)
        variance = ((high - low) / (2 * NORMAL)) ** 2 if high > low else 0.0
        most = len(answers)
        number = min(max(share * (1 - share) / variance, 1.0), most) if variance > 0 else most
    return exact_interval(share, number)


def exact_interval(share: float, number: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of independent answers, whose number need not be whole.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. The use of confidence or fiducial limits illustrated in the case of the binomial.
    Biometrika 26, 1934.

    >>> [round(end, 4) for end in exact_interval(81 / 263, 263)], [round(end, 4) for end in exact_interval(0.0, 20)]
    ([0.2527, 0.3676], [0.0, 0.1684])
    """
    from scipy.stats import beta

    ones, tail = share * number, (1 - LEVEL) / 2
    low = float(beta.ppf(tail, ones, number - ones + 1)) if share > 0 else 0.0
    high = float(beta.ppf(1 - tail, ones + 1, number - ones)) if share < 1 else 1.0
    return low, high


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

    replicates = [values[np.isfinite(values)] for values in (by_listeners, by_clips)]
    if min(sizes) < 2 or not all(map(len, replicates)) or not np.isfinite(value):
        return float("nan"), float("nan")
    parts = [float(values.var()) * size / (size - 1) for values, size in zip(replicates, sizes, strict=True)]
    denominator = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    degrees = sum(parts) ** 2 / denominator if denominator > 0 else np.inf
    halves = [
        t.ppf((1 + LEVEL) / 2, freedom) * np.sqrt(variance)
        for freedom, variance in ((degrees, sum(parts)), (np.inf, least))
    ]
    half = float(max(halves))
    return (value - half, value + half) if half > 0 else (float("nan"), float("nan"))
