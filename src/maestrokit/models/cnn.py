"""Harmonic convolutional network: piano keys from a variable-Q spectrum.

Copies of the spectrum, each shifted so that one harmonic of a key lies on its fundamental, are the channels of the
input [1]: a small kernel then sees all harmonics of a key, and one set of weights serves all keys. What the keys have
of their own is an offset in each channel. Convolutions dilated by an octave [2] separate a note from its harmonics,
those dilated in time a new onset from a sustained sound. Onsets and offsets are triangles in time [3], whose peak is
located between two frames. The sustain pedal is predicted from all keys together. Recurrent layers, one for all keys
[6] and one for the pedal, may add what has happened since a note began; what follows they know by the convolutions.

References
----------
.. [1] R. M. Bittner et al., "Deep Salience Representations for F0 Estimation in Polyphonic Music", ISMIR 2017.
.. [2] W. Wei et al., "HPPNet: Modeling the Harmonic Structure and Pitch Invariance in Piano Transcription", ISMIR 2022.
.. [3] Q. Kong et al., "High-Resolution Piano Transcription With Pedals by Regressing Onset and Offset Times", IEEE/ACM
   TASLP 29, 2021.
.. [4] K. He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016 (blocks that begin with norm and ReLU).
.. [5] T. Chen, I. Goodfellow, J. Shlens, "Net2Net: Accelerating Learning via Knowledge Transfer", ICLR 2016.
.. [6] T. Kwon, D. Jeong, J. Nam, "Polyphonic Piano Transcription Using Autoregressive Multi-State Note Model", ISMIR
   2020 (each key has a state, and all share one recurrent layer).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Annotated, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.music.piano_range import KEYS

TASKS = ("transcription", "classes", "chords")
NETWORKS = {"classes": "convolutional.classes", "chords": "convolutional.chords"}
KEY_BINS, CENTRE_BIN, BINS_PER_OCTAVE = 3, 2, 36
HARMONICS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 9.0, 12.0)
HEADS = ("onset", "offset", "frame", "velocity")
PARTS = ("pedal.", "pedal_states.", "key_states.")  # of the model, each with its own inputs
WEIGHTS = {"onset": 1.0, "offset": 0.3, "frame": 0.3, "velocity": 0.03, "pedal": 0.02}  # of the losses
MIDDLE, SCALE = -60.0, 20.0  # dB: levels are centred and scaled by them
RARITY = 4.0  # initial log-odds against every event: almost all cells are silent
STRIDE = 2  # frames of the spectrum for one of the output


@dataclass(frozen=True)
class Config:
    """Sizes of a harmonic network."""

    bins: Annotated[int, Within(KEYS * KEY_BINS, 65536)] = 294
    """Bins of the spectrum."""
    channels: Annotated[int, Within(1, 65536)] = 32
    """Channels of each key and frame between the convolutions."""
    depth: Annotated[int, Within(1, 1000)] = 10
    """Number of residual convolutions; each starts at zero, so that a trained model can be made deeper."""
    dropout: Annotated[float, Within(0, 1, below=True)] = 0.0
    """Dropout of whole channels after each convolution."""
    pedal: bool = True
    """Whether the sustain pedal is predicted."""
    states: Annotated[int, Within(0, 4096)] = 0
    """Units of a recurrent layer over time, the same for each key, and of another for the pedal; 0 has none. They add
    to what the convolutions predict, nothing at first, so that a trained model can be given them."""

    def __post_init__(self) -> None:
        check_fields(self)


class Block(nn.Module):
    """Norm, ReLU and a convolution that changes no size, added to its input."""

    def __init__(self, channels: int, kernel: tuple[int, int], dilation: tuple[int, int], dropout: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        padding = (kernel[0] // 2 * dilation[0], kernel[1] // 2 * dilation[1])
        self.mix = nn.Conv2d(channels, channels, kernel, padding=padding, dilation=dilation, bias=False)
        nn.init.zeros_(self.mix.weight)
        self.dropout = nn.Dropout2d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum, (batch, channels, time, keys) as `x`."""
        added: Tensor = x + self.dropout(self.mix(F.relu(self.norm(x))))
        return added


class CnnOutput(NamedTuple):
    """Outputs of the model, as log-odds."""

    keys: Tensor
    """Onset, offset, frame and velocity: (batch, heads, time / 2, keys)."""
    pedal: Tensor | None
    """Whether the sustain pedal is down: (batch, time / 2); None of a model without it."""
    memory: tuple[Tensor, ...] = ()
    """States of the recurrent layers after the last frame."""


class States(nn.Module):
    """A recurrent layer over time, added to log-odds: nothing at first."""

    def __init__(self, channels: int, units: int, outputs: int) -> None:
        super().__init__()
        self.recurrent = nn.GRU(channels, units)
        self.added = nn.Linear(units, outputs)
        nn.init.zeros_(self.added.weight)
        nn.init.zeros_(self.added.bias)

    def forward(self, x: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return what is added, (time, rows, outputs), given (time, rows, channels), and the state after it."""
        with torch.autocast(x.device.type, enabled=False):  # quicker on a processor, and sums over many frames
            states, after = self.recurrent(x.float(), before)
            return self.added(states), after


class Pedal(nn.Module):
    """The mean and the loudest of all keys, and two convolutions over time."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(2 * channels)
        self.mix = nn.Conv1d(2 * channels, channels, 9, padding=8, dilation=2, bias=False)
        self.mixed_norm = nn.BatchNorm1d(channels)
        self.down = nn.Conv1d(channels, 1, 9, padding=4)

    reach = 8 + 4

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-odds, (batch, time), and the features that gave them, given (batch, channels, time, keys)."""
        pooled = torch.cat((x.mean(dim=-1), x.amax(dim=-1)), dim=1)
        mixed = F.relu(self.mixed_norm(self.mix(self.norm(pooled))))
        return self.down(mixed)[:, 0], mixed


BLOCKS = (
    ((3, 3), (1, 1)),
    ((1, 3), (1, 12)),
    ((3, 3), (1, 1)),
    ((5, 1), (2, 1)),
    ((3, 3), (1, 1)),
    ((5, 1), (5, 1)),
    ((1, 3), (1, 19)),
    ((1, 3), (1, 12)),
    ((5, 1), (10, 1)),
    ((3, 3), (1, 1)),
)
"""Kernel and dilation of each convolution, (time, keys)."""


class Model(TrainedModel):
    """Harmonic stack, residual convolutions, four outputs a key and one for the pedal."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.stem = nn.Conv2d(len(HARMONICS), config.channels, 5, stride=(STRIDE, KEY_BINS), padding=(2, 0), bias=False)
        self.key_offset = nn.Parameter(torch.zeros(config.channels, 1, KEYS))
        self.blocks = nn.Sequential(
            *(Block(config.channels, *shape, config.dropout) for shape in islice(cycle(BLOCKS), config.depth))
        )
        self.norm = nn.BatchNorm2d(config.channels)
        self.heads = nn.Conv2d(config.channels, len(HEADS), 1)
        self.key_bias = nn.Parameter(torch.zeros(len(HEADS), 1, KEYS))
        self.pedal = Pedal(config.channels) if config.pedal else None
        self.key_states = States(config.channels, config.states, len(HEADS)) if config.states else None
        self.pedal_states = States(config.channels, config.states, 1) if config.states and config.pedal else None
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):  # quicker on a processor
                layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)
        nn.init.zeros_(self.heads.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.key_bias[: HEADS.index("velocity")] -= RARITY

    def inherited(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of a narrower or shallower model, so that this one begins as that was [5].

        What it has more begins as in a new model, but without effect on the rest; the pedal and the recurrent layers of
        a model that has them from fewer channels begin anew.
        """
        initial = self.state_dict()
        known = {name: value for name, value in weights.items() if name in initial}
        for part in PARTS:
            if any(name.startswith(part) and value.shape != initial[name].shape for name, value in known.items()):
                known = {name: value for name, value in known.items() if not name.startswith(part)}
        return {name: _widened(name, value, initial[name]) for name, value in known.items()}

    @property
    def reach(self) -> int:
        """How many frames of output, to either side, a frame depends on by the convolutions."""
        shapes = islice(cycle(BLOCKS), self.config.depth)
        keys = 1 + sum(kernel[0] // 2 * dilation[0] for kernel, dilation in shapes)
        return keys + (0 if self.pedal is None else self.pedal.reach)

    def forward(self, levels: Tensor, memory: tuple[Tensor, ...] = (), *, margin: int = 0) -> CnnOutput:
        """Return the log-odds of onset, offset, frame, velocity and pedal for every second frame.

        Parameters
        ----------
        levels : Tensor, shape (batch, time, bins), in dB
        memory : tuple of Tensor
            States of the recurrent layers before the first frame, as the frames before gave them.
        margin : int
            Frames of output at either end that only the convolutions read, and which are left out.
        """
        x = harmonic_stack((levels - MIDDLE) / SCALE).contiguous(memory_format=torch.channels_last)
        x = self.stem(x) + self.key_offset  # (batch, channels, time / 2, keys)
        x = F.relu(self.norm(self.blocks(x)))
        middle = slice(margin, x.shape[2] - margin)
        pedal, pooled = (None, None) if self.pedal is None else self.pedal(x)
        x = x[:, :, middle]
        output = CnnOutput(self.heads(x) + self.key_bias, None if pedal is None else pedal[:, middle])
        return output if self.key_states is None else self._with_states(output, x, pooled, middle, memory)

    def _with_states(
        self, output: CnnOutput, x: Tensor, pooled: Tensor | None, middle: slice, memory: tuple[Tensor, ...]
    ) -> CnnOutput:
        """Return the log-odds with what the recurrent layers add, and their states."""
        assert self.key_states is not None
        batch, _, frames, keys = x.shape
        before = memory or (None, None)
        added, keys_after = self.key_states(x.permute(2, 0, 3, 1).flatten(1, 2), before[0])
        keys_output = output.keys + added.view(frames, batch, keys, -1).permute(1, 3, 0, 2)
        if self.pedal_states is None or pooled is None or output.pedal is None:
            return CnnOutput(keys_output, output.pedal, (keys_after,))
        pedal_added, pedal_after = self.pedal_states(pooled[..., middle].permute(2, 0, 1), before[1])
        return CnnOutput(keys_output, output.pedal + pedal_added[..., 0].T, (keys_after, pedal_after))

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on ``batch["target"]``, (batch, heads, time, keys), given ``batch["levels"]``.

        ``batch["pedal"]``, (batch, time), is 1 where the pedal is down, and NaN where it is unknown.
        """
        losses = _losses(self(batch["levels"]), batch)
        loss = sum((WEIGHTS[name] * value for name, value in losses.items()), torch.zeros(()))
        backward_and_step("model", loss)
        return {"loss": loss.item(), **{name: value.item() for name, value in losses.items()}}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return the losses, of equal weight for each window."""
        losses = _losses(self(batch["levels"]), batch)
        windows = float(len(batch["levels"]))
        scores = {name: (value.item() * windows, windows) for name, value in losses.items()}
        total = sum(WEIGHTS[name] * value.item() for name, value in losses.items())
        return {"loss": (total * windows, windows), **scores}, {}


def _widened(name: str, weight: Tensor, initial: Tensor) -> Tensor:
    """Return a weight with more channels: what reads them or adds to them is 0, the others are as initially."""
    if any(own > other for own, other in zip(weight.shape, initial.shape, strict=True)):
        return weight  # which is then refused
    wide = torch.zeros_like(initial) if name.endswith(("mix.weight", "heads.weight")) else initial.clone()
    wide[tuple(slice(size) for size in weight.shape)] = weight
    return wide


def harmonic_stack(x: Tensor) -> Tensor:
    """Return copies of a spectrum, each shifted by one of ``HARMONICS``.

    Shape
    -----
    x : (batch, time, bins)
    result : (batch, harmonics, time, width): the kernel of five bins about key k begins at 3 k
    """
    width = KEY_BINS * (KEYS - 1) + 5
    shifts = [round(BINS_PER_OCTAVE * math.log2(harmonic)) for harmonic in HARMONICS]
    before, after = max(0, -min(shifts)), max(0, max(shifts) + width - x.shape[-1])
    x = F.pad(x, (before, after), value=float(x.new_tensor((-100.0 - MIDDLE) / SCALE)))
    return torch.stack([x[..., before + shift : before + shift + width] for shift in shifts], 1)


def _losses(output: CnnOutput, batch: TensorBatch) -> dict[str, Tensor]:
    """Return the cross-entropy of each head; that of velocities counts about onsets only."""
    heads = zip(HEADS, output.keys.unbind(1), batch["target"].unbind(1), strict=True)
    onset = batch["target"][:, HEADS.index("onset")]
    losses = {
        name: _cross_entropy(logits, target, onset if name == "velocity" else None) for name, logits, target in heads
    }
    if output.pedal is not None:
        losses["pedal"] = _cross_entropy(output.pedal, batch["pedal"])
    return losses


def _cross_entropy(logits: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Return the weighted mean of the binary cross-entropy where the target is known, not NaN; of one shape all."""
    known = target.isfinite()
    losses = F.binary_cross_entropy_with_logits(logits.float(), target.nan_to_num(), reduction="none")
    share = known.float() if weight is None else known * weight
    return (share * losses).sum() / share.sum().clamp(min=1.0)
