"""Transformer decoder of events, in two variants.

``relative`` is the Music Transformer [1]: attention with learned relative positions by the memory-efficient skew,
layer normalisation, a feed-forward network of ReLUs. ``modern`` has the same structure with other parts: rotary
positions [2], root-mean-square normalisation before each part and of queries and keys [3], SwiGLU [4], and before each
part a short convolution of every channel over time, which gives it the neighbouring events directly [5].

Both differ from [1] in that normalisation comes before each part, that the output of each part and of the whole starts
at zero, so that training starts from uniform probabilities, and that queries of several heads share keys and values
[6], so that the cache is small enough for many pieces to be generated at once.

References
----------
.. [1] C.-Z. A. Huang et al., "Music Transformer", ICLR 2019.
.. [2] J. Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021.
.. [3] B. Zhang, R. Sennrich, "Root Mean Square Layer Normalization", NeurIPS 2019; A. Henry et al., "Query-Key
   Normalization for Transformers", 2020.
.. [4] N. Shazeer, "GLU Variants Improve Transformer", 2020.
.. [5] D. So et al., "Primer: Searching for Efficient Transformers for Language Modeling", NeurIPS 2021; there the
   convolution follows the projections, here it comes before them and is added to its input.
.. [6] N. Shazeer, "Fast Transformer Decoding: One Write-Head is All You Need", 2019; J. Ainslie et al., "GQA: Training
   Generalized Multi-Query Transformer Models from Multi-Head Checkpoints", EMNLP 2023.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.errors import UsageError
from maestrokit.models._notes import NoteModel
from maestrokit.models.contract import (
    BackwardAndStep,
    Batch,
    EventModel,
    RecurrentState,
    Scores,
    TrainedModel,
    event_scores,
)
from maestrokit.models.kernels import fused as _fused
from maestrokit.models.kernels.attention import Attention, Cache, Norm, make_room
from maestrokit.models.kernels.linear import Bfloat16Product, Linear, uses_bfloat16
from maestrokit.models.kernels.numpy_step import Step, TransformerBodyStep, TransformerStep

TASKS = ("events",)
VARIANTS = ("relative", "modern")
MOST_LAYERS = 128  # more is a mistake, or a malicious checkpoint
PERIODS = (8.0, 8000.0)  # steps in which the pairs turn that follow the time of notes, first and last
REACH = 3  # events before the present one that a short convolution sees


@dataclass(frozen=True)
class Config:
    """Sizes of a transformer."""

    vocabulary: Annotated[int, Within(1, 65536)] = 390
    """Number of tokens."""
    width: Annotated[int, Within(1, 65536)] = 256
    """Width of the embedding and of the residual stream."""
    layers: Annotated[int, Within(1, MOST_LAYERS)] = 6
    """Number of layers; new ones start at zero, so that a trained model can be made deeper."""
    heads: Annotated[int, Within(1, 65536)] = 4
    """Heads of queries."""
    kv_heads: Annotated[int, Within(1, 65536)] = 1
    """Heads of keys and values, each shared by as many heads of queries; a trained model can be made to have fewer."""
    hidden: Annotated[int, Within(1, 65536)] = 1024
    """Width of the feed-forward networks; `modern` has two thirds of it, twice, for about as many weights. A trained
    model can be made wider here."""
    length: Annotated[int, Within(1, 1_000_000)] = 2048
    """Context length of attention, in tokens."""
    dropout: Annotated[float, Within(0, 1, below=True)] = 0.1
    """Dropout of the embedding, of attention weights, and of the output of each part of a layer."""
    variant: str = "modern"
    """``relative`` or ``modern``."""
    encoding: str = "events"
    """``events``, or ``notes``: one position a note."""
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """Velocity bins of notes."""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.variant not in VARIANTS:
            raise UsageError(
                f"no variant '{self.variant}' of the transformer",
                "variants: " + ", ".join(VARIANTS),
                parameter="variant",
            )
        if self.width % (2 * self.heads):
            raise UsageError(
                f"a width of {self.width} is no even multiple of {self.heads} heads", "change `width` or `heads`"
            )
        if self.heads % self.kv_heads:
            raise UsageError(
                f"{self.heads} heads cannot share {self.kv_heads} heads of keys evenly", "change `kv_heads`"
            )


class ShortConv(nn.Module):
    """A convolution of every channel over the present event and those just before, added to its input [5]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(REACH + 1, width))  # the last row is for the present
        nn.init.uniform_(self.weight, -0.5, 0.5)  # as a convolution of this width, so that it works from the start

    def forward(self, x: Tensor, cache: Cache | None, position: int) -> Tensor:
        time = x.shape[1]
        if cache is None and _fused.applies_to(x):
            return _fused.ShortConvolution.apply(x, self.weight)  # type: ignore[no-any-return, no-untyped-call]
        if cache is None:
            long = F.pad(x, (0, 0, REACH, 0))  # (batch, REACH + time, width)
        else:
            long = torch.cat((cache.recent[position], x), dim=1)
            cache.recent[position] = long[:, -REACH:]
        for row in range(REACH + 1):
            x = torch.addcmul(x, long[:, row : row + time], self.weight[row])
        return x


class SwiGLU(nn.Module):
    """Feed-forward network with a gate [4]."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.input = Linear(width, 2 * hidden, bias=False)
        self.output = Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if uses_bfloat16(x):
            both = Bfloat16Product.apply(x, self.input.weight, torch.bfloat16)  # type: ignore[no-untyped-call]
            inner = _fused.Gated.apply(both)  # type: ignore[no-untyped-call]
            return Bfloat16Product.apply(inner, self.output.weight, x.dtype)  # type: ignore[no-any-return, no-untyped-call]
        both = self.input(x)  # (batch, time, 2 hidden)
        if _fused.applies_to(both):
            return self.output(_fused.Gated.apply(both))  # type: ignore[no-any-return, no-untyped-call]
        gate, value = both.chunk(2, dim=-1)  # each (batch, time, hidden)
        return self.output(F.silu(gate) * value)  # type: ignore[no-any-return]


class ReLUs(nn.Module):
    """Feed-forward network of the original transformer."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.input = Linear(width, hidden)
        self.output = Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(F.relu(self.input(x)))  # type: ignore[no-any-return]


class TransformerLayer(nn.Module):
    """Attention and a feed-forward network, each with a residual connection."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        modern = config.variant == "modern"
        norm = Norm if modern else nn.LayerNorm
        self.attention_norm, self.feed_norm = norm(config.width), norm(config.width)
        self.attention = Attention(
            config.width, heads=config.heads, kv_heads=config.kv_heads, length=config.length, dropout=config.dropout,
            is_relative=not modern,
        )  # fmt: skip
        hidden = -(-2 * config.hidden // 3 // 8) * 8
        self.feed = SwiGLU(config.width, hidden) if modern else ReLUs(config.width, config.hidden)
        self.dropout = config.dropout
        self.before = nn.ModuleList(ShortConv(config.width) for _ in range(2 * modern))

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor] | None, cache: Cache | None, layer: int) -> Tensor:
        normed = self._convolved(self.attention_norm(x), cache, layer, 0)
        x = x + self._dropped(self.attention(normed, rope, cache, layer))
        return x + self._dropped(self.feed(self._convolved(self.feed_norm(x), cache, layer, 1)))

    def _dropped(self, x: Tensor) -> Tensor:
        return _fused.dropped(x, self.dropout, self.training)

    def _convolved(self, x: Tensor, cache: Cache | None, layer: int, part: int) -> Tensor:
        return self.before[part](x, cache, 2 * layer + part) if len(self.before) else x


class TransformerBody(TrainedModel):
    """The layers, from one vector per position to one that depends on all positions up to it."""

    supports_cpu_autocast = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(TransformerLayer(config) for _ in range(config.layers))
        self.norm = (Norm if config.variant == "modern" else nn.LayerNorm)(config.width)
        dim = config.width // config.heads
        self.frequency: Tensor  # of the rotation of each pair, in radians a token
        pairs = torch.arange(0, dim, 2, device="cpu")  # also where only sizes are wanted
        self.register_buffer("frequency", 10000 ** -(pairs / dim), persistent=False)
        if config.encoding == "notes":  # half of the pairs follow positions, and half of them the time
            self.step_frequency: Tensor  # radians a step
            steps = 2 * torch.pi / torch.from_numpy(np.geomspace(*PERIODS, dim // 4))
            self.register_buffer("step_frequency", steps, persistent=False)
            self.register_buffer(
                "frequency", 10000 ** -(pairs[: len(pairs) - len(steps)] / (dim / 2)), persistent=False
            )
        for part in self.modules():
            if isinstance(part, nn.Linear):
                nn.init.normal_(part.weight, std=config.width**-0.5)
        for part in self.modules():  # after the loop above, which comes to a part before it comes to its output
            if isinstance(part, Attention | SwiGLU | ReLUs):
                nn.init.zeros_(part.output.weight)

    def through(self, x: Tensor, state: Any = None, *, onset: Tensor | None = None) -> tuple[Tensor, Any]:
        """Return outputs of vectors, both (batch, time, width), and the cache with these positions in it.

        Of notes, `onset` has their times, (batch, time), in steps. Without a cache at most ``config.length`` positions.
        With one, those further back than its room are forgotten.
        """
        cache: Cache | None = state
        time = x.shape[1]
        start = 0 if cache is None else make_room(cache, time)
        rope = None
        if self.config.variant == "modern":
            rope = self._angles(torch.arange(start, start + time, device=x.device), onset)
        x = _fused.dropped(x, self.config.dropout, self.training)
        for index, layer in enumerate(self.layers):
            x = layer(x, rope, cache, index)
        if cache is not None:
            cache.used, cache.position = cache.used + time, cache.position + time
        return self.norm(x), cache

    def initial_state(self, batch: int, *, length: int) -> Cache:
        """Return an empty cache with room for `length` tokens, or as many as attention reaches back over."""
        room = min(length, self.config.length)
        dim = self.config.width // self.config.heads
        weight = self.norm.weight
        keys, values = (
            [weight.new_zeros(batch, self.config.kv_heads, room, dim) for _ in self.layers] for _ in range(2)
        )
        convolutions = 2 * len(self.layers) if self.config.variant == "modern" else 0
        recent = [weight.new_zeros(batch, REACH, self.config.width) for _ in range(convolutions)]
        return Cache(keys, values, recent, 0, 0)

    def layer_stepper(self, state: Any) -> Step:
        """Return steps of the layers from a cache on, in numpy."""
        return TransformerBodyStep(self, state)

    def inherited(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of a model of other sizes with keys and values of heads averaged [6], and wider feeds.

        New parts of wider layers start at zero. Weights that differ otherwise are unchanged.
        """
        initial, result = self.state_dict(), dict(weights)
        for name, value in weights.items():
            expected = initial.get(name, value)
            if name.endswith("attention.project.weight") and expected.shape[1:] == value.shape[1:]:
                result[name] = self._shared(value)
            elif ".feed.input." in name and _is_longer(expected, value, axis=0):
                halves = 2 if self.config.variant == "modern" else 1  # gate and value
                wide = [part.clone() for part in expected.chunk(halves)]
                for part, known in zip(wide, value.chunk(halves), strict=True):
                    part[: len(known)] = known
                result[name] = torch.cat(wide)
            elif name.endswith("feed.output.weight") and _is_longer(expected, value, axis=1):
                result[name] = F.pad(value, (0, expected.shape[1] - value.shape[1]))
        return result

    def _shared(self, project: Tensor) -> Tensor:
        """Return projections whose keys and values are means over the heads that are to share them, if evenly many."""
        width, dim = self.config.width, self.config.width // self.config.heads
        if len(project[width:]) % (2 * self.config.kv_heads * dim):
            return project
        heads = project[width:].reshape(2, self.config.kv_heads, -1, dim, width)  # of keys and of values
        return torch.cat((project[:width], heads.mean(2).flatten(0, 2)))

    def _angles(self, position: Tensor, onset: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return cosines and sines of all angles, (time, dim / 2), or of notes (batch, 1, time, dim / 2)."""
        angle = position[:, None] * self.frequency
        if onset is not None:
            by_time = (onset[:, None, :, None] * self.step_frequency).to(angle.dtype)  # (batch, 1, time, dim / 4)
            angle = torch.cat((by_time, angle.expand(*by_time.shape[:3], -1)), dim=-1)
        return angle.cos(), angle.sin()


class Model(TransformerBody, EventModel):
    """The decoder of events: tokens in, logits of the next tokens out."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.output = nn.Linear(config.width, config.vocabulary, bias=False)
        nn.init.zeros_(self.output.weight)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Return logits, (batch, time, vocabulary), and the cache with these tokens in it."""
        x, state = self.through(self.embedding(tokens), state)
        return self.output(x), state

    def stepper(self, state: Any) -> Step:
        """Return steps of the model from a cache on, in numpy."""
        return TransformerStep(self, state)

    def step(
        self, batch: Batch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on ``batch["target"]`` given ``batch["tokens"]``, both (batch, time)."""
        logits, _ = self(batch["tokens"])
        loss = F.cross_entropy(logits.flatten(0, 1), batch["target"].flatten())
        backward_and_step("model", loss)
        return {"loss": loss.item()}, {}

    def score(self, batch: Batch, state: RecurrentState) -> tuple[Scores, RecurrentState]:
        """Return nats and hits over all tokens of the batch."""
        logits, _ = self(batch["tokens"])
        return event_scores(logits, batch["target"]), {}


def new_model(config: Config) -> TrainedModel:
    """Return a new model for the encoding that a configuration names."""
    return NoteModel(TransformerBody(config), config) if config.encoding == "notes" else Model(config)


def _is_longer(one: Tensor, other: Tensor, *, axis: int) -> bool:
    """Return whether a tensor is longer along one axis, and otherwise as large."""
    return one.shape[axis] > other.shape[axis] and one.select(axis, 0).shape == other.select(axis, 0).shape
