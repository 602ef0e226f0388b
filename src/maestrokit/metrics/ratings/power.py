"""How many listeners a wanted difference of two systems needs.

References
----------
Westfall, J., Kenny, D. A. and Judd, C. M. Statistical power and optimal design in experiments in which samples of
participants respond to samples of stimuli. Journal of Experimental Psychology: General 143, 2014.
"""

from dataclasses import dataclass

import numpy as np

from maestrokit.metrics.ratings.panel import Measure, Panel

MOST_LISTENERS = 10_000
LARGEST_SHIFT = 30.0  # standard errors, above which scipy's distribution fails and the power is 1
LEAST_POWER, LEVEL = 0.8, 0.05
USUAL_SHARES = (0.04, 0.0625, 0.16)
"""Variances of clips, of listeners' leaning to a system, and of single ratings, as shares of the square of half the
span of a scale: standard deviations of 0.4, 0.5 and 0.8 from 1 to 5. A pilot test gives those of one's own clips."""


@dataclass(frozen=True)
class Spread:
    """Where ratings of one system differ, as variances."""

    clips: float
    """Of the means of clips."""
    listeners: float
    """Of how much more than others a listener likes a system."""
    residual: float
    """Of single ratings, beyond these."""

    def variance(self, listeners: float, clips: int) -> float:
        """Return the variance of the difference of two systems' means."""
        return 2 * (self.clips / clips + self.listeners / listeners + self.residual / (listeners * clips))


def usual_spread(measure: Measure) -> Spread:
    """Return the spread that ratings on a scale usually have; of two answers, that of a coin, mostly within listeners.

    >>> usual_spread(Measure("coherence", 1, 5))
    Spread(clips=0.16, listeners=0.25, residual=0.64)
    """
    if measure.is_binary:
        return Spread(0.01, 0.01, 0.23)
    scale = ((measure.high - measure.low) / 2) ** 2
    return Spread(*(share * scale for share in USUAL_SHARES))


def spread_of(panel: Panel, measure: int) -> Spread:
    """Return the spread of a panel's ratings on a scale: the mean squares of the two-way analysis of each system.

    What listeners have in common over all systems is no part of it, since differences are of one listener.
    """
    ratings = panel.ratings[measure]  # (systems, listeners, clips)
    complete = np.isfinite(ratings).all(axis=(0, 2))
    ratings = ratings[:, complete]
    _, listeners, clips = ratings.shape
    own = ratings - ratings.mean(axis=0, keepdims=True).mean(axis=2, keepdims=True)
    means = own.mean(axis=2, keepdims=True), own.mean(axis=1, keepdims=True), own.mean(axis=(1, 2), keepdims=True)
    degrees = max((listeners - 1) * (clips - 1), 1)
    residual = float(np.mean(((own - means[0] - means[1] + means[2]) ** 2).sum(axis=(1, 2)) / degrees))
    of_clips = float(np.mean(means[1].var(axis=2, ddof=1))) - residual / listeners
    shared = len(ratings) / max(len(ratings) - 1, 1)  # what the mean over systems takes from the variance
    of_listeners = shared * float(np.mean(means[0].var(axis=1, ddof=1))) - residual / clips
    return Spread(max(of_clips, 0.0), max(of_listeners, 0.0), residual)


def power(difference: float, spread: Spread, *, listeners: float, clips: int) -> float:
    """Return how likely a test at .05, two-sided, finds a difference of two systems, and its sign.

    Parameters
    ----------
    listeners : float > 1
        Infinity for what no number of listeners surpasses.
    """
    from scipy.stats import nct, t

    parts = np.array([2 * spread.clips / clips, spread.variance(listeners, clips) - 2 * spread.clips / clips])
    sizes = np.array([2 * (clips - 1), min(listeners - 1, 1e9)], np.float64)
    variance = parts.sum()
    if variance == 0:
        return 1.0
    degrees = variance**2 / max(float((parts**2 / np.maximum(sizes, 1)).sum()), 1e-300)
    shift, bound = min(abs(difference) / np.sqrt(variance), LARGEST_SHIFT), t.ppf(1 - LEVEL / 2, degrees)
    return float(nct.sf(bound, degrees, shift))


def listeners_needed(difference: float, spread: Spread, *, clips: int, least_power: float = LEAST_POWER) -> int | None:
    """Return the least number of listeners with which a difference is found with the least power.

    None if no number of them suffices, since too few clips stand for each system.

    >>> listeners_needed(0.5, Spread(0.0, 0.25, 0.64), clips=8)
    23
    """
    high = 2
    while power(difference, spread, listeners=high, clips=clips) < least_power:
        if high > MOST_LISTENERS:
            return None
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        enough = power(difference, spread, listeners=middle, clips=clips) >= least_power
        low, high = (low, middle) if enough else (middle, high)
    return high
