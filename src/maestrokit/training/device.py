"""The device of a training, and the processes that share it.

Processes started by ``torchrun`` each take an equal share of the rows of every batch and average their gradients, so
that together they do what one process would do with the whole batch.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn

from maestrokit.errors import UsageError
from maestrokit.inference.device import find_device
from maestrokit.models.contract import RecurrentState

PARTING = timedelta(seconds=10)  # that processes wait for one another at the end
PATIENCE = timedelta(hours=3)  # of processes for one another: the first prepares the data of all


@dataclass(frozen=True)
class DistributedContext:
    """A device, and which of how many processes this is."""

    device: torch.device
    rank: int = 0
    processes: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes files and messages."""
        return self.rank == 0

    def share(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return this process's rows of a batch, on its device; UsageError if they cannot be shared equally."""
        rows = {len(tensor) for tensor in batch.values()}
        if any(count % self.processes for count in rows):
            fact = f"a batch of {max(rows)} cannot be shared by {self.processes} processes"
            raise UsageError(fact, "choose `batch` as a multiple of them")
        return {name: part.chunk(self.processes)[self.rank].to(self.device) for name, part in batch.items()}

    def all_reduce_mean(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace the gradients by their means over all processes."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        if self.processes == 1 or not gradients:
            return
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.processes
        means = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view_as(gradient))

    def broadcast(self, value: float) -> float:
        """Return the first process's value in all of them."""
        if self.processes == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, 0)
        return float(shared.item())

    def mean(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return the means of values over all processes."""
        if self.processes == 1:
            return dict(values)
        shared = torch.tensor(list(values.values()), dtype=torch.float64, device=self.device)
        distributed.all_reduce(shared)
        return dict(zip(values, (shared / self.processes).tolist(), strict=True))

    def gather_rows(self, recurrent_state: RecurrentState) -> RecurrentState:
        """Return the recurrent state of all processes, as one process with all rows would have it."""
        if self.processes == 1:
            return recurrent_state
        gathered = {}
        for name, own in recurrent_state.items():
            parts = [torch.empty_like(own, memory_format=torch.contiguous_format) for _ in range(self.processes)]
            distributed.all_gather(parts, own.contiguous())
            gathered[name] = torch.cat(parts, dim=1)
        return gathered

    def own_rows(self, recurrent_state: RecurrentState) -> RecurrentState:
        """Return this process's rows of the result of :meth:`gather_rows`, on its device."""
        own = {name: part.chunk(self.processes, dim=1)[self.rank] for name, part in recurrent_state.items()}
        return {name: part.contiguous().to(self.device) for name, part in own.items()}

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """Run the block in the first process before the others."""
        if self.processes > 1 and not self.is_first:
            distributed.barrier()
        yield
        if self.processes > 1 and self.is_first:
            distributed.barrier()

    def leave(self) -> None:
        """Leave the process group, at the end, together with the others if they come soon.

        Where one was gone already, threads of another's gloo have been seen to abort it.
        """
        if self.processes > 1:
            if distributed.get_backend() == "gloo":
                with suppress(RuntimeError):
                    distributed.monitored_barrier(timeout=PARTING)
            distributed.destroy_process_group()


def has_fast_bfloat16() -> bool:
    """Return whether the processor multiplies matrices of bfloat16 in hardware, at least twice as quickly."""
    read = getattr(torch.cpu, "get_capabilities", dict)  # newer than the oldest torch that is supported
    capabilities: Mapping[str, bool] = read()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def find_context(name: str = "auto") -> DistributedContext:
    """Return where to train: ``cpu``, ``cuda``, ``cuda:1`` .., or ``auto``, a GPU if there is one.

    Under ``torchrun`` it joins the other processes: by NCCL with GPUs, else by gloo.
    """
    device = find_device(name)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return DistributedContext(device)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    return DistributedContext(device, distributed.get_rank(), distributed.get_world_size())
