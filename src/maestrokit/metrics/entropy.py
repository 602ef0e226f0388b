"""Entropy and divergence of histograms, in bits."""

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.arrays import Floats


def entropy(histogram: ArrayLike) -> Floats:
    """Return H = -sum p log2 p along the last axis, p being the histogram made to sum to 1; NaN where it is empty.

    >>> float(entropy([1, 1, 1, 1]))
    2.0
    """
    share = shares(histogram)
    return np.asarray(-np.sum(share * np.log2(np.where(share > 0, share, 1.0)), axis=-1))


def jensen_shannon(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return the Jensen-Shannon divergence of histograms along the last axis: 0 for equal, 1 bit for disjoint.

    References
    ----------
    Lin, J. Divergence measures based on the Shannon entropy. IEEE Trans. Inf. Theory 37(1), 1991.

    >>> float(jensen_shannon([1, 0], [0, 3]))
    1.0
    """
    p, q = shares(first), shares(second)
    return np.asarray(entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2)


def shares(histogram: ArrayLike) -> Floats:
    """Return histograms scaled to sum to 1 along the last axis; NaN where there is nothing."""
    counts = np.asarray(histogram, np.float64)
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0))
