"""Optimizers for each group of parameters of a model, with accumulation, clipping, and exact saving; learning rates.

``adamw`` steps all weights by AdamW [1]. ``muon`` steps the matrices of hidden layers by Muon [2], kernels of
convolutions as matrices with a row for each channel that they make, those of an LSTM gate by gate, and the rest
(embeddings, inputs and outputs of the model, norms, biases) by AdamW.

The learning rate rises in a line, then falls along a cosine [3], or is constant with a fall at the end [4].

References
----------
.. [1] I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
.. [2] K. Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; the scale of its steps after
   J. Liu et al., "Muon is Scalable for LLM Training", 2025.
.. [3] I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017.
.. [4] A. Haegele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", NeurIPS 2024.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

from maestrokit.models.contract import TrainedModel
from maestrokit.models.kernels.linear import EndLinear
from maestrokit.training.device import DistributedContext
from maestrokit.training.settings import TrainingSettings

GATES = 4  # of an LSTM, whose matrices lie one below the other


class Optimizers:
    """The optimizers of all groups of parameters; matrices decay, vectors (norms and biases) do not."""

    def __init__(self, model: TrainedModel, settings: TrainingSettings, context: DistributedContext) -> None:
        self.settings, self.context = settings, context
        groups = model.parameter_groups().items()
        self.parameter_groups = {name: [p for p in group if p.requires_grad] for name, group in groups}
        hidden = _hidden_matrices(model) if settings.optimizer == "muon" else {}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}
        for name, parameters in self.parameter_groups.items():
            rest = [p for p in parameters if id(p) not in hidden]
            if rest:
                self.optimizers[f"{name}.adamw"] = _adamw(rest, settings)
            if len(rest) < len(parameters):
                stacked = [(p, hidden[id(p)]) for p in parameters if id(p) in hidden]
                self.optimizers[f"{name}.muon"] = Muon(stacked, settings)
        self.is_last_part, self._rates = True, model.group_rates()

    def begin(self, rate: float) -> None:
        """Set the learning rate of the next step."""
        for name, optimizer in self.optimizers.items():
            scale = self._rates.get(name.rpartition(".")[0], 1.0)
            scale *= self.settings.muon_rate if isinstance(optimizer, Muon) else 1.0
            for group in optimizer.param_groups:
                group["lr"] = rate * scale

    def backward_and_step(self, group_name: str, loss: Tensor) -> None:
        """Add the gradient of a loss to one group of parameters; in the last part of a step, update them."""
        parameters = self.parameter_groups[group_name]
        if not parameters:  # all of them keep their weights
            return
        torch.autograd.backward(loss / self.settings.accumulate, inputs=parameters)
        if not self.is_last_part:
            return
        self.context.all_reduce_mean(parameters)
        if self.settings.max_grad_norm:
            nn.utils.clip_grad_norm_(parameters, self.settings.max_grad_norm)
        for name, optimizer in self.optimizers.items():
            if name.rpartition(".")[0] == group_name:
                optimizer.step()
        for parameter in parameters:
            parameter.grad = None

    def saved(self) -> dict[str, Tensor]:
        """Return the state of all optimizers as tensors by name."""
        return {
            f"{owner}.{index}.{name}": value
            for owner, optimizer in self.optimizers.items()
            for index, state in optimizer.state_dict()["state"].items()
            for name, value in state.items()
        }

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Set the state of all optimizers to what :meth:`saved` returned."""
        for owner, optimizer in self.optimizers.items():
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in tensors.items():
                named, index, name = key.rsplit(".", 2)
                if named == owner:
                    state.setdefault(int(index), {})[name] = value
            optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
            for parameter, own in optimizer.state.items():
                for name, value in own.items():
                    if not value.ndim:
                        continue
                    if value.shape != parameter.shape:
                        raise RuntimeError(f"'{name}' of the optimizer has another shape than its weight")
                    own[name] = torch.empty_like(parameter).copy_(value)  # the fused step wants both alike in memory


class Muon(torch.optim.Optimizer):
    """Momentum whose every step is replaced by the nearest semi-orthogonal matrix [2].

    Steps are scaled to the size of those of AdamW, so that one learning rate suits both. With each parameter comes how
    many matrices it holds, one below the other.
    """

    def __init__(self, stacked: Iterable[tuple[nn.Parameter, int]], settings: TrainingSettings) -> None:
        groups = [{"params": [parameter], "matrices": count} for parameter, count in stacked]
        super().__init__(groups, {"lr": settings.learning_rate, "decay": settings.weight_decay, "momentum": 0.95})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Step all matrices that have a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(state["momentum"], group["momentum"]).flatten(1)  # Nesterov
                parameter.mul_(1 - group["lr"] * group["decay"])
                for part, matrix in zip(
                    parameter.chunk(group["matrices"]), ahead.chunk(group["matrices"]), strict=True
                ):
                    size = 0.2 * max(matrix.shape) ** 0.5
                    part.add_(orthogonalized(matrix).view_as(part), alpha=-group["lr"] * size)


def orthogonalized(matrix: Tensor) -> Tensor:
    """Return nearly U V' of a matrix U S V', by the quintic Newton-Schulz iteration of [2].

    In float32, or in the precision of autocast, which does no harm.
    """
    x = matrix.float() / (matrix.float().norm() + 1e-7)
    is_tall = x.shape[0] > x.shape[1]
    x = x.T if is_tall else x
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    turned: Tensor = x.T if is_tall else x
    return turned.to(matrix.dtype)


def _hidden_matrices(model: nn.Module) -> dict[int, int]:
    """Return the identities of the weights of linear layers, convolutions and LSTMs, but for those at the model's ends.

    With each comes how many matrices lie in it.
    """
    hidden = {}
    for name, part in model.named_modules():
        if isinstance(part, nn.Linear | nn.Conv1d | nn.Conv2d) and "." in name and not isinstance(part, EndLinear):
            hidden[id(part.weight)] = 1
        elif isinstance(part, nn.LSTM):
            hidden |= {id(weight): GATES for weight in part.parameters() if weight.dim() == 2}
    return {id(p): hidden[id(p)] for p in model.parameters() if id(p) in hidden and len(p) > 1}


def _adamw(parameters: list[nn.Parameter], settings: TrainingSettings) -> torch.optim.AdamW:
    matrices, vectors = [p for p in parameters if p.dim() > 1], [p for p in parameters if p.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(
        [g for g in groups if g["params"]],
        lr=settings.learning_rate,
        betas=(settings.adam_beta1, settings.adam_beta2),
        fused=True,
    )


def learning_rate(settings: TrainingSettings, *, step: int, seconds: float) -> float:
    """Return the rate for the step that begins.

    The rise takes ``warmup_steps``, but at most a tenth of all steps. The fall follows the share of what is done:
    of the steps if they are limited, else of the time. With neither limit the rate stays at its
    peak. A time limit makes rates depend on the speed of the machine; for runs that can be repeated exactly, limit the
    steps.

    >>> learning_rate(TrainingSettings(steps=100, warmup_steps=0, learning_rate=1.0), step=50, seconds=0.0)
    0.5
    >>> half = TrainingSettings(steps=100, warmup_steps=0, learning_rate=1.0, cooldown=0.5)
    >>> [learning_rate(half, step=step, seconds=0.0) for step in (0, 50, 75, 100)]
    [1.0, 1.0, 0.5, 0.0]
    """
    longest = settings.warmup_steps if settings.steps is None else min(settings.warmup_steps, settings.steps // 10)
    rise = min(1.0, (step + 1) / max(longest, 1))
    done = share_done(settings, step=step, seconds=seconds)
    line, cosine = (1 - done) / max(settings.cooldown, 1e-9), 0.5 * (1 + math.cos(math.pi * done))
    fall = min(1.0, line) if settings.cooldown else cosine
    return settings.learning_rate * rise * (settings.final_rate + (1 - settings.final_rate) * fall)


def share_done(settings: TrainingSettings, *, step: int, seconds: float) -> float:
    """Return how far training is, 0..1; 0 where nothing limits it."""
    if settings.steps is not None:
        return min(1.0, step / max(settings.steps, 1))
    if settings.time_limit is not None:
        return min(1.0, seconds / settings.time_limit)
    return 0.0
