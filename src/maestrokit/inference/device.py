"""The device that a network runs on."""

import ctypes
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from maestrokit.errors import UsageError, choices_hint

if TYPE_CHECKING:  # so that names are completed at once
    import torch
    from torch import Tensor, nn

DEVICES = ("auto", "cpu", "cuda")
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # parameters of glibc's mallopt


def find_device(name: str) -> "torch.device":
    """Return the device ``cpu``, ``cuda``, ``cuda:1`` .., or for ``auto`` a GPU if there is one.

    Raises
    ------
    UsageError
        If there is no such device.
    """
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UsageError(f"no device '{name}'", choices_hint(name, DEVICES), parameter="device") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise UsageError(f"no device '{name}': this torch sees no GPU", "choose the device cpu", parameter="device")
    return device


def reuse_freed_memory() -> None:
    """Let this process reuse the memory that it frees, which else goes back to the system, by glibc's ``mallopt``.

    glibc returns arrays of some 32 MB and more when they are freed, and the system clears each page again before its
    next use, which takes time. Elsewhere nothing changes.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)


def device_of(model: "nn.Module") -> "torch.device":
    """Return the device that a model is on; one without weights is on the processor."""
    import torch

    return next((weight.device for weight in model.parameters()), torch.device("cpu"))


def moved(batch: "Mapping[str, Tensor]", model: "nn.Module") -> "dict[str, Tensor]":
    """Return a batch on the device of a model."""
    device = device_of(model)
    return {name: part.to(device) for name, part in batch.items()}
