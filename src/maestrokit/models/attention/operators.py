"""Operators of a transformer: normalisation, rotation, convolution, attention, feed-forward.

Shapes: `batch` rows, `time` positions of this call, `keys` those that attention sees, `heads` of queries or `kv_heads`
of keys and values, each of size `dim`. On processors a kernel of :mod:`maestrokit.models.kernels` runs in place of each
function that names one.

Numbers in brackets are the references of :mod:`maestrokit.models.transformer`.
"""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.kernels import fused
from maestrokit.models.kernels.fused_attention import causal_attention
from maestrokit.models.kernels.switch import replaced_by

REACH = 3  # events before the present one that a short convolution sees


@replaced_by(fused.dropout)
def dropout(x: Tensor, rate: float, training: bool) -> Tensor:
    """Return the input with a share of elements set to zero, and the others scaled so that the mean stays."""
    return F.dropout(x, rate, training)


@replaced_by(fused.rms_norm)
def rms_norm(x: Tensor, weight: Tensor, epsilon: float | None) -> Tensor:
    """Return ``x * rsqrt(mean(x ** 2) + epsilon) * weight``, the mean over the last axis [3]."""
    return F.rms_norm(x, weight.shape, weight, epsilon)


@replaced_by(fused.rotate)
def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Return vectors rotated by angles that grow with their positions [2]; pairs are elements of the two halves.

    Shape
    -----
    x : (batch, heads, time, dim); cosine, sine : (time, dim / 2) or (batch, 1, time, dim / 2)
    """
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)


@replaced_by(fused.short_convolution)
def short_convolution(x: Tensor, weight: Tensor) -> Tensor:
    """Return the input plus its causal convolution, with zeros before the start; see :func:`convolve`."""
    return convolve(F.pad(x, (0, 0, REACH, 0)), weight)


def convolve(x: Tensor, weight: Tensor) -> Tensor:
    """Return the input, but for its first REACH positions, plus its convolution over time of each channel [5].

    Shape
    -----
    x : (batch, REACH + time, width); weight : (REACH + 1, width), the last row for the present
    """
    time = x.shape[1] - REACH
    out = x[:, REACH:]  # (batch, time, width)
    for row in range(REACH + 1):
        out = torch.addcmul(out, x[:, row : row + time], weight[row])
    return out


@replaced_by(fused.swiglu)
def swiglu(x: Tensor, input_weight: Tensor, output_weight: Tensor) -> Tensor:
    """Return the output of a feed-forward network with a gate [4].

    Shape
    -----
    x : (batch, time, width); input_weight : (2 hidden, width); output_weight : (width, hidden)
    """
    gate, value = F.linear(x, input_weight).chunk(2, dim=-1)  # each (batch, time, hidden)
    return F.linear(F.silu(gate) * value, output_weight)


def attention(q: Tensor, k: Tensor, v: Tensor, distance: Tensor | None, rate: float) -> Tensor:
    """Return ``dropout(softmax(q @ (k + distance).T / sqrt(dim))) @ v`` of each position and those before it.

    Shape
    -----
    q : (batch, heads, time, dim), the last of the positions of the keys
    k, v : (batch, kv_heads, keys, dim); each serves as many heads of queries, one after another [6]
    distance : (heads, length, dim) or None, the last row for the present
    result : (batch, heads, time, dim)
    """
    time, keys = q.shape[2], k.shape[2]
    mask = None  # the mask of the operator, or none for a single query
    if distance is not None:
        mask = relative_scores(q, distance, keys)  # (batch, heads, time, keys)
    elif time not in (1, keys):
        mask = torch.ones(time, keys, dtype=torch.bool, device=q.device).tril(keys - time)
    is_causal, shares_keys = mask is None and time > 1, q.shape[1] != k.shape[1]
    return F.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, dropout_p=rate, is_causal=is_causal, enable_gqa=shares_keys
    )


attention_without_cache = replaced_by(causal_attention)(attention)  # the keys are those of the queries


def relative_scores(q: Tensor, distance: Tensor, keys: int) -> Tensor:
    """Return what relative positions add to the scores, (batch, heads, time, keys), with the future at -inf [1]."""
    time, length = q.shape[2], distance.shape[1]
    scale: float = q.shape[3] ** -0.5
    if time == keys:
        scores = skew(q @ distance[:, length - keys :].transpose(1, 2))
    else:
        behind = torch.arange(keys - time, keys)[:, None] - torch.arange(keys)  # (time, keys)
        embedded = distance[:, (length - 1 - behind).clamp(max=length - 1)]  # (heads, time, keys, dim)
        scores = torch.einsum("bhtd,htkd->bhtk", q, embedded)
    future = torch.ones(time, keys, dtype=torch.bool, device=q.device).triu(keys - time + 1)
    return (scores * scale).masked_fill(future, -torch.inf)


def skew(scores: Tensor) -> Tensor:
    """Return scores by distance as scores by key: the memory-efficient skew of [1], section 3.4.1.

    Shape
    -----
    scores : (batch, heads, time, time)
        ``scores[..., i, j]`` belongs to distance ``time - 1 - j``.
    result : (batch, heads, time, time)
        ``result[..., i, j]`` belongs to distance ``i - j``; meaningless where ``j > i``.
    """
    batch, heads, time, _ = scores.shape
    padded = F.pad(scores, (1, 0))  # (batch, heads, time, time + 1)
    return padded.reshape(batch, heads, time + 1, time)[:, :, 1:]  # (batch, heads, time, time)
