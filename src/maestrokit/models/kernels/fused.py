"""Parts of networks whose gradients are written out, for processors: torch alone would pass over memory many times.

Each function here equals the few lines of torch that its first sentence says, up to rounding, and is tested against
them. On processors a step of a small network spends as much on such lines as on its matrices, since every operator
reads and writes all of its tensors; here a gradient takes as few passes as it needs, and those that take many are done
piece by piece, so that a piece stays in the processor's cache.

References
----------
T. Dao et al., "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness", NeurIPS 2022 (the idea).
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F  # noqa: N812  (as everywhere)

WORDS = 1 << 16  # dropout draws 16 bits an element, so shares are multiples of 1 / WORDS


def is_for(x: Tensor) -> bool:
    """Return whether these functions are for a tensor: on a processor, in full precision."""
    return x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64)


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
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor, Tensor, None]:
        normal, scale, weight = ctx.saved_tensors
        product = given * normal
        axes = tuple(range(given.dim() - weight.dim()))
        to_weight = product.sum(axes)
        along = torch.mv(product.flatten(0, -2), weight).view(scale.shape)
        given = given * weight
        return given.addcmul_(normal, along.div_(-normal.shape[-1])).mul_(scale), to_weight, None


class Neighbourly(Function):
    """``x`` and the sum of what lies up to ``len(weight) - 1`` places before, and of itself, each times its weight.

    Shape
    -----
    x : (batch, time, width); weight : (places, width), the last row for the present; before the start are zeros.
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
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        taps, time = len(weight), x.shape[1]
        to_x, to_weight = given * (weight[-1] + 1), torch.zeros_like(weight)
        to_weight[-1] = (given * x).sum((0, 1))
        for lag in range(1, min(taps, time)):
            row = taps - 1 - lag
            to_x[:, : time - lag].addcmul_(given[:, lag:], weight[row])
            to_weight[row] = (given[:, lag:] * x[:, : time - lag]).sum((0, 1))
        return to_x, to_weight


class Gated(Function):
    """``silu(gate) * value`` of the two halves of the last axis."""

    @staticmethod
    def forward(ctx: Any, both: Tensor) -> Tensor:
        ctx.save_for_backward(both)
        gate, value = both.chunk(2, dim=-1)
        return F.silu(gate).mul_(value)

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> Tensor:
        (both,) = ctx.saved_tensors
        gate, value = both.chunk(2, dim=-1)
        sigmoid = torch.sigmoid(gate)
        silu, result = gate * sigmoid, torch.empty_like(both)
        to_gate, to_value = result.chunk(2, dim=-1)
        torch.mul(given, silu, out=to_value)
        # the derivative of silu is chance + silu * (1 - chance) = chance + silu - silu * chance
        torch.mul(given * value, torch.addcmul(sigmoid + silu, silu, sigmoid, value=-1), out=to_gate)
        return result


class Rotated(Function):
    """The two halves of the last axis, turned by angles that grow with the position; halves are paired."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        ctx.save_for_backward(cosine, sine)
        return _turned(x, cosine, sine, 1)

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor, None, None]:
        cosine, sine = ctx.saved_tensors
        return _turned(given, cosine, sine, -1), None, None


def _turned(x: Tensor, cosine: Tensor, sine: Tensor, way: int) -> Tensor:
    half, out = x.shape[-1] // 2, torch.empty(x.shape, dtype=x.dtype)
    first, second = x[..., :half], x[..., half:]
    torch.mul(first, cosine, out=out[..., :half]).addcmul_(second, sine, value=-way)
    torch.mul(second, cosine, out=out[..., half:]).addcmul_(first, sine, value=way)
    return out


class Dropped(Function):
    """``x`` with a share of elements zero, and the others raised so that the mean stays."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, share: float) -> Tensor:
        mask, ctx.scale = dropout_mask(x.shape, share)
        ctx.save_for_backward(mask)
        return (x * mask).mul_(ctx.scale)

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor, None]:
        return (given * ctx.saved_tensors[0]).mul_(ctx.scale), None


def dropout_mask(shape: torch.Size | tuple[int, ...], share: float) -> tuple[Tensor, float]:
    """Return which elements dropout keeps, and what raises them; four elements for each random number."""
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
    return Dropped.apply(x, share) if is_for(x) else F.dropout(x, share)  # type: ignore[no-untyped-call]
