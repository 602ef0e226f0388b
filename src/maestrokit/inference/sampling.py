"""Drawing the next event from what a model thinks of all events.

References
----------
A. Holtzman et al., "The Curious Case of Neural Text Degeneration", ICLR 2020 (top-p).
N. Nguyen et al., "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs", ICLR 2025 (min-p).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.errors import UsageError


@dataclass(frozen=True)
class SamplingConfig:
    """How boldly to draw.

    Parameters
    ----------
    temperature : float >= 0
        Below 1 likely events become likelier; 0 always takes the likeliest.
    top_k : int >= 0
        Sample among so many of the likeliest events; 0 among all.
    top_p : float, above 0 to 1
        Sample among the fewest events that together have this probability.
    min_p : float, 0 to 1
        Sample only events that are at least this share as likely as the likeliest.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise UsageError(f"temperature is {self.temperature}, not 0 or above")
        if self.top_k < 0:
            raise UsageError(f"top_k is {self.top_k}, not 0 or above")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p is {self.top_p}, not above 0 and up to 1")
        if not 0 <= self.min_p <= 1:
            raise UsageError(f"min_p is {self.min_p}, not in 0..1")


def probabilities(logits: Floats, allowed: Mask, taste: SamplingConfig) -> Floats:
    """Return the probabilities to draw with.

    What is not allowed has none before anything else is chosen, so that top-k counts only what can be drawn.

    Parameters
    ----------
    logits : float64, shape (rows, events)
    allowed : bool, shape (rows, events)
        At least one true in each row.
    taste : SamplingConfig

    Returns
    -------
    float64, shape (rows, events)
        Each row sums to 1.
    """
    logits = np.asarray(np.where(allowed, logits, -np.inf))
    if taste.temperature == 0:
        likeliest = np.zeros_like(logits)
        likeliest[np.arange(len(logits)), logits.argmax(1)] = 1.0
        return np.asarray(likeliest)
    if 0 < taste.top_k < logits.shape[1]:
        weakest = np.partition(logits, -taste.top_k, axis=1)[:, -taste.top_k, None]
        logits = np.where(logits >= weakest, logits, -np.inf)
    with np.errstate(over="ignore"):  # of the least likely, where it is hardly above 0
        chances = np.exp((logits - logits.max(1, keepdims=True)) / taste.temperature)
    if taste.min_p:
        chances[chances < taste.min_p * chances.max(1, keepdims=True)] = 0.0
    chances /= chances.sum(1, keepdims=True)
    if taste.top_p < 1:
        order = np.argsort(-chances, axis=1, kind="stable")
        ranked = np.take_along_axis(chances, order, 1)
        needed = np.cumsum(ranked, axis=1) - ranked < taste.top_p
        np.put_along_axis(chances, order, np.where(needed, ranked, 0.0), 1)
        chances /= chances.sum(1, keepdims=True)
    return np.asarray(chances)


def drawn(chances: Floats, generators: Sequence[np.random.Generator]) -> Integers:
    """Return one event a row, drawn by that row's own generator, so that rows do not change one another."""
    heights = np.cumsum(chances, axis=1)
    thresholds = np.array([generator.random() for generator in generators]) * heights[:, -1]
    events = (heights <= thresholds[:, None]).sum(1)
    last = chances.shape[1] - 1 - (chances[:, ::-1] > 0).argmax(1)
    return np.asarray(np.minimum(events, last), np.int64)
