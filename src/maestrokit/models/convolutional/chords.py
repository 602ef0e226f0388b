"""Convolutional network of chords: root, bass and quality from a spectrum.

Residual convolutions over keys, then over the circle of pitch classes, on which all roots share their weights; see
:mod:`maestrokit.analysis.chords.network`, which computes the same in numpy, for the references.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel

TASKS = ("chords",)
CELL_FRAMES, KEY_BINS = 2, 3  # frames of the spectrum for a cell of the output, bins of a semitone
KEYS, OCTAVES, PITCH_CLASSES = 72, 6, 12
STEM = (5, 5)  # frames and bins
FIRST_BIN = 8  # two below that in the middle of C1
BINS = KEY_BINS * (KEYS - 1) + STEM[1]
KEY_LAYERS = (((3, 3), (1, 1)), ((3, 3), (1, 1)), ((1, 3), (1, 12)))
CIRCLE_LAYERS = ((1, 12), (5, 1))
HEADS = ("root", "bass", "tones")
WEIGHTS = {"root": 1.0, "bass": 0.5, "quality": 1.0, "tones": 0.5}  # of the losses


@dataclass(frozen=True)
class Config:
    """Sizes of a network of chords."""

    qualities: Annotated[int, Within(1, 65536)] = 11
    """Number of qualities, decided by the data."""
    channels: Annotated[int, Within(1, 65536)] = 32
    """Channels of the convolutions over keys."""
    width: Annotated[int, Within(1, 65536)] = 72
    """Channels of those over pitch classes."""
    depth: Annotated[int, Within(0, 1000)] = 6
    """Convolutions over pitch classes: by turns over all of them, and over time."""
    dropout: Annotated[float, Within(0, 1, below=True)] = 0.3
    """Dropout before the last layer; of whole channels after each convolution over pitch classes, a third of it."""

    def __post_init__(self) -> None:
        check_fields(self)


class KeyLayer(nn.Module):
    """Norm, ReLU and a convolution over keys and time, added to its input."""

    def __init__(self, channels: int, kernel: tuple[int, int], dilation: tuple[int, int]) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        padding = (kernel[0] // 2 * dilation[0], kernel[1] // 2 * dilation[1])
        self.mix = nn.Conv2d(channels, channels, kernel, padding=padding, dilation=dilation, bias=False)
        nn.init.zeros_(self.mix.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum."""
        mixed: Tensor = self.mix(F.relu(self.norm(x)))
        return x + mixed


class CircleLayer(nn.Module):
    """Norm, ReLU and a convolution over pitch classes, which are a circle, and time, added to its input."""

    def __init__(self, channels: int, kernel: tuple[int, int], dropout: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.around = kernel[1] - 1
        self.mix = nn.Conv2d(channels, channels, kernel, padding=(kernel[0] // 2, 0), bias=False)
        nn.init.zeros_(self.mix.weight)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum."""
        normed = F.relu(self.norm(x))
        mixed: Tensor = self.mix(torch.cat((normed, normed[..., : self.around]), dim=-1))
        dropped: Tensor = self.dropout(mixed)
        return x + dropped


class ChordOutput(NamedTuple):
    """Outputs of the model, as log-odds."""

    root: Tensor
    """(batch, cells, 13): pitch classes, and no chord."""
    bass: Tensor
    """(batch, cells, 13)."""
    quality: Tensor
    """(batch, cells, 12, qualities), by root."""
    tones: Tensor
    """(batch, cells, 12): whether each pitch class belongs to the chord."""


class Model(TrainedModel):
    """Convolutions over keys, over pitch classes, and heads that all pitch classes share."""

    supports_cpu_autocast = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        channels, width = config.channels, config.width
        stride = (CELL_FRAMES, KEY_BINS)
        self.stem = nn.Conv2d(1, channels, STEM, stride=stride, padding=(STEM[0] // 2, 0), bias=False)
        self.key_offset = nn.Parameter(torch.zeros(channels, 1, KEYS))
        self.key_layers = nn.Sequential(*(KeyLayer(channels, *shape) for shape in KEY_LAYERS))
        self.fold_norm = nn.BatchNorm2d(OCTAVES * channels)
        self.fold = nn.Conv2d(OCTAVES * channels, width, 1, bias=False)
        kernels = (CIRCLE_LAYERS[layer % len(CIRCLE_LAYERS)] for layer in range(config.depth))
        self.circle = nn.Sequential(*(CircleLayer(width, kernel, config.dropout / 3) for kernel in kernels))
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout(config.dropout)
        self.heads = nn.Conv2d(width, len(HEADS) + config.qualities, 1)
        self.nothing = nn.Linear(2 * width, 2)

    def forward(self, levels: Tensor) -> ChordOutput:
        """Return the log-odds in cells of two frames.

        Parameters
        ----------
        levels : Tensor, shape (batch, frames, bins)
            From :func:`maestrokit.analysis.chords.spectrum.network_input`.
        """
        x = self.stem(levels[:, None, :, FIRST_BIN : FIRST_BIN + BINS]) + self.key_offset
        x = self.key_layers(x)
        batch, channels, cells, _ = x.shape
        x = x.reshape(batch, channels, cells, OCTAVES, PITCH_CLASSES).transpose(2, 3).flatten(1, 2)
        x = self.circle(self.fold(F.relu(self.fold_norm(x))))
        x = self.dropout(F.relu(self.norm(x)))  # (batch, width, cells, pitch classes)
        heads = self.heads(x).float().transpose(1, 2)  # (batch, cells, heads, pitch classes)
        nothing = self.nothing(torch.cat((x.mean(dim=-1), x.amax(dim=-1)), dim=1).transpose(1, 2)).float()
        root, bass = (torch.cat((heads[:, :, row], nothing[..., row : row + 1]), dim=-1) for row in (0, 1))
        return ChordOutput(root, bass, heads[:, :, len(HEADS) :].transpose(2, 3), heads[:, :, HEADS.index("tones")])

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on the shares ``root``, ``bass``, ``quality`` and ``tones`` of each cell, given ``levels``."""
        nats = _nats(self(batch["levels"]), batch)
        losses = {name: total / cells.clamp(min=1.0) for name, (total, cells) in nats.items()}
        loss = sum((WEIGHTS[name] * value for name, value in losses.items()), torch.zeros(()))
        backward_and_step("model", loss)
        return {"loss": loss.item(), **{name: value.item() for name, value in losses.items()}}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return the losses, and the share of the time in which root, bass, and root with quality are right."""
        output = self(batch["levels"])
        nats = _nats(output, batch)
        root, quality = batch["root"], batch["quality"]
        likeliest = output.root.argmax(dim=-1, keepdim=True)
        right_root, right_bass = (
            root.gather(-1, likeliest),
            batch["bass"].gather(-1, output.bass.argmax(-1, keepdim=True)),
        )
        chords = torch.cat((quality, root[..., None, 12:].expand(*quality.shape[:2], 1, quality.shape[3])), dim=2)
        best = F.pad(output.quality.argmax(dim=-1), (0, 1))  # of no chord, all qualities are right
        right_chord = chords.gather(-1, best[..., None])[..., 0].gather(-1, likeliest)
        known = float(quality.sum() + root[..., 12].sum())
        total = sum(WEIGHTS[name] * (value / cells.clamp(min=1.0)) for name, (value, cells) in nats.items())
        cells = float(root.sum())
        return {
            "loss": (float(total) * cells, cells),
            **{name: (value.item(), count.item()) for name, (value, count) in nats.items()},
            "root_accuracy": (right_root.sum().item(), cells),
            "bass_accuracy": (right_bass.sum().item(), cells),
            "chord_accuracy": (right_chord.sum().item(), known),
        }, {}


def _nats(output: ChordOutput, batch: TensorBatch) -> dict[str, tuple[Tensor, Tensor]]:
    """Return the nats of each head, and over how many cells they are summed."""
    root, bass, quality, tones = batch["root"], batch["bass"], batch["quality"], batch["tones"]
    known = root.sum(dim=-1)
    missed = F.binary_cross_entropy_with_logits(output.tones, tones, reduction="none").mean(dim=-1)
    return {
        "root": (-(root * output.root.log_softmax(dim=-1)).sum(), known.sum()),
        "bass": (-(bass * output.bass.log_softmax(dim=-1)).sum(), bass.sum()),
        "quality": (-(quality * output.quality.log_softmax(dim=-1)).sum(), quality.sum()),
        "tones": ((known * missed).sum(), known.sum()),
    }
