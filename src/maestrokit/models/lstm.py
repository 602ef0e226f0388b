"""Stacked LSTM of events, trained by truncated backpropagation through time.

References
----------
.. [1] S. Hochreiter, J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997.
.. [2] O. Press, L. Wolf, "Using the Output Embedding to Improve Language Models", EACL 2017 (tied output).
.. [3] R. Jozefowicz, W. Zaremba, I. Sutskever, "An Empirical Exploration of Recurrent Network Architectures", ICML
   2015 (the forget gate starts open).
.. [4] Y. Wu et al., "Google's Neural Machine Translation System", 2016 (residual connections between LSTM layers).
"""

from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.models.contract import (
    BackwardAndStep,
    EventModel,
    RecurrentState,
    SumsAndCounts,
    TensorBatch,
    TrainedModel,
    event_scores,
)
from maestrokit.models.kernels.linear import Linear
from maestrokit.models.kernels.numpy_step import LstmBodyStep, LstmStep, Step
from maestrokit.models.sequences.notes import NoteModel

TASKS = ("events", "performance")
MOST_LAYERS = 32


@dataclass(frozen=True)
class Config:
    """Sizes of an LSTM."""

    vocabulary: Annotated[int, Within(1, 65536)] = 390
    """Number of tokens."""
    width: Annotated[int, Within(1, 65536)] = 512
    """Width of the embedding, which is also the output, and of each layer."""
    layers: Annotated[int, Within(1, MOST_LAYERS)] = 2
    """Number of layers."""
    dropout: Annotated[float, Within(0, 1, below=True)] = 0.2
    """Dropout before the layers and of the output of each."""
    encoding: str = "events"
    """``events``, ``notes``: one position a note, or ``performance``: one position a note of a score."""
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """Velocity bins of notes."""
    conditions: str = ""
    """Conditions of a model of notes, separated by commas."""
    infill: bool = False
    """Whether a model of notes can fill gaps."""

    def __post_init__(self) -> None:
        check_fields(self)


class LstmLayer(nn.Module):
    """An LSTM whose output is added to its input [4], which it sees normalised."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width = config.width
        self.norm = nn.RMSNorm(width)
        self.recurrent = nn.LSTM(width, width, batch_first=True)
        self.output = Linear(width, width, bias=False)
        self.dropout = nn.Dropout(config.dropout)
        nn.init.zeros_(self.output.weight)
        for name, weight in self.recurrent.named_parameters():
            if name.startswith("bias"):
                nn.init.zeros_(weight)
            if name.startswith("bias_ih"):
                nn.init.ones_(weight[width : 2 * width])  # the forget gate

    def forward(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Return the output, (batch, time, width), given an input of that shape, and the state after it."""
        y, state = self.recurrent(self.norm(x), state)
        return x + self.dropout(self.output(y)), state


class LstmBody(TrainedModel):
    """LSTM layers, from one vector per position to one that depends on all positions up to it."""

    supports_cpu_autocast = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(LstmLayer(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)

    def hidden_states(self, x: Tensor, state: Any = None, *, onset: Tensor | None = None) -> tuple[Tensor, Any]:
        """Return hidden states, (batch, time, width), given vectors, and the state, two of (layers, batch, width)."""
        x, after = self.dropout(x), []
        for index, layer in enumerate(self.layers):
            before = None if state is None else tuple(part[index : index + 1].contiguous() for part in state)
            x, state_of_layer = layer(x, before)
            after.append(state_of_layer)
        return self.norm(x), tuple(torch.cat(parts) for parts in zip(*after, strict=True))

    def initial_state(self, batch: int, *, length: int, pinned: int = 0) -> tuple[Tensor, Tensor]:
        """Return zeros, whatever the length."""
        zeros = next(self.parameters()).new_zeros(self.config.layers, batch, self.config.width)
        return zeros, zeros.clone()

    def selected(self, state: tuple[Tensor, Tensor], rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return the state of some rows."""
        return state[0][:, rows], state[1][:, rows]

    def layer_stepper(self, state: Any) -> Step:
        """Return steps of the layers from a state on, in numpy."""
        return LstmBodyStep(self, state)


class Model(LstmBody, EventModel):
    """Embedding, LSTM layers, and the embedding again as output."""

    carries_state = True

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary))
        nn.init.normal_(self.embedding.weight, std=config.width**-0.5)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Return logits, (batch, time, vocabulary), and the state."""
        x, state = self.hidden_states(self.embedding(tokens) * self.config.width**0.5, state)
        return F.linear(x, self.embedding.weight, self.output_bias), state

    def stepper(self, state: Any) -> Step:
        """Return steps of the model from a state on, in numpy."""
        return LstmStep(self, state)

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on ``batch["target"]`` given ``batch["tokens"]``, both (batch, time), from `state` on."""
        logits, state = self._continued(batch, state)
        loss = F.cross_entropy(logits.flatten(0, 1), batch["target"].flatten())
        backward_and_step("model", loss)
        return {"loss": loss.item()}, {name: part.detach() for name, part in state.items()}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return nats and hits over all tokens of the batch."""
        logits, state = self._continued(batch, state)
        return event_scores(logits, batch["target"]), state

    def _continued(self, batch: TensorBatch, state: RecurrentState) -> tuple[Tensor, RecurrentState]:
        rows = batch["tokens"].shape[0]
        fits = bool(state) and state["hidden"].shape[1] == rows
        logits, (hidden, cell) = self(batch["tokens"], (state["hidden"], state["cell"]) if fits else None)
        return logits, {"hidden": hidden, "cell": cell}


def new_model(config: Config) -> TrainedModel:
    """Return a new model for the encoding that a configuration names."""
    if config.encoding == "performance":
        from maestrokit.models.sequences.performance import PerformanceModel  # which other encodings do not need

        return PerformanceModel(LstmBody(config), config)
    return NoteModel(LstmBody(config), config) if config.encoding == "notes" else Model(config)
