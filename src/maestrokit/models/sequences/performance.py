"""Input and output layers of models of performances of scores; the layers between them are the body.

Position i reads note i of the score, with its neighbours on both sides, by convolutions that look ahead, the tempo and
loudness that the whole score leads one to expect there (:mod:`maestrokit.models.sequences.expectation`), and how note
i - 1 was played; the body sees all positions up to it. How note i is played is predicted factor by factor: tempo and
pedal if its onset is new, then deviation, velocity and articulation, each from the body's output and the factors before
it, by a small gated layer of its own, as in :mod:`maestrokit.models.sequences.notes`. A batch has the classes of
:mod:`maestrokit.music.scores.performance_codes` as tensors by name: those of the score with the prefix ``score_`` and
MARGIN more notes on both sides, those of the notes before with ``previous_``, targets with ``next_``.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.models.kernels.linear import EndLinear, Linear
from maestrokit.models.sequences import expectation
from maestrokit.models.sequences.bases import radial_bases
from maestrokit.models.sequences.score_embeddings import (
    embedded_score,
    ordered_embedding,
    plain_embedding,
    score_embeddings,
)
from maestrokit.models.sequences.smooth import SmoothLinear
from maestrokit.music.encodings.conditions import CLASSES
from maestrokit.music.scores.performance_codes import CONDITIONS, FACTORS, SIZES

REACH, DILATIONS = 3, (1, 4, 12)
MARGIN = REACH * sum(DILATIONS)  # notes that convolutions see on each side
FACTOR_WIDTH = 96  # of each factor's own layer
PLAIN = "pedal"  # the factor whose classes have no order
INPUTS = {name: size + 1 for name, size in SIZES.items()} | {"slow": SIZES["tempo"] + 1, "is_down": 3}
"""Classes of what is read of the note before, the last of each where there is none."""


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
        self.embeddings = score_embeddings(width)
        self.layers = nn.ModuleList(LookaheadConv(width, dilation) for dilation in DILATIONS)

    def forward(self, batch: TensorBatch) -> Tensor:
        """Return (batch, time, width), given classes of (batch, MARGIN + time + MARGIN)."""
        x = embedded_score(self.embeddings, batch)
        for layer in self.layers:
            x = layer(x)
        return x


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
        self.expectation = expectation.ExpectedCurves()
        self.expected = nn.Linear(len(expectation.CURVES), config.width, bias=False)
        nn.init.zeros_(self.expected.weight)
        self.previous = nn.ModuleDict({name: _embedding(name, size, config.width) for name, size in INPUTS.items()})
        sizes = {"composer": CLASSES} | {name: len(scale) for name, scale in CONDITIONS.items()}
        self.conditions = nn.ModuleDict({name: nn.Embedding(1 + size, config.width) for name, size in sizes.items()})
        for table in self.conditions.values():
            nn.init.zeros_(table.weight)  # type: ignore[arg-type]
        self.heads = Heads(config.width)

    def inherited(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of a model that reads less of a score, or less far; what it lacks begins without effect."""
        own = {name: value for name, value in self.state_dict().items() if name not in weights}
        begins_silent = ("score_encoder.emb", "expected.")
        silent = {name: torch.zeros_like(value) for name, value in own.items() if name.startswith(begins_silent)}
        return {**own, **silent, **weights}

    def score_vectors(self, batch: TensorBatch) -> tuple[Tensor, Tensor]:
        """Return what is known of the notes of a score, (batch, time, width), and the curves expected of them.

        Given its classes, and those of MARGIN notes on both sides.
        """
        curves = self.expectation(batch)[:, MARGIN:-MARGIN]
        return self.score_encoder(batch) + self.expected(curves.detach()), curves

    def vectors(self, batch: TensorBatch) -> Tensor:
        """Return the input of the body, (batch, time, width)."""
        return self._with_performance(self.score_vectors(batch)[0], batch)

    def _with_performance(self, x: Tensor, batch: TensorBatch) -> Tensor:
        """Return vectors of notes of a score with how the notes before were played, and the conditions."""
        for name, part in self.previous.items():
            x = x + part(batch[f"previous_{name}"])
        for name, part in self.conditions.items():
            x = x + part(batch[f"condition_{name}"])[:, None]
        return x

    def nats(self, batch: TensorBatch) -> dict[str, Tensor]:
        """Return nats by factor, (batch, time) each, 0 where the factor is not predicted or the weight is 0."""
        return self._nats(self.vectors(batch), batch)

    def _nats(self, vectors: Tensor, batch: TensorBatch) -> dict[str, Tensor]:
        x, _ = self.body.hidden_states(vectors, None, onset=batch["onset"])
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
        known, curves = self.score_vectors(batch)
        nats = self._nats(self._with_performance(known, batch), batch)
        means = {name: part.sum() / batch["weight"].sum() for name, part in nats.items()}
        loss = torch.stack(list(means.values())).sum()
        of_curves = {f"expected_{name}": part for name, part in expectation.losses(curves, batch).items()}
        backward_and_step("model", loss + torch.stack(list(of_curves.values())).sum())
        return {"loss": loss.item(), **{name: value.item() for name, value in {**means, **of_curves}.items()}}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return nats per note, in all and of each factor, and the losses of the curves that are expected."""
        notes = float(batch["weight"].sum().item())
        known, curves = self.score_vectors(batch)
        nats = self._nats(self._with_performance(known, batch), batch)
        scores = {name: (part.sum().item(), notes) for name, part in nats.items()}
        of_curves = expectation.losses(curves, batch).items()
        scores |= {f"expected_{name}": (part.item() * notes, notes) for name, part in of_curves}
        return {"loss": (sum(scores[name][0] for name in nats), notes), **scores}, {}


def _embedding(name: str, size: int, width: int) -> nn.Embedding:
    return (plain_embedding if name in (PLAIN, "is_down") else ordered_embedding)(size, width)
