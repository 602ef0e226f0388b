"""Strengths of systems from comparisons of two at a time: the model of Bradley and Terry."""

import numpy as np

from maestrokit.arrays import Floats

ITERATIONS = 2000
PRECISION = 1e-9


def bradley_terry(wins: Floats, *, prior: float = 0.0) -> Floats:
    """Return the logarithms of the strengths of systems, shape (.., systems), whose mean is 0.

    A system of strength p is preferred over one of strength q with probability p / (p + q). The strengths are those of
    greatest likelihood, by Hunter's iteration. Without a prior they do not exist where some systems win all of their
    comparisons with all the others.

    Parameters
    ----------
    wins : float64, shape (.., systems, systems)
        How often the first system was preferred over the second.
    prior : float >= 0
        Comparisons of each two systems that are added, half of them won by either.

    References
    ----------
    Bradley, R. A. and Terry, M. E. Rank analysis of incomplete block designs. Biometrika 39, 1952.
    Hunter, D. R. MM algorithms for generalized Bradley-Terry models. Annals of Statistics 32, 2004.

    >>> bradley_terry(np.array([[0.0, 30.0], [10.0, 0.0]])).round(6).tolist()  # halves of log 3
    [0.549306, -0.549306]
    """
    systems = wins.shape[-1]
    counted = np.where(np.eye(systems, dtype=bool), 0.0, wins + prior / 2)
    meetings = counted + np.swapaxes(counted, -1, -2)
    won = counted.sum(axis=-1)
    strength = np.ones(won.shape)
    for _ in range(ITERATIONS):
        sums = strength[..., :, None] + strength[..., None, :]
        updated = won / np.maximum((meetings / sums).sum(axis=-1), np.finfo(float).tiny)
        updated /= np.exp(np.log(np.maximum(updated, np.finfo(float).tiny)).mean(axis=-1, keepdims=True))
        change = np.abs(updated - strength).max(initial=0)
        strength = updated
        if change < PRECISION:
            break
    logarithms = np.log(np.maximum(strength, np.finfo(float).tiny))
    return np.asarray(logarithms - logarithms.mean(axis=-1, keepdims=True))


def variances(wins: Floats, strengths: Floats, *, prior: float = 0.0) -> Floats:
    """Return the variances of the logarithms of strengths if all comparisons are independent, shape (systems,).

    They are those of the inverse of the information. Unlike a bootstrap, which finds none where a system always wins,
    they are the larger the less the other systems won.

    Parameters
    ----------
    wins, prior
        As for :func:`bradley_terry`.
    strengths : float64, shape (systems,)
        What that returned.

    >>> wins = np.array([[0.0, 30.0], [10.0, 0.0]])
    >>> (4 * variances(wins, bradley_terry(wins))).round(6).tolist()  # of log odds: 1 / 30 + 1 / 10
    [0.133333, 0.133333]
    """
    counted = np.where(np.eye(len(wins), dtype=bool), 0.0, wins + prior / 2)
    share = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    information = (counted + counted.T) * share * (1 - share)
    return np.asarray(np.diag(np.linalg.pinv(np.diag(information.sum(axis=1)) - information)))
