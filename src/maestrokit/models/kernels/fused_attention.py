"""Causal attention with a hand-written gradient, for processors; see :mod:`maestrokit.models.kernels.fused`.

Queries are processed in blocks, with only the keys that they may attend to: masked scores are not computed, and those
of a block stay in the cache from the matrix product to the weighted sum. Relative positions [1] add a score by
distance; the memory-efficient skew is here a view of the same memory with rows one element shorter.

References
----------
.. [1] C.-Z. A. Huang et al., "Music Transformer", ICLR 2019.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function

from maestrokit.models.kernels.fused import dropout_mask
from maestrokit.models.kernels.switch import uses_bfloat16

BLOCK = 128  # queries at once
MOST_SAVED = 1 << 24  # attention weights of a layer that are saved for the gradient, 64 MiB; more are recomputed


def causal_attention(q: Tensor, k: Tensor, v: Tensor, distance: Tensor | None, rate: float) -> Tensor:
    """Return attention with a dropout `rate`, in bfloat16 where products are in it; see :class:`CausalAttention`."""
    dtype = torch.bfloat16 if uses_bfloat16(q) else q.dtype
    distance = None if distance is None else distance.to(dtype)
    out: Tensor = CausalAttention.apply(q.to(dtype), k.to(dtype), v.to(dtype), distance, rate)  # type: ignore[no-untyped-call]
    return out.to(q.dtype)


class _Part(NamedTuple):
    """What the gradient of one block of queries needs."""

    row: int
    start: int
    end: int
    weights: Tensor | None
    """After the softmax, (heads, queries, keys); None if they are to be recomputed."""
    mask: Tensor | None
    scale: float


class CausalAttention(Function):
    """``dropout(softmax(query @ (key + distance).T / sqrt(dim) + mask)) @ value``, the past and present only.

    Shape
    -----
    query : (batch, heads, time, dim); any strides
    key, value : (batch, kv_heads, time, dim); each serves as many heads of queries, one after another
    distance : (heads, length, dim) or None, the last row for the present; length >= time
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, distance: Tensor | None, rate: float) -> Tensor:
        batch, heads, time, dim = query.shape
        ctx.save_for_backward(query, key, value, distance)
        out = torch.empty(batch, time, heads, dim, dtype=query.dtype).transpose(1, 2)
        keeps = batch * heads * time * time <= MOST_SAVED
        ctx.parts = []
        for row in range(batch):
            for start in range(0, time, BLOCK):
                end = min(start + BLOCK, time)
                weights = _attention_weights(query[row], key[row], distance, start, end)
                mask, scale = dropout_mask(weights.shape, rate) if rate else (None, 1.0)
                dropped = weights if mask is None else weights * mask
                torch.mul(_product(dropped, value[row, :, :end]), scale, out=out[row, :, start:end])
                ctx.parts.append(_Part(row, start, end, weights if keeps else None, mask, scale))
        return out

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor | None, None]:
        query, key, value, distance = ctx.saved_tensors
        grad_query, grad_key, grad_value = (torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value))
        grad_distance = None if distance is None else torch.zeros_like(distance)
        for row, start, end, saved, mask, scale in ctx.parts:
            weights = saved
            if weights is None:
                weights = _attention_weights(query[row], key[row], distance, start, end)
            grad_dropped = grad_output[row, :, start:end] * scale  # (heads, queries, dim)
            dropped = weights if mask is None else weights * mask
            grad_value[row, :, :end] += _summed(dropped, grad_dropped, len(value[row]))
            grad_weights = _product(grad_dropped, value[row, :, :end].transpose(1, 2))
            if mask is not None:
                grad_weights *= mask
            grad_scores = torch._softmax_backward_data(grad_weights, weights, -1, weights.dtype)
            grad_scores *= query.shape[-1] ** -0.5
            block, grad_block = query[row, :, start:end], _product(grad_scores, key[row, :, :end])
            grad_key[row, :, :end] += _summed(grad_scores, block, len(key[row]))
            if distance is not None and grad_distance is not None:
                by_distance = _by_distance(grad_scores)
                grad_block += torch.bmm(by_distance, distance[:, -end:])
                grad_distance[:, -end:] += torch.bmm(by_distance.transpose(1, 2), block)
            grad_query[row, :, start:end] = grad_block
        return grad_query, grad_key, grad_value, grad_distance, None


def _attention_weights(query: Tensor, key: Tensor, distance: Tensor | None, start: int, end: int) -> Tensor:
    """Return the attention weights of the queries from `start` to `end`: (heads, queries, keys up to `end`)."""
    scaled = query[:, start:end] * query.shape[-1] ** -0.5  # (heads, queries, dim)
    scores = _product(scaled, key[:, :end].transpose(1, 2))  # (heads, queries, keys)
    if distance is not None:
        scores += _by_key(torch.bmm(scaled, distance[:, -end:].transpose(1, 2)))
    scores[:, :, start:] += torch.full((end - start, end - start), -math.inf, dtype=query.dtype).triu_(1)
    return torch.softmax(scores, -1)


def _product(left: Tensor, right: Tensor) -> Tensor:
    """Return ``left @ right``, of (heads, m, k) and (kv_heads, k, n); heads share what is on the right."""
    heads, rows, _ = left.shape
    return torch.bmm(left.reshape(len(right), -1, left.shape[2]), right).view(heads, rows, right.shape[2])


def _summed(left: Tensor, right: Tensor, kv_heads: int) -> Tensor:
    """Return the transpose of ``left``, times ``right``, summed over the heads that share: (kv_heads, keys, dim)."""
    left, right = (part.reshape(kv_heads, -1, part.shape[2]) for part in (left, right))
    return torch.bmm(left.transpose(1, 2), right)


def _by_key(scores: Tensor) -> Tensor:
    """Return scores by distance, (heads, queries, keys), the present last, as scores by key; the future is anything."""
    heads, queries, keys = scores.shape
    return scores.as_strided((heads, queries, keys), (queries * keys, keys - 1, 1), queries - 1)


def _by_distance(scores: Tensor) -> Tensor:
    """Return the inverse of :func:`_by_key`; scores of the future are zero."""
    heads, queries, keys = scores.shape
    moved = torch.zeros_like(scores, memory_format=torch.contiguous_format)
    # Rows of the view would overlap in the last key, which is the future of all queries but the last.
    view = moved.as_strided((heads, queries, keys - 1), (queries * keys, keys - 1, 1), queries - 1)
    view.copy_(scores[:, :, :-1])
    moved[:, -1, -1] = scores[:, -1, -1]
    return moved
