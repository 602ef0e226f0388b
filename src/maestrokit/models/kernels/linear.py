"""Linear layers that multiply in bfloat16 on processors while all else stays in float32.

Under ``torch.autocast("cpu", torch.bfloat16)`` the matrices of a product are rounded to bfloat16, summed in float32,
and the result is float32 again, so that norms, gates and sums lose nothing. Processors with AVX512_BF16 or AMX multiply
at least twice as fast this way.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from maestrokit.models.kernels import fused as _fused


def uses_bfloat16(x: Tensor) -> bool:
    """Return whether the functions here multiply a tensor in bfloat16."""
    return _fused.applies_to(x) and torch.is_autocast_enabled("cpu")


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


class Linear(nn.Linear):
    """A linear layer that multiplies in bfloat16 under autocast on a processor."""

    def forward(self, x: Tensor) -> Tensor:
        if not uses_bfloat16(x):
            return super().forward(x)
        out: Tensor = Bfloat16Product.apply(x, self.weight, x.dtype)  # type: ignore[no-untyped-call]
        return out if self.bias is None else out + self.bias


class EndLinear(Linear):
    """A linear layer at the input or output of a model, whose weights Muon leaves to AdamW."""
