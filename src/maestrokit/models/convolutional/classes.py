"""Residual convolutional network: the class of an excerpt, of a performance from its rolls, of a recording from its mel
spectrum.

The first kernel spans an octave of keys and a third of a second; what it sees depends on intervals, and an offset of
each key, or band of the spectrum, adds the register. Strides then make frames and keys fewer and channels more,
residual convolutions [1] lie between, and means and maxima over all that is left decide. Several such networks, which
differ in nothing but where they began, may vote together [4].

References
----------
.. [1] K. He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016 (norm and ReLU before a convolution).
.. [2] S. Kim et al., "Deep Composer Classification Using Symbolic Representation", ISMIR 2020 late-breaking demo
   (rolls of 20 s at 50 ms, onsets apart from what sounds).
.. [3] H. Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018.
.. [4] B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and Scalable Predictive Uncertainty Estimation Using Deep
   Ensembles", NeurIPS 2017.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.errors import check_choice
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.music.piano_range import KEYS
from maestrokit.music.rolls.excerpts import ROLLS

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
    members: Annotated[int, Within(1, 1000)] = 1
    """Networks that are trained at once, each from another beginning, and whose probabilities are averaged."""
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


class Member(nn.Module):
    """Convolutions over frames and keys or bands, and pooling."""

    def __init__(self, config: Config) -> None:
        super().__init__()
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
        self.size: int = 2 * sizes[-1]
        """Number of values that it makes of an excerpt."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):  # a third quicker on a processor
                layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)

    def forward(self, excerpts: Tensor) -> Tensor:
        """Return values, (batch, size), given excerpts, (batch, planes, frames, keys or bands)."""
        x = self.layers(self.stem(excerpts) + self.key_offset)
        x = F.relu(self.norm(x)).flatten(2)  # (batch, channels, frames * width)
        values: Tensor = self.dropout(torch.cat((x.mean(dim=-1), x.amax(dim=-1)), dim=1))
        return values


class Model(TrainedModel):
    """Networks that vote, each by a linear layer of its own."""

    supports_cpu_autocast = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        members = [Member(config) for _ in range(config.members)]
        self.members = nn.ModuleList(members)
        self.heads = nn.ModuleList(nn.Linear(member.size, config.outputs) for member in members)

    def forward(self, excerpts: Tensor) -> Tensor:
        """Return the log-odds of the classes by each member.

        Shape
        -----
        excerpts : (batch, planes, frames, keys or bands)
        result : (members, batch, classes)
        """
        excerpts = excerpts.contiguous(memory_format=torch.channels_last)
        votes = [head(member(excerpts)).float() for member, head in zip(self.members, self.heads, strict=True)]
        return torch.stack(votes)

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train each member on ``batch["target"]``, (batch,), given ``batch["excerpts"]``, mixed [3]."""
        excerpts, target = batch["excerpts"], batch["target"]
        parts = [(1.0, target)]
        if alpha := self.config.mixup:
            share = float(torch.distributions.Beta(alpha, alpha).sample())
            order = torch.randperm(len(target), device=target.device)
            excerpts = excerpts.lerp(excerpts[order], 1 - share)
            parts = [(share, target), (1 - share, target[order])]
        votes = self(excerpts)
        loss = torch.stack([part * self._loss(votes, labels) for part, labels in parts]).sum()
        backward_and_step("model", loss)
        accuracy = (votes.softmax(dim=-1).mean(dim=0).argmax(dim=-1) == target).float().mean()
        return {"loss": loss.item(), "accuracy": accuracy.item()}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return loss and balanced accuracy, in which ``batch["weight"]`` counts, and the accuracy of excerpts."""
        target, weight = batch["target"], batch["weight"]
        rows = self(batch["excerpts"]).log_softmax(dim=-1)
        mean = rows.logsumexp(dim=0) - math.log(len(rows))
        nats = F.nll_loss(mean, target, reduction="none")
        hits = (mean.argmax(dim=-1) == target).float()
        total = weight.sum().item()
        return {
            "loss": ((weight * nats).sum().item(), total),
            "accuracy": (hits.sum().item(), float(len(hits))),
            "balanced_accuracy": ((weight * hits).sum().item(), total),
        }, {}

    def _loss(self, votes: Tensor, target: Tensor) -> Tensor:
        """Return the mean cross-entropy of all members, with label smoothing."""
        smoothing = self.config.smoothing
        return F.cross_entropy(votes.flatten(0, 1), target.repeat(len(votes)), label_smoothing=smoothing)
