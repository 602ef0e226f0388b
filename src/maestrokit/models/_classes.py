"""Residual convolutional network: the class of an excerpt, of a performance from its rolls, of a recording from its mel
spectrum.

The first kernel spans an octave of keys and a third of a second; what it sees depends on intervals, and an offset of
each key, or band of the spectrum, adds the register. Strides then make frames and keys fewer and channels more,
residual convolutions [1] lie between, and means and maxima over all that is left decide.

References
----------
.. [1] K. He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016 (norm and ReLU before a convolution).
.. [2] S. Kim et al., "Deep Composer Classification Using Symbolic Representation", ISMIR 2020 late-breaking demo
   (rolls of 20 s at 50 ms, onsets apart from what sounds).
.. [3] H. Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.errors import check_choice
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.music.excerpts import ROLLS
from maestrokit.music.piano_range import KEYS

TASKS = ("classes",)
INPUTS = {"rolls": (len(ROLLS), KEYS), "mel": (1, 96)}  # planes, and keys or bands
FIRST_KERNEL, FIRST_STRIDE = (7, 13), (4, 2)  # frames, and keys or bands
WIDTHS = (2, 4, 8)  # channels of the stages, as multiples of those of the first convolution


@dataclass(frozen=True)
class Config:
    """Sizes of a network that classifies excerpts."""

    outputs: Annotated[int, Within(1, 65536)] = 12
    """Number of classes, decided by the data."""
    input: str = "rolls"
    """What it reads, decided by the data: ``rolls`` of performances, or ``mel``, the spectra of recordings."""
    channels: Annotated[int, Within(1, 65536)] = 16
    """Channels of the first convolution; each of the three stages has twice as many as the one before."""
    depth: Annotated[int, Within(0, 1000)] = 1
    """Residual convolutions in each stage."""
    dropout: Annotated[float, Within(0, 1, below=True)] = 0.3
    """Dropout before the last layer."""
    smoothing: Annotated[float, Within(0, 1, below=True)] = 0.1
    """Share of the probability that training spreads over all classes (label smoothing)."""
    mixup: Annotated[float, Within(0, 100)] = 0.0
    """Parameter of the beta distribution of the shares in which training mixes excerpts, two and two, and their classes
    (mixup); 0 mixes none."""

    def __post_init__(self) -> None:
        check_choice("input", self.input, INPUTS, parameter="input")
        check_fields(self)


class ConvLayer(nn.Module):
    """Norm, ReLU and a convolution: added to its input, or with stride 2 to more channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.is_residual = inputs == outputs
        self.norm = nn.BatchNorm2d(inputs)
        self.mix = nn.Conv2d(inputs, outputs, 3, stride=1 if self.is_residual else 2, padding=1, bias=False)
        if self.is_residual:
            nn.init.zeros_(self.mix.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum, or the wider and smaller picture."""
        mixed: Tensor = self.mix(F.relu(self.norm(x)))
        return x + mixed if self.is_residual else mixed


class Model(TrainedModel):
    """Convolutions over frames and keys or bands, pooling, one linear layer."""

    supports_cpu_autocast = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        kernel = FIRST_KERNEL
        padding = (kernel[0] // 2, kernel[1] // 2)
        planes, width = INPUTS[config.input]
        channels = config.channels
        self.stem = nn.Conv2d(planes, channels, kernel, stride=FIRST_STRIDE, padding=padding, bias=False)
        self.key_offset = nn.Parameter(torch.zeros(channels, 1, width // FIRST_STRIDE[1]))
        sizes = [channels]
        for factor in WIDTHS:
            sizes += [factor * channels] * (1 + config.depth)
        self.layers = nn.Sequential(*(ConvLayer(*pair) for pair in pairwise(sizes)))
        self.norm = nn.BatchNorm2d(sizes[-1])
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(2 * sizes[-1], config.outputs)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):  # a third quicker on a processor
                layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)

    def forward(self, excerpts: Tensor) -> Tensor:
        """Return the log-odds of the classes.

        Shape
        -----
        excerpts : (batch, planes, frames, keys or bands)
        result : (batch, classes)
        """
        x = self.layers(self.stem(excerpts.contiguous(memory_format=torch.channels_last)) + self.key_offset)
        x = F.relu(self.norm(x)).flatten(2)  # (batch, channels, frames * width)
        logits: Tensor = self.head(self.dropout(torch.cat((x.mean(dim=-1), x.amax(dim=-1)), dim=1)))
        return logits

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on ``batch["target"]``, (batch,), given ``batch["excerpts"]``, mixed [3]."""
        excerpts, target = batch["excerpts"], batch["target"]
        parts = [(1.0, target)]
        if alpha := self.config.mixup:
            share = float(torch.distributions.Beta(alpha, alpha).sample())
            order = torch.randperm(len(target), device=target.device)
            excerpts = excerpts.lerp(excerpts[order], 1 - share)
            parts = [(share, target), (1 - share, target[order])]
        logits, smoothing = self(excerpts).float(), self.config.smoothing
        loss = torch.stack(
            [part * F.cross_entropy(logits, one, label_smoothing=smoothing) for part, one in parts]
        ).sum()
        backward_and_step("model", loss)
        accuracy = (logits.argmax(dim=-1) == target).float().mean()
        return {"loss": loss.item(), "accuracy": accuracy.item()}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return loss and balanced accuracy, in which ``batch["weight"]`` counts, and the accuracy of excerpts."""
        logits, target, weight = self(batch["excerpts"]).float(), batch["target"], batch["weight"]
        nats = F.cross_entropy(logits, target, reduction="none")
        hits = (logits.argmax(dim=-1) == target).float()
        total = weight.sum().item()
        return {
            "loss": ((weight * nats).sum().item(), total),
            "accuracy": (hits.sum().item(), float(len(hits))),
            "balanced_accuracy": ((weight * hits).sum().item(), total),
        }, {}
