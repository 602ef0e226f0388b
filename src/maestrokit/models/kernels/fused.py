"""Fused operators with hand-written gradients, for processors, where torch alone would pass over memory many times.

Each function equals the few lines of torch in its first sentence, up to rounding, and is tested against them. On
processors a step of a small network spends as much time on such lines as on its matrices, since every operator reads
and writes all of its tensors; here a gradient takes as few passes as it needs, and those that take many are done block
by block, so that a block stays in the processor's cache. :func:`plain_torch` switches all of them off.

References
----------
T. Dao et al., "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness", NeurIPS 2022 (the idea).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F  # noqa: N812  (as everywhere)

WORDS = 1 << 16  # dropout uses 16 random bits per element, so shares are multiples of 1 / WORDS


_is_enabled = ContextVar("is_enabled", default=True)


def applies_to(x: Tensor) -> bool:
    """Return whether the kernels are used for a tensor: on a processor, in full precision, unless switched off."""
    return _is_enabled.get() and x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64)


@contextmanager
def plain_torch() -> Iterator[None]:
    """Switch the kernels off within the block, so that models run by the operators of torch alone."""
    token = _is_enabled.set(False)
    try:
        yield
    finally:
        _is_enabled.reset(token)


class RmsNorm(Function):
    """``x * rsqrt(mean(x ** 2) + epsilon) * weight`` over the last axis."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
        size = x.shape[-1]
        scale = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square_().div_(size).add_(epsilon).rsqrt_()
        normal = x * scale
        ctx.save_for_backward(normal, scale, weight)
        out: Tensor = normal * weight
        return out

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, Tensor, None]:
        normal, scale, weight = ctx.saved_tensors
        product = grad_output * normal
        axes = tuple(range(grad_output.dim() - weight.dim()))
        grad_weight = product.sum(axes)
        along = torch.mv(product.flatten(0, -2), weight).view(scale.shape)
        grad_output = grad_output * weight
        return grad_output.addcmul_(normal, along.div_(-normal.shape[-1])).mul_(scale), grad_weight, None


class ShortConvolution(Function):
    """``x`` plus a causal convolution over time of each channel, with ``len(weight)`` taps.

    Shape
    -----
    x : (batch, time, width); weight : (taps, width), the last row for the present; before the start are zeros.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        taps, time = len(weight), x.shape[1]
        out = x * (weight[-1] + 1)
        for lag in range(1, min(taps, time)):
            out[:, lag:].addcmul_(x[:, : time - lag], weight[taps - 1 - lag])
        return out

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        taps, time = len(weight), x.shape[1]
        grad_x, grad_weight = grad_output * (weight[-1] + 1), torch.zeros_like(weight)
        grad_weight[-1] = (grad_output * x).sum((0, 1))
        for lag in range(1, min(taps, time)):
            row = taps - 1 - lag
            grad_x[:, : time - lag].addcmul_(grad_output[:, lag:], weight[row])
            grad_weight[row] = (grad_output[:, lag:] * x[:, : time - lag]).sum((0, 1))
        return grad_x, grad_weight


class Gated(Function):
    """``silu(gate) * value`` of the two halves of the last axis."""

    @staticmethod
    def forward(ctx: Any, both: Tensor) -> Tensor:
        ctx.save_for_backward(both)
        gate, value = both.chunk(2, dim=-1)
        return F.silu(gate).mul_(value)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        (both,) = ctx.saved_tensors
        gate, value = both.chunk(2, dim=-1)
        sigmoid = torch.sigmoid(gate)
        silu, result = gate * sigmoid, torch.empty_like(both)
        grad_gate, grad_value = result.chunk(2, dim=-1)
        torch.mul(grad_output, silu, out=grad_value)
        # the derivative of silu is sigmoid + silu * (1 - sigmoid) = sigmoid + silu - silu * sigmoid
        torch.mul(grad_output * value, torch.addcmul(sigmoid + silu, silu, sigmoid, value=-1), out=grad_gate)
        return result


class Rotated(Function):
    """Rotary positions: the two halves of the last axis, as pairs, rotated by angles that grow with the position."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        ctx.save_for_backward(cosine, sine)
        return _rotated_by(x, cosine, sine, 1)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None, None]:
        cosine, sine = ctx.saved_tensors
        return _rotated_by(grad_output, cosine, sine, -1), None, None


def _rotated_by(x: Tensor, cosine: Tensor, sine: Tensor, way: int) -> Tensor:
    half, out = x.shape[-1] // 2, torch.empty(x.shape, dtype=x.dtype)
    first, second = x[..., :half], x[..., half:]
    torch.mul(first, cosine, out=out[..., :half]).addcmul_(second, sine, value=-way)
    torch.mul(second, cosine, out=out[..., half:]).addcmul_(first, sine, value=way)
    return out


class Dropped(Function):
    """``x`` with a share of elements set to zero, and the others scaled so that the mean stays."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, share: float) -> Tensor:
        mask, ctx.scale = dropout_mask(x.shape, share)
        ctx.save_for_backward(mask)
        return (x * mask).mul_(ctx.scale)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None]:
        return (grad_output * ctx.saved_tensors[0]).mul_(ctx.scale), None


def dropout_mask(shape: torch.Size | tuple[int, ...], share: float) -> tuple[Tensor, float]:
    """Return which elements dropout keeps, and the scale of those; each random number serves four elements."""
    count = 1
    for size in shape:
        count *= size
    words = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
    dropped = round(share * WORDS)
    return (words[:count] >= dropped - WORDS // 2).view(shape), WORDS / (WORDS - dropped)


def dropped(x: Tensor, share: float, training: bool) -> Tensor:
    """Return ``dropout(x)``."""
    if not training or not share:
        return x
    return Dropped.apply(x, share) if applies_to(x) else F.dropout(x, share)  # type: ignore[no-untyped-call]
