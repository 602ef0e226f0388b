"""Transformer decoder of events, in two variants.

``relative`` is the Music Transformer [1]: attention with learned relative positions by the memory-efficient skew,
layer normalisation, a feed-forward network of ReLUs. ``modern`` has the same structure with other parts: rotary
positions [2], root-mean-square normalisation before each part and of queries and keys [3], SwiGLU [4], and before each
part a short convolution of every channel over time, which gives it the neighbouring events directly [5].

Both differ from [1] in that normalisation comes before each part, that the output of each part and of the whole starts
at zero, so that training starts from uniform probabilities, and that queries of several heads share keys and values
[6], so that the cache is small enough for many pieces to be generated at once.

The file reads from the parts down to the model; operators and the names in shapes are those of
:mod:`maestrokit.models.attention.operators`.

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
from typing import TYPE_CHECKING, Annotated, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.errors import UsageError
from maestrokit.models.attention import operators
from maestrokit.models.contract import EventModel, TrainedModel
from maestrokit.models.kernels.linear import Linear
from maestrokit.models.sequences.bases import rotations
from maestrokit.models.sequences.notes import NoteModel

if TYPE_CHECKING:  # of generation; training does not need them
    from maestrokit.models.attention.cache import Cache
    from maestrokit.models.kernels.numpy_step import Step

TASKS = ("events", "performance")
VARIANTS = ("relative", "modern")
MOST_LAYERS = 128  # more is a mistake, or a malicious checkpoint


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
    """``events``, ``notes``: one position a note, or ``performance``: one position a note of a score."""
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """Velocity bins of notes."""
    conditions: str = ""
    """Conditions of a model of notes, separated by commas."""
    infill: bool = False
    """Whether a model of notes can fill gaps."""

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


class RMSNorm(nn.RMSNorm):
    """Root-mean-square normalisation of the last axis [3]."""

    def forward(self, x: Tensor) -> Tensor:
        return operators.rms_norm(x, self.weight, self.eps)


class Attention(nn.Module):
    """Causal self-attention with relative positions [1] or rotary ones [2]; queries may share keys and values [6]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.dim, self.dropout = config.width // config.heads, config.dropout
        self.heads = config.heads, config.kv_heads, config.kv_heads  # of queries, keys and values
        self.project = Linear(config.width, sum(self.heads) * self.dim, bias=False)
        self.output = Linear(config.width, config.width, bias=False)
        self.is_relative = config.variant == "relative"
        if self.is_relative:
            self.distance = nn.Parameter(torch.empty(config.heads, config.length, self.dim))
            nn.init.normal_(self.distance, std=self.dim**-0.5)
        else:
            self.query_norm, self.key_norm = RMSNorm(self.dim), RMSNorm(self.dim)

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor] | None, cache: "Cache | None", layer: int) -> Tensor:
        """Return the output, (batch, time, width), for the input of that shape; `rope` has cosines and sines."""
        batch, time, width = x.shape
        projected = self.project(x).view(batch, time, sum(self.heads), self.dim)
        q, k, v = projected.transpose(1, 2).split(self.heads, dim=1)  # (batch, heads or kv_heads, time, dim)
        if rope is not None:
            q, k = operators.rotate(self.query_norm(q), *rope), operators.rotate(self.key_norm(k), *rope)
        if cache is not None:
            k, v = cache.append(layer, k, v)  # (batch, kv_heads, keys, dim)
        attend = operators.attention_without_cache if cache is None else operators.attention
        distance, rate = self.distance if self.is_relative else None, self.dropout if self.training else 0.0
        attended = attend(q, k, v, distance, rate)  # (batch, heads, time, dim)
        return self.output(attended.transpose(1, 2).reshape(batch, time, width))  # type: ignore[no-any-return]


class ShortConv(nn.Module):
    """The short convolution over the present event and those just before, added to its input [5]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(operators.REACH + 1, width))
        nn.init.uniform_(self.weight, -0.5, 0.5)  # as a convolution of this width, so that it works from the start

    def forward(self, x: Tensor, cache: "Cache | None", index: int) -> Tensor:
        """Return the output, (batch, time, width), for the input of that shape; `index` is that of the cache."""
        if cache is None:
            return operators.short_convolution(x, self.weight)
        x = torch.cat((cache.recent[index], x), dim=1)  # (batch, REACH + time, width)
        cache.recent[index] = x[:, -operators.REACH :]
        return operators.convolve(x, self.weight)


class SwiGLU(nn.Module):
    """Feed-forward network with a gate [4]."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.input = Linear(width, 2 * hidden, bias=False)
        self.output = Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return operators.swiglu(x, self.input.weight, self.output.weight)


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
        norm = RMSNorm if modern else nn.LayerNorm
        self.attention_norm, self.feed_norm = norm(config.width), norm(config.width)
        self.attention = Attention(config)
        hidden = -(-2 * config.hidden // 3 // 8) * 8
        self.feed = SwiGLU(config.width, hidden) if modern else ReLUs(config.width, config.hidden)
        self.dropout = config.dropout
        self.before = nn.ModuleList(ShortConv(config.width) for _ in range(2 * modern))

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor] | None, cache: "Cache | None", layer: int) -> Tensor:
        """Return the output, (batch, time, width), for the input of that shape."""
        normed = self.attention_norm(x)
        if self.before:
            normed = self.before[0](normed, cache, 2 * layer)
        x = x + operators.dropout(self.attention(normed, rope, cache, layer), self.dropout, self.training)
        normed = self.feed_norm(x)
        if self.before:
            normed = self.before[1](normed, cache, 2 * layer + 1)
        return x + operators.dropout(self.feed(normed), self.dropout, self.training)


class TransformerBody(TrainedModel):
    """The layers, from one vector per position to one that depends on all positions up to it."""

    supports_cpu_autocast = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(TransformerLayer(config) for _ in range(config.layers))
        self.norm = (RMSNorm if config.variant == "modern" else nn.LayerNorm)(config.width)
        self.frequency: Tensor  # of rotations, in radians a token
        self.step_frequency: Tensor  # likewise of notes, in radians a step
        by_position, by_step = rotations(config.width // config.heads, of_notes=config.encoding != "events")
        self.register_buffer("frequency", torch.from_numpy(by_position), persistent=False)
        self.register_buffer("step_frequency", torch.from_numpy(by_step), persistent=False)
        for part in self.modules():
            if isinstance(part, nn.Linear):
                nn.init.normal_(part.weight, std=config.width**-0.5)
        for part in self.modules():  # after the loop above, which comes to a part before it comes to its output
            if isinstance(part, Attention | SwiGLU | ReLUs):
                nn.init.zeros_(part.output.weight)

    def hidden_states(self, x: Tensor, state: Any = None, *, onset: Tensor | None = None) -> tuple[Tensor, Any]:
        """Return hidden states of positions, (batch, time, width), given vectors, and the cache with them in it.

        Of notes, `onset` has their times, (batch, time), in steps. Without a cache at most ``config.length`` positions.
        With one, those further back than its room are forgotten.
        """
        cache: Cache | None = state
        time, start = x.shape[1], 0
        if cache is not None:
            cache.make_room(time)
            start = cache.position
        rope = None
        if self.config.variant == "modern":
            rope = self._angles(torch.arange(start, start + time, device=x.device), onset)
        x = operators.dropout(x, self.config.dropout, self.training)
        for index, layer in enumerate(self.layers):
            x = layer(x, rope, cache, index)
        if cache is not None:
            cache.advance(time)
        return self.norm(x), cache

    def initial_state(self, batch: int, *, length: int, pinned: int = 0) -> "Cache":
        """Return an empty cache with room for `length` tokens, or as many as attention reaches back over.

        The first `pinned` of them are never forgotten.
        """
        from maestrokit.models.attention.cache import Cache

        room = min(length, self.config.length)
        dim = self.config.width // self.config.heads
        weight = self.norm.weight
        keys, values = (
            [weight.new_zeros(batch, self.config.kv_heads, room, dim) for _ in self.layers] for _ in range(2)
        )
        convolutions = 2 * len(self.layers) if self.config.variant == "modern" else 0
        recent = [weight.new_zeros(batch, operators.REACH, self.config.width) for _ in range(convolutions)]
        return Cache(keys, values, recent, pinned=pinned)

    def selected(self, state: "Cache", rows: Tensor) -> "Cache":
        """Return the cache of some rows."""
        return state.selected(rows)

    def layer_stepper(self, state: Any) -> "Step":
        """Return steps of the layers from a cache on, in numpy."""
        from maestrokit.models.kernels.numpy_transformer import StepCache, TransformerBodyStep

        return TransformerBodyStep(self, StepCache.of(state), self.config)

    def inherited(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of a model of other sizes with keys and values of heads averaged [6], and wider feeds."""
        from maestrokit.models.attention.inherited_weights import inherited_weights

        return inherited_weights(weights, self.state_dict(), self.config)

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
        x, state = self.hidden_states(self.embedding(tokens), state)
        return self.output(x), state

    def stepper(self, state: Any) -> "Step":
        """Return steps of the model from a cache on, in numpy."""
        from maestrokit.models.kernels.numpy_transformer import TransformerStep

        return TransformerStep(self, state)


def new_model(config: Config) -> TrainedModel:
    """Return a new model for the encoding that a configuration names."""
    if config.encoding == "performance":
        from maestrokit.models.sequences.performance import PerformanceModel  # which other encodings do not need

        return PerformanceModel(TransformerBody(config), config)
    return NoteModel(TransformerBody(config), config) if config.encoding == "notes" else Model(config)
