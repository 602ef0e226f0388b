"""Linear layers that multiply in bfloat16 on processors while all else stays in float32.

Under ``torch.autocast("cpu", torch.bfloat16)`` the matrices of a product are rounded to bfloat16, summed in float32,
and the result is float32 again, so that norms, gates and sums lose nothing. Processors with AVX512_BF16 or AMX do it
at least twice as quickly.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from maestrokit.models.kernels import fused as _fused


def is_low(x: Tensor) -> bool:
    """Return whether products of a tensor are to be made in bfloat16 by the functions here."""
    return _fused.is_for(x) and torch.is_autocast_enabled("cpu")


class LowProduct(Function):
    """``x @ weight.T``, and its gradients, of matrices rounded to bfloat16; the result is of the kind asked for."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, kind: torch.dtype) -> Tensor:
        low, low_weight = x.flatten(0, -2).bfloat16(), weight.bfloat16()
        ctx.save_for_backward(low, low_weight)
        ctx.kind = x.dtype
        return (low @ low_weight.T).to(kind).view(*x.shape[:-1], len(weight))

    @staticmethod
    def backward(ctx: Any, given: Tensor) -> tuple[Tensor | None, Tensor, None]:
        low, weight = ctx.saved_tensors
        low_given = given.flatten(0, -2).bfloat16()
        to_x = (low_given @ weight).to(ctx.kind).view(*given.shape[:-1], -1) if ctx.needs_input_grad[0] else None
        return to_x, (low_given.T @ low).float(), None


class Linear(nn.Linear):
    """A linear layer as above."""

    def forward(self, x: Tensor) -> Tensor:
        if not is_low(x):
            return super().forward(x)
        out: Tensor = LowProduct.apply(x, self.weight, x.dtype)  # type: ignore[no-untyped-call]
        return out if self.bias is None else out + self.bias


class EndLinear(Linear):
    """One at an end of a model: Muon leaves its weights to AdamW."""
