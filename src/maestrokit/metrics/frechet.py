"""Frechet distance between two sets of vectors, each taken as a normal distribution with a shrunken covariance."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from maestrokit.arrays import Floats


def shrunken_covariance(vectors: Floats, weights: Floats) -> Floats:
    """Return the covariance of vectors, drawn towards a multiple of the identity as far as their number asks for.

    Parameters
    ----------
    vectors : float64, shape (vectors, values)
    weights : float64, shape (vectors,)
        How often each counts; with ones it is the estimate of Ledoit and Wolf.

    References
    ----------
    Ledoit, O. and Wolf, M. A well-conditioned estimator for large-dimensional covariance matrices. Journal of
    Multivariate Analysis 88, 2004.
    """
    number, size = weights.sum(), vectors.shape[1]
    centred = vectors - weights @ vectors / number
    covariance = (centred * weights[:, None]).T @ centred / number
    scale = np.trace(covariance) / size
    spread = np.sum(covariance**2) - size * scale**2  # squared distance from the target
    # Mean squared distance of the outer product of one vector from the covariance, over the number of vectors.
    error = (weights @ np.sum(centred**2, axis=1) ** 2 / number - np.sum(covariance**2)) / number
    shrinkage = min(max(error / spread, 0.0), 1.0) if spread > 0 else 1.0
    return np.asarray((1 - shrinkage) * covariance + shrinkage * scale * np.eye(size))


class Normal:
    """A normal distribution.

    Parameters
    ----------
    mean : float64, shape (values,)
    covariance : float64, shape (values, values)
    """

    def __init__(self, mean: Floats, covariance: Floats) -> None:
        self.mean, self.covariance = mean, covariance

    @cached_property
    def root(self) -> Floats:
        """The square root of the covariance."""
        values, vectors = np.linalg.eigh(self.covariance)
        return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)


def distance(first: Normal, second: Normal) -> float:
    """Return |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), the squared distance of two normal distributions.

    References
    ----------
    Dowson, D. and Landau, B. The Frechet distance between multivariate normal distributions. Journal of Multivariate
    Analysis 12, 1982.

    >>> distance(Normal(np.zeros(2), np.eye(2)), Normal(np.array([3.0, 4.0]), np.eye(2)))
    25.0
    """
    cross = np.linalg.eigvalsh(first.root @ second.covariance @ first.root)
    apart = np.sum((first.mean - second.mean) ** 2)
    trace = np.trace(first.covariance) + np.trace(second.covariance) - 2 * np.sqrt(np.maximum(cross, 0)).sum()
    return float(max(apart + trace, 0.0))


def distances(first: Sequence[Floats], second: Sequence[Floats], counts: Floats) -> Floats:
    """Return the distance of two sets of pieces in each resample of the first, shape (resamples,).

    Parameters
    ----------
    first, second : sequences of float, shape (windows, values)
        The vectors of each piece.
    counts : float64, shape (resamples, pieces)
        How often each piece of the first set counts.
    """
    first_vectors, second_vectors = (np.concatenate(side).astype(np.float64) for side in (first, second))
    fixed = _fitted(second_vectors, np.ones(len(second_vectors)))
    piece = np.repeat(np.arange(len(first)), [len(windows) for windows in first])
    return np.array([distance(fixed, _fitted(first_vectors, weights)) for weights in counts[:, piece]])


def _fitted(vectors: Floats, weights: Floats) -> Normal:
    present = weights > 0
    covariance = shrunken_covariance(vectors[present], weights[present])
    return Normal(weights @ vectors / weights.sum(), covariance)
