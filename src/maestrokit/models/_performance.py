"""Input and output layers of models of performances of scores; the layers between them are the body.

Position i reads note i of the score, with its neighbours on both sides, by convolutions that look ahead, and how note
i - 1 was played; the body sees all positions up to it. How note i is played is predicted factor by factor: tempo and
pedal if its onset is new, then deviation, velocity and articulation, each from the body's output and the factors before
it, by a small gated layer of its own, as in :mod:`maestrokit.models._notes`. A batch has the classes of
:mod:`maestrokit.music.performance_codes` as tensors by name: those of the score with the prefix ``score_`` and MARGIN
more notes on both sides, those of the notes before with ``previous_``, targets with ``next_``.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models._bases import radial_bases
from maestrokit.models._smooth import SmoothEmbedding, SmoothLinear
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.models.kernels.linear import EndLinear, Linear
from maestrokit.music.conditions import CLASSES
from maestrokit.music.performance_codes import CONDITIONS, FACTORS, FEATURES, SIZES

UNORDERED = ("pitch_class", "level", "meter", "part")
REACH, DILATIONS = 3, (1, 4, 12)
MARGIN = REACH * sum(DILATIONS)  # notes that convolutions see on each side
FACTOR_WIDTH = 96  # of each factor's own layer
PLAIN = "pedal"  # the factor whose classes have no order
INPUTS = {name: size + 1 for name, size in SIZES.items()} | {"slow": SIZES["tempo"] + 1, "is_down": 3}
"""Classes of what is read of the note before, the last of each where there is none."""


def ordered_embedding(classes: int, width: int, *, deviation: float) -> SmoothEmbedding:
    """Return an embedding of ordered classes and a last one that stands apart."""
    bases = radial_bases(np.arange(classes - 1, dtype=np.float64), classes=classes)
    return SmoothEmbedding(bases, width, deviation=deviation)


class LookaheadConv(nn.Module):
    """A gated convolution over the notes before and after, added to its input."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.norm = nn.RMSNorm(width)
        self.input = Linear((2 * REACH + 1) * width, 2 * width, bias=False)
        self.output = Linear(width, width, bias=False)
        nn.init.normal_(self.input.weight, std=(3 * width) ** -0.5)
        nn.init.zeros_(self.output.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, time - 2 REACH dilation, width), given (batch, time, width)."""
        time = x.shape[1] - 2 * REACH * self.dilation
        normed = self.norm(x)
        seen = [normed[:, self.dilation * row : self.dilation * row + time] for row in range(2 * REACH + 1)]
        gate, value = self.input(torch.cat(seen, dim=-1)).chunk(2, dim=-1)
        middle = REACH * self.dilation
        return x[:, middle : middle + time] + self.output(F.silu(gate) * value)  # type: ignore[no-any-return]


class ScoreEncoder(nn.Module):
    """Vectors of the notes of a score, each with its neighbours."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embeddings = nn.ModuleDict()
        for name, size in FEATURES.items():
            if name in UNORDERED:
                self.embeddings[name] = _plain_embedding(size + 1, width)
            else:
                self.embeddings[name] = ordered_embedding(size + 1, width, deviation=0.3)
        self.layers = nn.ModuleList(LookaheadConv(width, dilation) for dilation in DILATIONS)

    def forward(self, batch: TensorBatch) -> Tensor:
        """Return (batch, time, width), given classes of (batch, MARGIN + time + MARGIN)."""
        x: Any = sum(part(batch[f"score_{name}"]) for name, part in self.embeddings.items())
        for layer in self.layers:
            x = layer(x)
        return x  # type: ignore[no-any-return]


class Heads(nn.Module):
    """Logits of the factors of a note, one after another; each factor's layer has a state of its own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.state = Linear(width, len(FACTORS) * 2 * FACTOR_WIDTH, bias=False)
        nn.init.normal_(self.state.weight, std=width**-0.5)
        self.known, self.output = nn.ModuleDict(), nn.ModuleDict()
        for number, name in enumerate(FACTORS):
            size, after = SIZES[name], len(FACTORS) - 1 - number
            if after:
                self.known[name] = _embedding(name, size + 1, after * 2 * FACTOR_WIDTH)
            bases = radial_bases(np.arange(size, dtype=np.float64), classes=size)
            self.output[name] = EndLinear(FACTOR_WIDTH, size) if name == PLAIN else SmoothLinear(FACTOR_WIDTH, bases)
            nn.init.zeros_(self.output[name].weight)  # type: ignore[arg-type]
            nn.init.zeros_(self.output[name].bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, codes: TensorBatch) -> dict[str, Tensor]:
        """Return the logits of all factors, (batch, time, classes), given those that come before each."""
        states: tuple[Tensor, ...] = self.state(x).chunk(len(FACTORS), dim=-1)
        logits = {}
        for name in FACTORS:
            gate, value = states[0].chunk(2, dim=-1)
            logits[name] = self.output[name](F.silu(gate) * value)
            if name in self.known:
                added = self.known[name](codes[f"next_{name}"]).chunk(len(states) - 1, dim=-1)
                states = tuple(state + part for state, part in zip(states[1:], added, strict=True))
        return logits


class PerformanceModel(TrainedModel):
    """A model of performances: score, notes before, body, and heads."""

    predicts_performances = True

    def __init__(self, body: TrainedModel, config: Any) -> None:
        super().__init__()
        self.config: Any = config
        self.supports_cpu_autocast = body.supports_cpu_autocast
        self.body: Any = body
        self.score_encoder = ScoreEncoder(config.width)
        self.previous = nn.ModuleDict({name: _embedding(name, size, config.width) for name, size in INPUTS.items()})
        sizes = {"composer": CLASSES} | {name: len(scale) for name, scale in CONDITIONS.items()}
        self.conditions = nn.ModuleDict({name: nn.Embedding(1 + size, config.width) for name, size in sizes.items()})
        for table in self.conditions.values():
            nn.init.zeros_(table.weight)  # type: ignore[arg-type]
        self.heads = Heads(config.width)

    def inherited(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of a model that reads less of a score, or less far; what it lacks begins without effect."""
        own = {name: value for name, value in self.state_dict().items() if name not in weights}
        silent = {name: torch.zeros_like(value) for name, value in own.items() if name.startswith("score_encoder.emb")}
        return {**own, **silent, **weights}

    def vectors(self, batch: TensorBatch) -> Tensor:
        """Return the input of the body, (batch, time, width)."""
        x: Tensor = self.score_encoder(batch)
        for name, part in self.previous.items():
            x = x + part(batch[f"previous_{name}"])
        for name, part in self.conditions.items():
            x = x + part(batch[f"condition_{name}"])[:, None]
        return x

    def nats(self, batch: TensorBatch) -> dict[str, Tensor]:
        """Return nats by factor, (batch, time) each, 0 where the factor is not predicted or the weight is 0."""
        x, _ = self.body.hidden_states(self.vectors(batch), None, onset=batch["onset"])
        logits, nats = self.heads(x, batch), {}
        for name in FACTORS:
            weight = batch["weight"] * batch["is_first"] if name in FACTORS[:2] else batch["weight"]
            target = batch[f"next_{name}"].clamp(max=SIZES[name] - 1)
            loss = F.cross_entropy(logits[name].flatten(0, 1).float(), target.flatten(), reduction="none")
            nats[name] = loss.view_as(weight) * weight
        return nats

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on the notes whose ``batch["weight"]`` is 1; losses are nats per note."""
        means = {name: part.sum() / batch["weight"].sum() for name, part in self.nats(batch).items()}
        loss = torch.stack(list(means.values())).sum()
        backward_and_step("model", loss)
        return {"loss": loss.item(), **{name: value.item() for name, value in means.items()}}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return nats per note, in all and of each factor."""
        notes = float(batch["weight"].sum().item())
        scores = {name: (part.sum().item(), notes) for name, part in self.nats(batch).items()}
        return {"loss": (sum(value for value, _ in scores.values()), notes), **scores}, {}


def _plain_embedding(classes: int, width: int) -> nn.Embedding:
    part = nn.Embedding(classes, width)
    nn.init.normal_(part.weight, std=0.3)
    return part


def _embedding(name: str, size: int, width: int) -> nn.Embedding:
    if name in (PLAIN, "is_down"):
        return _plain_embedding(size, width)
    return ordered_embedding(size, width, deviation=0.3)
