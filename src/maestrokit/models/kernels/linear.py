"""Linear layers that multiply in bfloat16 on processors while all else stays in float32.

Under ``torch.autocast("cpu", torch.bfloat16)`` the matrices of a product are rounded to bfloat16, summed in float32,
and the result is float32 again, so that norms, gates and sums lose nothing. Processors with AVX512_BF16 or AMX multiply
at least twice as fast this way.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.kernels.switch import uses_bfloat16


class Bfloat16Product(Function):
    """``x @ weight.T``, and its gradients, of matrices rounded to bfloat16; the result is of type `dtype`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, dtype: torch.dtype) -> Tensor:
        x_bfloat16, weight_bfloat16 = x.flatten(0, -2).bfloat16(), weight.bfloat16()
        ctx.save_for_backward(x_bfloat16, weight_bfloat16)
        ctx.dtype = x.dtype
        return (x_bfloat16 @ weight_bfloat16.T).to(dtype).view(*x.shape[:-1], len(weight))

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor | None, Tensor, None]:
        x_bfloat16, weight = ctx.saved_tensors
        grad_bfloat16 = grad_output.flatten(0, -2).bfloat16()
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = (grad_bfloat16 @ weight).to(ctx.dtype).view(*grad_output.shape[:-1], -1)
        return grad_x, (grad_bfloat16.T @ x_bfloat16).float(), None


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return ``x @ weight.T + bias``, multiplied in bfloat16 under autocast on a processor."""
    if not uses_bfloat16(x):
        return F.linear(x, weight, bias)
    out: Tensor = Bfloat16Product.apply(x, weight, x.dtype)  # type: ignore[no-untyped-call]
    return out if bias is None else out + bias


class Linear(nn.Linear):
    """A linear layer by :func:`linear`."""

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


class EndLinear(Linear):
    """A linear layer at the input or output of a model, whose weights Muon leaves to AdamW."""
