"""The one switch between plain torch and the kernels of this folder.

A model is written as functions of plain torch. ``@replaced_by(kernel)`` above such a function names the kernel that
computes the same, up to rounding, wherever :func:`applies_to` holds; :func:`plain_torch` switches all kernels off.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Concatenate, ParamSpec

import torch
from torch import Tensor

P = ParamSpec("P")
Operator = Callable[Concatenate[Tensor, P], Tensor]

_is_enabled = ContextVar("is_enabled", default=True)


def applies_to(x: Tensor) -> bool:
    """Return whether the kernels are used for a tensor: on a processor, in full precision, unless switched off."""
    return _is_enabled.get() and x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64)


def uses_bfloat16(x: Tensor) -> bool:
    """Return whether the kernels multiply a tensor in bfloat16."""
    return applies_to(x) and torch.is_autocast_enabled("cpu")


@contextmanager
def plain_torch() -> Iterator[None]:
    """Switch the kernels off within the block, so that models run by the operators of torch alone."""
    token = _is_enabled.set(False)
    try:
        yield
    finally:
        _is_enabled.reset(token)


def replaced_by(kernel: Operator[P]) -> Callable[[Operator[P]], Operator[P]]:
    """Return a decorator of functions that `kernel` replaces where it applies to their first argument."""

    def decorate(plain: Operator[P]) -> Operator[P]:
        @wraps(plain)
        def function(x: Tensor, /, *args: P.args, **kwargs: P.kwargs) -> Tensor:
            return kernel(x, *args, **kwargs) if applies_to(x) else plain(x, *args, **kwargs)

        return function

    return decorate
