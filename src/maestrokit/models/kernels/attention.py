"""Attention of a transformer to what came before, with relative or rotary positions, and the cache of what it saw.

References
----------
.. [1] C.-Z. A. Huang et al., "Music Transformer", ICLR 2019.
.. [2] N. Shazeer, "Fast Transformer Decoding: One Write-Head is All You Need", 2019; J. Ainslie et al., "GQA: Training
   Generalized Multi-Query Transformer Models from Multi-Head Checkpoints", EMNLP 2023.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.errors import UsageError
from maestrokit.models.kernels import fused as _fused
from maestrokit.models.kernels.fused_attention import CausalAttention
from maestrokit.models.kernels.linear import Linear, uses_bfloat16


@dataclass
class Cache:
    """Keys and values of the tokens so far, of all layers, so that each is computed once."""

    keys: list[Tensor]
    """One a layer, (batch, kv_heads, room, dim); rotated if positions are rotary."""
    values: list[Tensor]
    recent: list[Tensor]
    """What the short convolutions saw last, two a layer, (batch, REACH, width); empty if there are none."""
    used: int
    """Places of `room` that are filled, the oldest first."""
    position: int
    """Tokens seen in all; more than `used` once the oldest are forgotten."""

    def selected(self, rows: Tensor) -> "Cache":
        """Return the cache of some rows of the batch."""
        keys, values, recent = ([part[rows] for part in store] for store in (self.keys, self.values, self.recent))
        return Cache(keys, values, recent, self.used, self.position)


def make_room(cache: Cache, time: int) -> int:
    """Forget the oldest tokens where the room is full, an eighth of it at once; return the position of the next."""
    room = cache.keys[0].shape[2]
    if time > room:
        raise UsageError(f"{time} tokens at once, and the transformer's attention reaches back over {room}")
    if cache.used + time > room:
        keep = min(cache.used, room - max(time, room // 8))
        for store in (*cache.keys, *cache.values):
            store[:, :, :keep] = store[:, :, cache.used - keep : cache.used].clone()
        cache.used = keep
    return cache.position


def skewed(scores: Tensor) -> Tensor:
    """Return scores by distance as scores by key: the memory-efficient skew of [1], section 3.4.1.

    Shape
    -----
    scores : (batch, heads, queries, length)
        ``scores[..., i, j]`` belongs to distance ``length - 1 - j``.
    result : (batch, heads, queries, queries)
        ``result[..., i, j]`` belongs to distance ``i - j``; meaningless where ``j > i``. Needs queries == length.
    """
    batch, heads, queries, length = scores.shape
    padded = F.pad(scores, (1, 0))  # (batch, heads, queries, length + 1)
    return padded.reshape(batch, heads, length + 1, queries)[:, :, 1:]  # (batch, heads, length, queries)


def rotated(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Return vectors turned by angles that grow with their positions; halves are paired.

    Shape
    -----
    x : (batch, heads, time, dim); cosine, sine : (time, dim / 2) or (batch, 1, time, dim / 2)
    """
    if _fused.applies_to(x):
        return _fused.Rotated.apply(x, cosine, sine)  # type: ignore[no-any-return, no-untyped-call]
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)


class Norm(nn.RMSNorm):
    """Root-mean-square normalisation of the last axis."""

    def forward(self, x: Tensor) -> Tensor:
        if not _fused.applies_to(x):
            return super().forward(x)
        epsilon = torch.finfo(x.dtype).eps if self.eps is None else self.eps
        return _fused.RmsNorm.apply(x, self.weight, epsilon)  # type: ignore[no-any-return, no-untyped-call]


class Attention(nn.Module):
    """Causal self-attention with relative positions [1] or rotary ones; queries may share keys and values [2]."""

    def __init__(
        self, width: int, *, heads: int, kv_heads: int, length: int, dropout: float, is_relative: bool
    ) -> None:
        super().__init__()
        self.dim, self.length = width // heads, length
        self.sizes = heads, kv_heads, kv_heads  # heads of queries, keys and values
        self.is_relative, self.dropout = is_relative, dropout
        self.project = Linear(width, sum(self.sizes) * self.dim, bias=False)
        self.output = Linear(width, width, bias=False)
        if is_relative:
            self.distance = nn.Parameter(torch.empty(heads, length, self.dim))
            nn.init.normal_(self.distance, std=self.dim**-0.5)
        else:
            self.query_norm, self.key_norm = Norm(self.dim), Norm(self.dim)

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor] | None, cache: Cache | None, layer: int) -> Tensor:
        batch, time, width = x.shape
        projected = self.project(x).view(batch, time, sum(self.sizes), self.dim).transpose(1, 2)
        query, key, value = projected.split(self.sizes, dim=1)  # (batch, heads or kv_heads, time, dim)
        if rope is not None:
            query, key = rotated(self.query_norm(query), *rope), rotated(self.key_norm(key), *rope)
        if cache is None and _fused.applies_to(x):
            kind, share = torch.bfloat16 if uses_bfloat16(x) else x.dtype, self.dropout if self.training else 0.0
            query, key, value = query.to(kind), key.to(kind), value.to(kind)
            distance = self.distance.to(kind) if self.is_relative else None
            attended = CausalAttention.apply(query, key, value, distance, share).to(x.dtype)  # type: ignore[no-untyped-call]
            return self.output(attended.transpose(1, 2).reshape(batch, time, width))  # type: ignore[no-any-return]
        if cache is not None:
            key, value = _remembered(cache, layer, key, value)
        mask = self._bias(query, key.shape[2]) if self.is_relative else _causal(time, key.shape[2], x.device)
        attended = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=mask,
            is_causal=mask is None and time > 1,
            dropout_p=self.dropout if self.training else 0.0,
            enable_gqa=self.sizes[0] != self.sizes[1],
        )
        return self.output(attended.transpose(1, 2).reshape(batch, time, width))  # type: ignore[no-any-return]

    def _bias(self, query: Tensor, keys: int) -> Tensor:
        """Return what relative positions add to the scores, (batch, heads, time, keys), with the future at -inf."""
        time = query.shape[2]
        if time == keys:
            bias = skewed(query @ self.distance[:, self.length - keys :].transpose(1, 2)) * self.dim**-0.5
        else:
            behind = torch.arange(keys - time, keys)[:, None] - torch.arange(keys)[None]  # (time, keys)
            embedded = self.distance[:, (self.length - 1 - behind).clamp(max=self.length - 1)]
            bias = torch.einsum("bhtd,htkd->bhtk", query, embedded) * self.dim**-0.5
        future = torch.ones(time, keys, dtype=torch.bool, device=query.device).triu(keys - time + 1)
        return bias.masked_fill(future, float("-inf"))  # type: ignore[no-any-return]


def _causal(time: int, keys: int, device: torch.device) -> Tensor | None:
    """Return which keys each query may see, (time, keys); None where a causal kernel, or no mask at all, says it."""
    if time in (1, keys):
        return None
    return torch.ones(time, keys, dtype=torch.bool, device=device).tril(keys - time)


def _remembered(cache: Cache, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Write new keys and values behind the old ones; return all."""
    end = cache.used + key.shape[2]
    cache.keys[layer][:, :, cache.used : end] = key
    cache.values[layer][:, :, cache.used : end] = value
    return cache.keys[layer][:, :, :end], cache.values[layer][:, :, :end]
