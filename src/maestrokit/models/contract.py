"""The interface of a model family, so that one training loop serves all of them.

A family is a file of this package with ``Config`` (a frozen dataclass of numbers, strings and booleans), ``Model`` (a
:class:`TrainedModel` made from it) and ``TASKS`` (the names of what it can be trained for, the default first). The
model owns its networks, its losses and the order of its steps; the loop owns learning rates, clipping, accumulation,
averages, logs, checkpoints and signals. A family that has another network for some task names, in ``NETWORKS``, the
module in a folder beside it that has ``Config``, ``Model`` and ``TASKS`` for it; one that has another for each needs
none of its own.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)
from torch.overrides import TorchFunctionMode

from maestrokit import registry
from maestrokit.errors import BadDataError, UsageError, choices_hint
from maestrokit.models import families

if TYPE_CHECKING:
    from maestrokit.models.kernels.numpy_step import Step

TensorBatch = Mapping[str, Tensor]
RecurrentState = dict[str, Tensor]
"""State passed from one batch to the next, such as that of a recurrent network; empty where there is none.

The second axis of each tensor counts the rows of the batch, so that processes can share them.
"""

SumsAndCounts = dict[str, tuple[float, float]]
"""Sums and counts by name, so that the means over many batches are exact: ``{"loss": (sum of nats, tokens)}``."""

BackwardAndStep = Callable[[str, Tensor], None]
"""``backward_and_step(group, loss)``: a step of one group of parameters, and only those, down its loss's gradient."""


class TrainedModel(nn.Module):
    """A model with its losses and the order of its training steps."""

    supports_cpu_autocast = False
    """Whether training under autocast to bfloat16 is safe, and faster, on processors too."""
    needs_end = False
    """Whether what a step learns depends on how much of the training is done, so that this must have an end."""
    done = 0.0
    """The share of the training that is done, 0..1; the loop sets it before each step."""

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the parameters that step together, by name; most models have one group, a GAN has two."""
        return {"model": list(self.parameters())}

    def group_rates(self) -> dict[str, float]:
        """Return by what the learning rate is multiplied for groups of parameters, by name; 1 of those left out."""
        return {}

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on one batch, with `backward_and_step` for each group; return what is logged, and the next state."""
        raise NotImplementedError

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return the scores of one batch, without training on it; ``loss`` is among them."""
        raise NotImplementedError

    def note(self, scores: Mapping[str, float]) -> str:
        """Return a sentence on what the scores of a validation show to have gone wrong; empty if nothing has."""
        return ""

    def inherited(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of a model of other sizes, adapted to this one where possible, otherwise unchanged."""
        return dict(weights)


class EventModel(TrainedModel):
    """A model of sequences of events that predicts the next one from all before.

    ``forward(tokens, state)`` takes tokens of shape (batch, time) and the state after all tokens before them (None at
    the start), and returns logits of shape (batch, time, vocabulary) and the state after.
    """

    predicts_notes = False
    carries_state = False
    """Whether training passes a recurrent state from batch to batch, each row continuing that of the batch before."""

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        raise NotImplementedError

    def initial_state(self, batch: int, *, length: int) -> Any:
        """Return the state before any token, with room for `length` of them, for stepwise generation."""
        raise NotImplementedError

    def stepper(self, state: Any) -> "Step":
        """Return what generates from a state on, one event per call; it may overwrite the state."""
        from maestrokit.models.kernels.numpy_step import TorchStep

        return TorchStep(self, state)

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on ``batch["target"]`` given ``batch["tokens"]``, both (batch, time), without a recurrent state."""
        logits, _ = self(batch["tokens"])
        loss = F.cross_entropy(logits.flatten(0, 1), batch["target"].flatten())
        backward_and_step("model", loss)
        return {"loss": loss.item()}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return nats and hits over all tokens of the batch."""
        logits, _ = self(batch["tokens"])
        return event_scores(logits, batch["target"]), {}


def event_scores(logits: Tensor, target: Tensor) -> SumsAndCounts:
    """Return the sums of nats and of hits over all events, with their count."""
    flat, count = logits.flatten(0, 1).float(), float(target.numel())
    nats = F.cross_entropy(flat, target.flatten(), reduction="sum").item()
    hits = (flat.argmax(-1) == target.flatten()).sum().item()
    return {"loss": (nats, count), "accuracy": (float(hits), count)}


C = TypeVar("C")


def config_from(kind: type[C], values: Mapping[str, Any], *, name: str) -> C:
    """Return a family's ``Config`` from the values of a ``config.json``.

    Raises
    ------
    BadDataError
        If a value is missing or unknown, or not of the type that the field has.
    """
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    types = get_type_hints(kind)
    for key, value in values.items():
        if key not in known:
            raise BadDataError(
                f"cannot use '{name}': its model has an unknown setting '{key}'",
                "it may come from a newer version of maestrokit",
                path=name,
            )
        if type(value) not in ((int, float) if types[key] is float else (types[key],)):
            raise BadDataError(f"cannot use '{name}': setting '{key}' of its model is {value!r}", path=name)
    absent = [f.name for f in known.values() if f.name not in values and f.default is MISSING]
    if absent:
        raise BadDataError(f"cannot use '{name}': its model lacks the setting '{absent[0]}'", path=name)
    try:
        return kind(**values)
    except UsageError as error:
        raise BadDataError(f"cannot use '{name}': {error}", path=name) from None


def settings_of(config: Any) -> dict[str, Any]:
    """Return a ``Config`` as the values for a ``config.json``."""
    return asdict(config)


def family(name: str) -> Any:
    """Return the module of a family.

    Raises
    ------
    BadDataError
        If there is none of that name.
    """
    if name not in families():
        raise BadDataError(f"no model family '{name}'", choices_hint(name, families()))
    return registry.load("maestrokit.models", name)


def network(module: Any, task: str) -> Any:
    """Return the module of the network with which a family does a task: the family's own, or one that it names."""
    name = getattr(module, "NETWORKS", {}).get(task or module.TASKS[0])
    return module if name is None else importlib.import_module(f"maestrokit.models.{name}")


def new_model(module: Any, config: Any) -> TrainedModel:
    """Return a new model of a family: its ``Model``, or what its own ``new_model`` chooses."""
    model: TrainedModel = getattr(module, "new_model", module.Model)(config)
    return model


class Unfilled(TorchFunctionMode):
    """Context in which models are built without random weights, to load others or to read their shapes only.

    Random numbers take time, and on the meta device seconds, since torch then loads its compiler first.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def built(
    name: str, settings: Mapping[str, Any], state: Mapping[str, Tensor], *, origin: str, task: str = ""
) -> TrainedModel:
    """Return a model with given weights, checked before any memory is taken for it.

    Parameters
    ----------
    name : str
        Of the family.
    settings : mapping
        For its ``Config``.
    state : mapping of tensors
        The weights; cast to float32.
    origin : str
        How messages call the checkpoint.
    task : str
        What the model does. Default is the first task of the family.

    Raises
    ------
    BadDataError
        If the weights are not those that the settings ask for.
    """
    module = network(family(name), task)
    config = config_from(module.Config, settings, name=origin)
    with torch.device("meta"), Unfilled():
        expected = {key: value.shape for key, value in new_model(module, config).state_dict().items()}
    for key, shape in expected.items():
        if key not in state:
            raise BadDataError(f"cannot use '{origin}': the weight '{key}' is missing", path=origin)
        if state[key].shape != shape:
            raise BadDataError(
                f"cannot use '{origin}': the weight '{key}' has shape {tuple(state[key].shape)}, "
                f"its settings ask for {tuple(shape)}",
                path=origin,
            )
    extra = sorted(set(state) - set(expected))
    if extra:
        raise BadDataError(f"cannot use '{origin}': the weight '{extra[0]}' belongs to another model", path=origin)
    with Unfilled():
        model = new_model(module, config)
    model.load_state_dict({key: value.to(torch.float32) for key, value in state.items()})
    return model
