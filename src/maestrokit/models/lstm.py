"""Stacked LSTM of events, trained by truncated backpropagation through time.

References
----------
.. [1] S. Hochreiter, J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997.
.. [2] O. Press, L. Wolf, "Using the Output Embedding to Improve Language Models", EACL 2017 (tied output).
.. [3] R. Jozefowicz, W. Zaremba, I. Sutskever, "An Empirical Exploration of Recurrent Network Architectures", ICML
   2015 (the forget gate starts open).
"""

from dataclasses import dataclass
from typing import Annotated, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.models._notes import NoteModel
from maestrokit.models.contract import (
    BackwardAndStep,
    Batch,
    EventModel,
    RecurrentState,
    Scores,
    TrainedModel,
    event_scores,
)
from maestrokit.models.kernels.numpy_step import LstmBodyStep, LstmStep, Step

TASKS = ("events",)
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
    """Dropout before, between and after the layers."""
    encoding: str = "events"
    """``events``, or ``notes``: one position a note."""
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """Velocity bins of notes."""
    conditions: str = ""
    """Conditions of a model of notes, separated by commas."""
    infill: bool = False
    """Whether a model of notes can fill gaps."""

    def __post_init__(self) -> None:
        check_fields(self)


class LstmBody(TrainedModel):
    """LSTM layers, from one vector per position to one that depends on all positions up to it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.recurrent = nn.LSTM(
            config.width,
            config.width,
            config.layers,
            batch_first=True,
            dropout=config.dropout if config.layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(config.dropout)
        for name, weight in self.recurrent.named_parameters():
            if name.startswith("bias"):
                nn.init.zeros_(weight)
            if name.startswith("bias_ih"):
                nn.init.ones_(weight[config.width : 2 * config.width])  # the forget gate

    def hidden_states(self, x: Tensor, state: Any = None, *, onset: Tensor | None = None) -> tuple[Tensor, Any]:
        """Return hidden states, (batch, time, width), given vectors, and the state, two of (layers, batch, width)."""
        x, state = self.recurrent(self.dropout(x), state)
        return self.dropout(x), state

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
        x, state = self.token_states(tokens, state)
        return F.linear(x, self.embedding.weight, self.output_bias), state

    def token_states(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Return the states of the last layer, (batch, time, width), that the logits are made of, and the state."""
        return self.hidden_states(self.embedding(tokens) * self.config.width**0.5, state)

    def stepper(self, state: Any) -> Step:
        """Return steps of the model from a state on, in numpy."""
        return LstmStep(self, state)

    def step(
        self, batch: Batch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on ``batch["target"]`` given ``batch["tokens"]``, both (batch, time), from `state` on."""
        logits, state = self._continued(batch, state)
        loss = F.cross_entropy(logits.flatten(0, 1), batch["target"].flatten())
        backward_and_step("model", loss)
        return {"loss": loss.item()}, {name: part.detach() for name, part in state.items()}

    def score(self, batch: Batch, state: RecurrentState) -> tuple[Scores, RecurrentState]:
        """Return nats and hits over all tokens of the batch."""
        logits, state = self._continued(batch, state)
        return event_scores(logits, batch["target"]), state

    def _continued(self, batch: Batch, state: RecurrentState) -> tuple[Tensor, RecurrentState]:
        rows = batch["tokens"].shape[0]
        fits = bool(state) and state["hidden"].shape[1] == rows
        logits, (hidden, cell) = self(batch["tokens"], (state["hidden"], state["cell"]) if fits else None)
        return logits, {"hidden": hidden, "cell": cell}


def new_model(config: Config) -> TrainedModel:
    """Return a new model for the encoding that a configuration names."""
    return NoteModel(LstmBody(config), config) if config.encoding == "notes" else Model(config)
