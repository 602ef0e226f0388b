"""Simulated panels of listeners with known opinions."""

import numpy as np
from scipy.stats import norm

from maestrokit.metrics.ratings.panel import Measure, Panel

SYSTEMS = ("human", "transformer", "lstm", "noise")
OPINION = Measure("coherence", 1, 5)
HUMAN = Measure("human", 0, 1)
LEVELS = np.array([4.1, 3.4, 2.9, 1.6])
CLIPS, LISTENERS, SINGLE, OWN = 0.3, 0.4, 0.7, 0.2  # standard deviations: clips, listeners, ratings, and tastes
STRENGTHS = np.array([1.0, 0.4, -0.2, -1.2])


def expected_opinions() -> np.ndarray:
    """Return the mean ratings, on the scale's whole numbers, over all listeners and clips that there might be."""
    spread = np.sqrt(CLIPS**2 + LISTENERS**2 + SINGLE**2 + OWN**2)
    edges = np.arange(1.5, 5.0)
    above = norm.sf((edges[None, :] - LEVELS[:, None]) / spread)
    return 1 + above.sum(axis=1)


def expected_shares() -> np.ndarray:
    """Return the shares of clips that are taken for human."""
    return norm.cdf((LEVELS - 3) / np.sqrt(CLIPS**2 + LISTENERS**2 + 1))


def simulated(seed: int, *, listeners: int = 50, clips: int = 8) -> Panel:
    """Return a panel that rates clips, says which it takes for human, and compares each two systems."""
    generator = np.random.default_rng(seed)
    shape = len(SYSTEMS), listeners, clips
    of_clips = generator.normal(0, CLIPS, (len(SYSTEMS), 1, clips))
    of_listeners = generator.normal(0, LISTENERS, (1, listeners, 1))
    tastes = generator.normal(0, OWN, (len(SYSTEMS), listeners, 1))
    level = LEVELS[:, None, None] + of_clips + of_listeners
    opinions = np.clip(np.rint(level + tastes + generator.normal(0, SINGLE, shape)), 1, 5)
    human = (level + generator.normal(0, 1, shape) > 3).astype(np.float64)
    preferences = np.full((2, len(SYSTEMS), len(SYSTEMS), listeners, clips), np.nan)
    for first in range(len(SYSTEMS)):
        for second in range(first):
            won = generator.uniform(size=(listeners, clips)) < 1 / (1 + np.exp(STRENGTHS[second] - STRENGTHS[first]))
            preferences[0, first, second], preferences[0, second, first] = won, ~won
    ratings = np.stack([opinions, human])
    again = np.full(ratings.shape, np.nan)
    again[:, :, :, 0] = ratings[:, :, :, 0]
    return Panel(
        (OPINION, HUMAN), SYSTEMS, [f"{row:016x}" for row in range(listeners)], ratings, again, preferences,
        np.ones((listeners, 3)), np.ones(listeners, bool), "human",
    )  # fmt: skip
