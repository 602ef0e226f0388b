"""The players of the transfer of style: what changes rolls, and what tells sets apart; see :mod:`.style`."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.music.piano_range import KEYS

PLANES = ("onset", "sounding", "velocity")
STRIDE = 4  # steps and keys of a roll for one of the blocks
MARGIN = 0.5  # log-odds of what is set in the input, before any change
LOUDNESS = 0.25  # largest change of a velocity, 0..1
NEARBY = 33  # steps whose mean velocity a new note has
OCTAVES = (-24, -12, 12, 24)
"""Keys from a cell to those that can change it."""
OCTAVE_KERNEL = (5, 13)  # steps and keys that a discriminator sees first
REGISTER_WIDTH = 32  # of the layer that sees how often each key is struck


class Transferred(NamedTuple):
    """What a generator makes of rolls."""

    onset: Tensor
    """Log-odds, (batch, steps, keys)."""
    sounding: Tensor
    """Log-odds, (batch, steps, keys)."""
    velocity: Tensor
    """0..1, of a note in each cell, (batch, steps, keys)."""

    def rolls(self) -> Tensor:
        """Return rolls of what is more likely than not, (batch, planes, steps, keys), with gradients all the same."""
        onset = _rounded(self.onset)
        sounding = _rounded(self.sounding)
        return torch.stack((onset, onset + sounding - onset * sounding, onset * self.velocity), dim=1)


class ResidualBlock(nn.Module):
    """Two convolutions, added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum, (batch, channels, steps, keys) as `x`."""
        added: Tensor = x + self.second(F.relu(self.first(F.relu(x))))
        return added


class Generator(nn.Module):
    """Changes to rolls: two convolutions with stride 2, blocks, two upsamplings, with what was before each added."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(len(PLANES), channels, 7, padding=3)
        self.down = nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1)
        self.downer = nn.Conv2d(2 * channels, 4 * channels, 3, stride=2, padding=1)
        self.key_offset = nn.Parameter(torch.zeros(4 * channels, 1, KEYS // STRIDE))
        self.blocks = nn.Sequential(*(ResidualBlock(4 * channels) for _ in range(depth)))
        self.up = nn.Conv2d(4 * channels, 2 * channels, 1)  # convolutions come before upsampling: that is cheap
        self.upper = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.changes = nn.Conv2d(channels, len(PLANES) + 2 * len(OCTAVES), 3, padding=1)
        nn.init.zeros_(self.changes.weight)
        nn.init.zeros_(self.changes.bias)  # type: ignore[arg-type]

    def forward(self, rolls: Tensor) -> Transferred:
        """Return what rolls, (batch, planes, steps, keys), become; the steps are a multiple of 4."""
        full = F.relu(self.stem(rolls.contiguous(memory_format=torch.channels_last)))
        half = F.relu(self.down(full))
        x = self.blocks(self.downer(half) + self.key_offset)  # (batch, channels, steps / 4, keys / 4)
        x = F.relu(_twice(self.up(F.relu(x))) + half)
        x = F.relu(_twice(self.upper(x)) + full)
        change, *octaves = self.changes(x).float().split((len(PLANES), len(OCTAVES), len(OCTAVES)), dim=1)
        changes = [change[:, row] + (part * _octaves(rolls[:, row])).sum(dim=1) for row, part in enumerate(octaves)]
        return Transferred(
            MARGIN * (2 * rolls[:, 0] - 1) + changes[0],
            MARGIN * (2 * rolls[:, 1] - 1) + changes[1],
            (_velocities(rolls) + LOUDNESS * change[:, 2].tanh()).clamp(1 / 127, 1.0),
        )


class Discriminator(nn.Module):
    """The mean log-odds of all patches, by convolutions with stride 2, and those of how often each key is struck.

    Rare keys, such as those that a harpsichord did not have, are lost in the noise on single cells.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        steps, keys = OCTAVE_KERNEL
        self.stem = nn.Conv2d(len(PLANES), channels, OCTAVE_KERNEL, stride=2, padding=(steps // 2, keys // 2))
        self.key_offset = nn.Parameter(torch.zeros(channels, 1, KEYS // 2))
        self.layers = nn.ModuleList(
            nn.Conv2d(factor * channels, 2 * factor * channels, 3, stride=2, padding=1) for factor in (1, 2, 4)
        )
        self.log_odds = nn.Linear(8 * channels, 1)
        self.register = nn.Linear(KEYS, REGISTER_WIDTH)
        self.register_odds = nn.Linear(REGISTER_WIDTH, 1)

    def forward(self, rolls: Tensor, *, struck: Tensor | None = None, noise: float = 0.0) -> Tensor:
        """Return log-odds that rolls, (batch, planes, steps, keys), are real, (batch,), with noise on what is seen.

        How often each key is struck, (batch, keys), is that of the rolls, unless it is given.
        """
        seen = strikes(rolls) if struck is None else struck
        register = F.leaky_relu(self.register(seen + noise * torch.randn_like(seen)), 0.2)
        rolls = rolls + noise * torch.randn_like(rolls)
        x = F.leaky_relu(self.stem(rolls.contiguous(memory_format=torch.channels_last)) + self.key_offset, 0.2)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        log_odds: Tensor = self.log_odds(x.mean(dim=(2, 3))) + self.register_odds(register)
        return log_odds[:, 0]


def strikes(rolls: Tensor) -> Tensor:
    """Return the logarithm of 1 + how often each key of rolls is struck, (batch, keys)."""
    return rolls[:, 0].sum(dim=1).clamp(min=0).log1p()


def _rounded(log_odds: Tensor) -> Tensor:
    """Return 1 where something is more likely than not, else 0, with the gradient of its probability."""
    probability = log_odds.sigmoid()
    return (log_odds > 0).float() + (probability - probability.detach())


def _velocities(rolls: Tensor) -> Tensor:
    """Return the velocity of the note in each cell, and where there is none the mean of those nearby in time."""
    onset, _, velocity = rolls.unbind(dim=1)
    planes = (plane.sum(dim=-1) for plane in (onset, velocity))
    count, total = (F.avg_pool1d(plane, NEARBY, stride=1, padding=NEARBY // 2) for plane in planes)  # (batch, steps)
    mean = torch.where(count > 0, total / count.clamp(min=1e-6), 0.5)
    return onset * velocity + (1 - onset) * mean[..., None]


def _octaves(plane: Tensor) -> Tensor:
    """Return what lies OCTAVES from each cell of a plane, (batch, OCTAVES, steps, keys), given (batch, steps, keys)."""
    most = max(OCTAVES)
    padded = F.pad(plane, (most, most))
    return torch.stack([padded[..., most + shift : most + shift + KEYS] for shift in OCTAVES], dim=1)


def _twice(x: Tensor) -> Tensor:
    """Return each cell as four."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")
