"""Convolutional critic of notes: how likely a window of them was played by a person rather than made by a model.

A position is a note. The sum of a vector for each of its factors goes through residual convolutions over notes whose
dilations double, so that a few of them see a whole window; mean and maximum over all notes decide. There is no
normalisation, and the last layer begins at zero, as suits the discriminator of a GAN [1], which it is as well.
:mod:`maestrokit.analysis.critic` computes the same in numpy.

References
----------
.. [1] N. Huang et al., "The GAN is dead; long live the GAN! A Modern Baseline GAN", NeurIPS 2024.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.music.encodings.notes import DURATIONS, FACTORS, TIMES
from maestrokit.music.piano_range import KEYS

TASKS = ("critic",)
KERNEL = 5  # notes
SLOPE = 0.2  # of the activation below 0


@dataclass(frozen=True)
class Config:
    """Sizes of a critic."""

    channels: Annotated[int, Within(1, 65536)] = 80
    """Channels of each note between the convolutions."""
    depth: Annotated[int, Within(1, 16)] = 6
    """Number of residual convolutions; each reaches twice as far as the one before."""
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """Velocity bins of notes, decided by the data."""
    dropout: Annotated[float, Within(0, 1, below=True)] = 0.2
    """Dropout of whole channels after each convolution."""

    def __post_init__(self) -> None:
        check_fields(self)


class NoteCritic(nn.Module):
    """The network: notes in, a logit for each window out."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, sizes = config.channels, (TIMES, KEYS, config.velocity_bins, DURATIONS)
        self.tables = nn.ModuleDict(
            {name: nn.Embedding(size, width) for name, size in zip(FACTORS, sizes, strict=True)}
        )
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, KERNEL, dilation=2**index, padding=KERNEL // 2 * 2**index)
            for index in range(config.depth)
        )
        self.dropout = nn.Dropout1d(config.dropout)
        self.head = nn.Linear(2 * width, 1)
        for table in self.tables.values():
            nn.init.normal_(table.weight, std=0.5)  # type: ignore[arg-type]
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=(width * KERNEL * config.depth) ** -0.5)  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, notes: Mapping[str, Tensor]) -> Tensor:
        """Return the log-odds that a person played them, (batch,).

        Parameters
        ----------
        notes : mapping of tensors
            Of each factor its classes, (batch, notes), or weights of all classes that sum to 1, (batch, notes,
            classes), through which a generator can have a gradient.
        """
        return self.log_odds(self.vectors(notes))

    def vectors(self, notes: Mapping[str, Tensor]) -> Tensor:
        """Return the sum of the vectors of the factors of notes, (batch, notes, channels)."""
        parts = [_vectors(self.tables[name].weight, notes[name]) for name in FACTORS]  # type: ignore[arg-type]
        return torch.stack(parts).sum(dim=0)

    def log_odds(self, vectors: Tensor) -> Tensor:
        """Return the log-odds, (batch,), given vectors of notes, (batch, notes, channels)."""
        x = vectors.transpose(1, 2)  # (batch, channels, notes)
        for layer in self.layers:
            x = x + self.dropout(layer(F.leaky_relu(x, SLOPE)))
        x = F.leaky_relu(x, SLOPE)
        return self.head(torch.cat((x.mean(dim=-1), x.amax(dim=-1)), dim=1))[:, 0]  # type: ignore[no-any-return]


def _vectors(table: Tensor, classes: Tensor) -> Tensor:
    return classes @ table if classes.is_floating_point() else F.embedding(classes, table)


class Model(TrainedModel):
    """A critic that learns from windows of both kinds."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.critic = NoteCritic(config)

    def forward(self, batch: TensorBatch) -> Tensor:
        """Return the log-odds that a person played each window, (batch,)."""
        return self.critic(batch)  # type: ignore[no-any-return]

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on windows of which ``batch["is_real"]``, (batch,), says whether people played them."""
        logits = self(batch).float()
        loss = F.binary_cross_entropy_with_logits(logits, batch["is_real"].float())
        backward_and_step("model", loss)
        accuracy = ((logits > 0) == batch["is_real"]).float().mean()
        return {"loss": loss.item(), "accuracy": accuracy.item()}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return nats and accuracy, of all windows, of people's and of generated ones; both kinds count equally."""
        logits, is_real = self(batch).float(), batch["is_real"]
        nats = F.binary_cross_entropy_with_logits(logits, is_real.float(), reduction="sum").item()
        hits = ((logits > 0) == is_real).float()
        scores = {"loss": (nats, float(len(hits))), "accuracy": (hits.sum().item(), float(len(hits)))}
        for name, rows in (("accuracy_real", is_real), ("accuracy_generated", ~is_real)):
            scores[name] = (hits[rows].sum().item(), float(rows.sum().item()))
        return scores, {}
