"""Turing tests: which clips are taken for human, and which listeners can tell."""

from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.ratings.bootstrap import exact_interval

SIGNIFICANT = 0.05


class Share(NamedTuple):
    """A share, with its exact 95 % interval."""

    value: float
    low: float
    high: float
    n: int


def exact_share(successes: int, n: int) -> Share:
    """Return a share with the interval of Clopper and Pearson; NaN where there is nothing.

    >>> [round(number, 4) for number in exact_share(2, 10)]
    [0.2, 0.0252, 0.5561, 10]
    """
    if n == 0:
        return Share(float("nan"), float("nan"), float("nan"), 0)
    return Share(successes / n, *exact_interval(successes / n, n), n)


def success_rate(machine: Floats, human: Floats) -> Share:
    """Return the share of listeners who cannot tell a machine's clips from human ones.

    A listener can if the right answers beat chance: an exact binomial test, one-sided, with .05. Of both sides as many
    clips count, so that who always gives the same answer is right by chance. Who answered so few that all of
    them right would not beat chance (fewer than three of each side) is left out, as nobody could tell with so few.

    Parameters
    ----------
    machine, human : float64, shape (listeners, clips)
        1 where a clip was taken for human, 0 where for a machine, NaN where there is no answer.

    >>> success_rate(np.zeros((1, 8)), np.ones((1, 8))).value, success_rate(np.ones((1, 8)), np.ones((1, 8))).value
    (0.0, 1.0)
    """
    from scipy.stats import binom

    right, answers = np.zeros(len(machine)), np.zeros(len(machine), np.int64)
    for row, sides in enumerate(zip(machine, human, strict=True)):
        taken = [side[np.isfinite(side)] for side in sides]
        count = min(map(len, taken))
        right[row] = (1 - taken[0][:count]).sum() + taken[1][:count].sum()
        answers[row] = 2 * count
    p = binom.sf(right - 1, answers, 0.5)
    is_tested = 0.5**answers <= SIGNIFICANT
    return exact_share(int((p[is_tested] > SIGNIFICANT).sum()), int(is_tested.sum()))
