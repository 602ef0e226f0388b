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
from maestrokit.models.contract import Batch, Carry, Descend, EventModel, Scores, TrainedModel, event_scores

TASKS = ("events",)
MOST_LAYERS = 32


@dataclass(frozen=True)
class Config:
    """Sizes of an LSTM."""

    vocabulary: Annotated[int, Within(1, 65536)] = 390
    """Number of tokens."""
    width: Annotated[int, Within(1, 65536)] = 512
    """Of the embedding, which is also the output, and of each layer."""
    layers: Annotated[int, Within(1, MOST_LAYERS)] = 2
    """One above the other."""
    dropout: Annotated[float, Within(0, 1, below=True)] = 0.2
    """Between layers, and before the first and after the last."""
    encoding: str = "events"
    """``events``, or ``notes``: one position a note."""
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """Of notes."""

    def __post_init__(self) -> None:
        check_fields(self)


class Body(TrainedModel):
    """LSTM layers, from vectors of positions to vectors that know all before."""

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

    def through(self, x: Tensor, state: Any = None, *, onset: Tensor | None = None) -> tuple[Tensor, Any]:
        """Return outputs of vectors, both (batch, time, width), and the state, two of (layers, batch, width)."""
        x, state = self.recurrent(self.dropout(x), state)
        return self.dropout(x), state

    def initial_state(self, batch: int, *, length: int) -> tuple[Tensor, Tensor]:
        """Return zeros, whatever the length."""
        zeros = next(self.parameters()).new_zeros(self.config.layers, batch, self.config.width)
        return zeros, zeros.clone()


class Model(Body, EventModel):
    """Embedding, LSTM layers, and the embedding again as output."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.output_bias = nn.Parameter(torch.zeros(config.vocabulary))
        nn.init.normal_(self.embedding.weight, std=config.width**-0.5)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Return logits, (batch, time, vocabulary), and the state."""
        x, state = self.through(self.embedding(tokens) * self.config.width**0.5, state)
        return F.linear(x, self.embedding.weight, self.output_bias), state

    def step(self, batch: Batch, carry: Carry, backward_and_step: Descend) -> tuple[dict[str, float], Carry]:
        """Learn ``batch["target"]`` from ``batch["tokens"]``, both (batch, time), going on where `carry` left off."""
        logits, carry = self._continued(batch, carry)
        loss = F.cross_entropy(logits.flatten(0, 1), batch["target"].flatten())
        backward_and_step("model", loss)
        return {"loss": loss.item()}, {name: part.detach() for name, part in carry.items()}

    def score(self, batch: Batch, carry: Carry) -> tuple[Scores, Carry]:
        """Return nats and hits over all tokens of the batch."""
        logits, carry = self._continued(batch, carry)
        return event_scores(logits, batch["target"]), carry

    def _continued(self, batch: Batch, carry: Carry) -> tuple[Tensor, Carry]:
        rows = batch["tokens"].shape[0]
        fits = bool(carry) and carry["hidden"].shape[1] == rows
        logits, (hidden, cell) = self(batch["tokens"], (carry["hidden"], carry["cell"]) if fits else None)
        return logits, {"hidden": hidden, "cell": cell}


def new_model(config: Config) -> TrainedModel:
    """Return a new model for the encoding that a configuration names."""
    return NoteModel(Body(config), config) if config.encoding == "notes" else Model(config)
