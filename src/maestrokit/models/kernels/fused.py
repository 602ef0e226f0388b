"""Fused operators with hand-written gradients, for processors, where torch alone would pass over memory many times.

Each function equals a function of plain torch in the models that use it, up to rounding, and is tested against it. On
processors a step of a small network spends as much time on such lines as on its matrices, since every operator reads
and writes all of its tensors; here a gradient takes as few passes as it needs, and those that take many are done block
by block, so that a block stays in the processor's cache.

References
----------
T. Dao et al., "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness", NeurIPS 2022 (the idea).
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.kernels.linear import Bfloat16Product
from maestrokit.models.kernels.switch import uses_bfloat16

WORDS = 1 << 16  # dropout uses 16 random bits per element, so rates are multiples of 1 / WORDS


def rms_norm(x: Tensor, weight: Tensor, epsilon: float | None) -> Tensor:
    """Return root-mean-square normalisation over the last axis; see :class:`RmsNorm`."""
    epsilon = torch.finfo(x.dtype).eps if epsilon is None else epsilon
    return RmsNorm.apply(x, weight, epsilon)  # type: ignore[no-any-return, no-untyped-call]


def short_convolution(x: Tensor, weight: Tensor) -> Tensor:
    """Return the input plus its causal convolution; see :class:`ShortConvolution`."""
    return ShortConvolution.apply(x, weight)  # type: ignore[no-any-return, no-untyped-call]


def gated(halves: Tensor) -> Tensor:
    """Return the gated half of the last axis; see :class:`Gated`."""
    return Gated.apply(halves)  # type: ignore[no-any-return, no-untyped-call]


def swiglu(x: Tensor, input_weight: Tensor, output_weight: Tensor) -> Tensor:
    """Return ``gated(x @ input_weight.T) @ output_weight.T``; in between, bfloat16 where products are in it."""
    if not uses_bfloat16(x):
        return F.linear(gated(F.linear(x, input_weight)), output_weight)
    halves = Bfloat16Product.apply(x, input_weight, torch.bfloat16)  # type: ignore[no-untyped-call]
    return Bfloat16Product.apply(gated(halves), output_weight, x.dtype)  # type: ignore[no-any-return, no-untyped-call]


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Return vectors rotated by their positions; see :class:`Rotated`."""
    return Rotated.apply(x, cosine, sine)  # type: ignore[no-any-return, no-untyped-call]


def dropout(x: Tensor, rate: float, training: bool) -> Tensor:
    """Return ``dropout(x)``; see :class:`Dropped`."""
    return Dropped.apply(x, rate) if training and rate else x  # type: ignore[no-untyped-call]


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
    def forward(ctx: Any, halves: Tensor) -> Tensor:
        ctx.save_for_backward(halves)
        gate, value = halves.chunk(2, dim=-1)
        return F.silu(gate).mul_(value)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Tensor:
        (halves,) = ctx.saved_tensors
        gate, value = halves.chunk(2, dim=-1)
        sigmoid = torch.sigmoid(gate)
        silu, result = gate * sigmoid, torch.empty_like(halves)
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
    def forward(ctx: Any, x: Tensor, rate: float) -> Tensor:
        mask, ctx.scale = dropout_mask(x.shape, rate)
        ctx.save_for_backward(mask)
        return (x * mask).mul_(ctx.scale)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor, None]:
        return (grad_output * ctx.saved_tensors[0]).mul_(ctx.scale), None


def dropout_mask(shape: torch.Size | tuple[int, ...], rate: float) -> tuple[Tensor, float]:
    """Return which elements dropout keeps, and the scale of those; each random number serves four elements."""
    count = 1
    for size in shape:
        count *= size
    words = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
    dropped = round(rate * WORDS)
    return (words[:count] >= dropped - WORDS // 2).view(shape), WORDS / (WORDS - dropped)
