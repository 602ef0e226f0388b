"""Whether two systems differ: permutation tests, Holm's correction, and effect sizes."""

import numpy as np

from maestrokit.arrays import Floats

PERMUTATIONS = 10_000
_AT_ONCE = 500  # permutations, which bounds memory


def paired_p_values(first: Floats, second: Floats, *, generator: np.random.Generator) -> Floats:
    """Return p values of the mean difference of paired pieces being 0, two-sided, shape (metrics,).

    Under the hypothesis each difference may as well have the other sign; the share of :data:`PERMUTATIONS` random
    signs, and of the signs as they are, whose mean is at least as far from 0. NaN where no pair has both values.

    Parameters
    ----------
    first, second : float64, shape (pieces, metrics)
        NaN where a piece has no value.

    References
    ----------
    Fisher, R. The Design of Experiments, section 21, 1935.
    Phipson, B. and Smyth, G. Permutation p-values should never be zero. Statistical Applications in Genetics and
    Molecular Biology 9, 2010.
    """
    difference = np.nan_to_num(first - second)
    extremes = np.ones(difference.shape[1])
    for _ in range(0, PERMUTATIONS, _AT_ONCE):
        signs = generator.choice([-1.0, 1.0], (_AT_ONCE, len(difference)))
        extremes += _count(signs @ difference, difference.sum(axis=0))
    return np.where(np.isfinite(first - second).any(axis=0), extremes / (1 + PERMUTATIONS), np.nan)


def p_values(first: Floats, second: Floats, *, generator: np.random.Generator) -> Floats:
    """Return p values of the means of two independent sets being equal, two-sided, shape (metrics,).

    As :func:`paired_p_values`, but the pieces of both are dealt out anew. NaN where a side has no value.
    """
    pooled = np.concatenate([first, second])
    known = np.isfinite(pooled)
    values, present = np.where(known, pooled, 0.0), known.astype(np.float64)
    observed = np.nan_to_num(_mean(first) - _mean(second))
    extremes = np.ones(pooled.shape[1])
    is_first = np.arange(len(pooled)) < len(first)
    for _ in range(0, PERMUTATIONS, _AT_ONCE):
        in_first = generator.permuted(np.broadcast_to(is_first, (_AT_ONCE, len(pooled))), axis=1).astype(np.float64)
        first_mean, second_mean = ((side @ values) / np.maximum(side @ present, 1) for side in (in_first, 1 - in_first))
        extremes += _count(first_mean - second_mean, observed)
    has_values = known[: len(first)].any(axis=0) & known[len(first) :].any(axis=0)
    return np.where(has_values, extremes / (1 + PERMUTATIONS), np.nan)


def holm(p: Floats) -> Floats:
    """Return p values corrected for their number, of any shape; NaN are not counted.

    References
    ----------
    Holm, S. A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 1979.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(6).tolist()
    [0.03, 0.06, 0.06]
    """
    corrected = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p.ravel()[known], kind="stable")]
    raised = p.ravel()[order] * np.arange(len(order), 0, -1)
    corrected.ravel()[order] = np.minimum(np.maximum.accumulate(raised), 1.0)
    return corrected


def effect_sizes(first: Floats, second: Floats) -> Floats:
    """Return Cohen's d, the difference of the means over the pooled standard deviation, shape (metrics,).

    NaN where a side has less than two values, or none of them differ.

    References
    ----------
    Cohen, J. Statistical Power Analysis for the Behavioral Sciences, chapter 2, 1988.
    """
    squares, degrees = np.zeros(first.shape[1]), np.zeros(first.shape[1])
    for side in (first, second):
        known = np.isfinite(side)
        squares += np.where(known, (side - _mean(side)) ** 2, 0).sum(axis=0)
        degrees += np.where(known.sum(axis=0) > 1, known.sum(axis=0) - 1, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = (_mean(first) - _mean(second)) / np.sqrt(squares / degrees)
    return np.where(np.isfinite(size), size, np.nan)


def mean_difference(first: Floats, second: Floats) -> Floats:
    """Return the difference of the means over pieces, NaN left out, shape (metrics,)."""
    return np.asarray(_mean(first) - _mean(second))


def _mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    number = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, number, out=np.full(values.shape[1], np.nan), where=number > 0))


def _count(permuted: Floats, observed: Floats) -> Floats:
    """Return how many rows are at least as far from 0 as what was observed, but for rounding."""
    return np.asarray((np.abs(permuted) >= np.abs(observed) * (1 - 1e-9) - 1e-12).sum(axis=0), np.float64)
