"""Sampling of the next event from the logits of a model.

References
----------
A. Holtzman et al., "The Curious Case of Neural Text Degeneration", ICLR 2020 (top-p).
N. Nguyen et al., "Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs", ICLR 2025 (min-p).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.bounds import LARGEST_COUNT, SHARE, Within, check_fields
from maestrokit.errors import BadDataError, UsageError
from maestrokit.inference.generation.reprise import RepriseConfig
from maestrokit.music.encodings.notes import FACTORS

NEUTRAL = {"time_bias": 0.0, "prompt_bias": 0.0, "densest": math.inf}


@dataclass(frozen=True)
class SamplingConfig:
    """Temperature and truncation of the sampling.

    Parameters
    ----------
    temperature : float, 0 to 100
        Below 1 likely events become likelier; 0 always takes the likeliest.
    top_k : int >= 0
        Sample among so many of the likeliest events; 0 among all.
    top_p : float, above 0 to 1
        Sample among the fewest events that together have this probability.
    min_p : float, 0 to 1
        Sample only events that are at least this share as likely as the likeliest.
    """

    temperature: Annotated[float, Within(0, 100)] = 1.0
    top_k: Annotated[int, Within(0, LARGEST_COUNT)] = 0
    top_p: Annotated[float, Within(0, 1, above=True)] = 1.0
    min_p: Annotated[float, SHARE] = 0.0

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class NoteSampling:
    """Sampling of each factor of a note."""

    time: SamplingConfig = field(default_factory=SamplingConfig)
    pitch: SamplingConfig = field(default_factory=SamplingConfig)
    velocity: SamplingConfig = field(default_factory=SamplingConfig)
    duration: SamplingConfig = field(default_factory=SamplingConfig)
    time_bias: float = 0.0
    """Times ``log(1 + steps)``, added to the logits of times: above 0 there are fewer notes per second."""
    prompt_bias: float = 0.0
    """Added to it where a prompt is gone on with, unless a density is asked for; fitted on half a minute."""
    densest: float = math.inf
    """Notes per second, over the last seconds, above which the bias rises, to limit the density."""
    reprise: RepriseConfig = field(default_factory=RepriseConfig)
    """How passages of the piece come back."""

    @classmethod
    def from_config(cls, values: Mapping[str, Any], *, name: str) -> "NoteSampling":
        """Return the ``sampling`` of a ``config.json``; missing values are neutral.

        Raises
        ------
        BadDataError
            If it is not valid.
        """
        try:
            fields: dict[str, Any] = {factor: SamplingConfig(**values.get(factor, {})) for factor in FACTORS}
            fields |= {name: float(values.get(name, neutral)) for name, neutral in NEUTRAL.items()}
            return cls(**fields, reprise=RepriseConfig(**values.get("reprise", {})))
        except (AttributeError, TypeError, ValueError, UsageError) as error:
            raise BadDataError(
                f"cannot use '{name}': `sampling` in its config.json is not valid ({error})", path=name
            ) from None

    def changed(self, **changes: float) -> "NoteSampling":
        """Return the same with some settings of all factors replaced."""
        return replace(self, **{factor: replace(getattr(self, factor), **changes) for factor in FACTORS})


def probabilities(logits: Floats, allowed: Mask, config: SamplingConfig) -> Floats:
    """Return the probabilities to sample with.

    Events that are not allowed are excluded first, so that top-k counts only events that can be sampled.

    Parameters
    ----------
    logits : float64, shape (rows, events)
    allowed : bool, shape (rows, events)
        At least one true in each row.
    config : SamplingConfig

    Returns
    -------
    float64, shape (rows, events)
        Each row sums to 1.
    """
    logits = np.asarray(np.where(allowed, logits, -np.inf))
    if config.temperature == 0:
        likeliest = np.zeros_like(logits)
        likeliest[np.arange(len(logits)), logits.argmax(1)] = 1.0
        return np.asarray(likeliest)
    if 0 < config.top_k < logits.shape[1]:
        weakest = np.partition(logits, -config.top_k, axis=1)[:, -config.top_k, None]
        logits = np.where(logits >= weakest, logits, -np.inf)
    with np.errstate(over="ignore"):  # of the least likely, where it is hardly above 0
        probability = np.exp((logits - logits.max(1, keepdims=True)) / config.temperature)
    if config.min_p:
        probability[probability < config.min_p * probability.max(1, keepdims=True)] = 0.0
    probability /= probability.sum(1, keepdims=True)
    if config.top_p < 1:
        order, rows = np.argsort(-probability, axis=1, kind="stable"), np.arange(len(probability))[:, None]
        ranked = probability[rows, order]
        needed = np.cumsum(ranked, axis=1) - ranked < config.top_p
        probability[rows, order] = ranked * needed
        probability /= probability.sum(1, keepdims=True)
    return np.asarray(probability)


def sample(probability: Floats, generators: Sequence[np.random.Generator]) -> Integers:
    """Return one event per row, sampled by that row's own generator, so that rows are independent."""
    heights = np.cumsum(probability, axis=1)
    thresholds = np.array([generator.random() for generator in generators]) * heights[:, -1]
    events = (heights <= thresholds[:, None]).sum(1)
    last = probability.shape[1] - 1 - (probability[:, ::-1] > 0).argmax(1)
    return np.asarray(np.minimum(events, last), np.int64)
