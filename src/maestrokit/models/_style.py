"""Style transfer between two sets of performances that have no piece in common: a CycleGAN [1] over piano rolls.

Two generators each turn segments of one set into such as could be of the other, two discriminators learn to tell. What
is turned there and back again is to be what it was (cycle consistency), and what is of a set already is to stay as it
is (identity). As for [2], segments have some 64 steps, a generator half a million weights, and Gaussian noise on what
the discriminators see decides success.

Differences: a generator makes changes, not notes. Its last layer is added to the input as log-odds, so that it begins
as the identity, and the surest changes can be made alone. A cell can also be changed by what lies one or two octaves
from it: arrangers move and double notes by octaves, and convolutions with strides cannot place these exactly. What is
generated is to keep the chroma of its source, which octaves do, so that cycle and identity can weigh little. Notes are
set or not, not shades: each is rounded, and its gradient is that of the logistic function (straight-through), so that a
discriminator cannot tell by shades. There is no normalisation, which would let one part of a piece depend on all
others; the last convolution of each block begins at 0 instead, and penalties on gradients keep the discriminators
smooth [3]. Whole pieces can so be changed in parts that overlap, with the same result.

References
----------
.. [1] J.-Y. Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", ICCV 2017.
.. [2] G. Brunner et al., "Symbolic Music Genre Transfer with CycleGAN", ICTAI 2018.
.. [3] Y. Huang et al., "The GAN is dead; long live the GAN! A Modern Baseline GAN", NeurIPS 2024.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import Within, check_fields
from maestrokit.errors import check_choice
from maestrokit.models import _adversarial as adversarial
from maestrokit.models import _style_scores as style_scores
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.music.piano_range import KEYS

TASKS = ("style",)
PLANES = ("onset", "sounding", "velocity")
SETS = ("first", "second")
STRIDE = 4  # steps and keys of a roll for one of the blocks
MARGIN = 0.5  # log-odds of what is set in the input, before any change
LOUDNESS = 0.25  # largest change of a velocity, 0..1
GENERATED = 4  # the generators learn from one of so many segments; discriminators, which cost a tenth, from all
NEARBY = 33  # steps whose mean velocity a new note has
OCTAVES = (-24, -12, 12, 24)
"""Keys from a cell to those that can change it."""
OCTAVE_KERNEL = (5, 13)  # steps and keys that a discriminator sees first
WEIGHTS = {"onset": 1.0, "sounding": 0.3, "velocity": 20.0}  # of the planes, in reconstruction


@dataclass(frozen=True)
class Config:
    """Sizes and losses of a network that transfers style."""

    channels: Annotated[int, Within(1, 65536)] = 16
    """Channels of a generator at the resolution of its input; the blocks have four times as many."""
    depth: Annotated[int, Within(0, 1000)] = 6
    """Residual blocks of a generator, of two convolutions each."""
    discriminator_channels: Annotated[int, Within(1, 65536)] = 16
    """Channels of the first convolution of a discriminator; each of three more has twice as many."""
    objective: str = "relativistic"
    """What the players play: ``relativistic``, ``non_saturating``, ``minimax`` or ``hinge``."""
    reconstruction: str = "bce"
    """Loss of onsets and of what sounds after a cycle, and of what is to stay: ``bce``, ``mse`` or ``cross_entropy``;
    that of velocities is the squared error."""
    content: Annotated[float, Within(0, 10_000)] = 2.0
    """Weight of 1 - the correlation of the chroma of what is generated with that of its source."""
    cycle: Annotated[float, Within(0, 10_000)] = 0.1
    """Weight of the loss of what is turned there and back."""
    identity: Annotated[float, Within(0, 10_000)] = 0.05
    """Weight of the loss of what is of the set already."""
    penalty: Annotated[float, Within(0, 10_000)] = 1.0
    """Weight of the penalties on the gradients of a discriminator, at real and at generated segments."""
    noise: Annotated[float, Within(0, 100)] = 0.5
    """Standard deviation of the Gaussian noise on what the discriminators see."""
    pool: Annotated[int, Within(1, 100_000)] = 64
    """Earlier segments of each generator, of which a discriminator sees three for each new one."""

    def __post_init__(self) -> None:
        check_choice("objective", self.objective, adversarial.OBJECTIVES, parameter="objective")
        check_choice("reconstruction", self.reconstruction, adversarial.RECONSTRUCTIONS, parameter="reconstruction")
        check_fields(self)


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
        self.up = nn.Conv2d(
            4 * channels, 2 * channels, 1
        )  # convolutions come before upsampling, which makes them cheap
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
    """Convolutions with stride 2, and the mean log-odds of all patches."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        steps, keys = OCTAVE_KERNEL
        self.stem = nn.Conv2d(len(PLANES), channels, OCTAVE_KERNEL, stride=2, padding=(steps // 2, keys // 2))
        self.key_offset = nn.Parameter(torch.zeros(channels, 1, KEYS // 2))
        self.layers = nn.ModuleList(
            nn.Conv2d(factor * channels, 2 * factor * channels, 3, stride=2, padding=1) for factor in (1, 2, 4)
        )
        self.log_odds = nn.Linear(8 * channels, 1)

    def forward(self, rolls: Tensor) -> Tensor:
        """Return log-odds that rolls, (batch, planes, steps, keys), are real, (batch,)."""
        x = F.leaky_relu(self.stem(rolls.contiguous(memory_format=torch.channels_last)) + self.key_offset, 0.2)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        log_odds: Tensor = self.log_odds(x.mean(dim=(2, 3)))[:, 0]
        return log_odds


class Model(TrainedModel):
    """Two generators and two discriminators: of the first set and of the second."""

    supports_cpu_autocast = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.to_first = Generator(config.channels, config.depth)
        self.to_second = Generator(config.channels, config.depth)
        self.of_first = Discriminator(config.discriminator_channels)
        self.of_second = Discriminator(config.discriminator_channels)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):  # a fifth quicker on a processor
                layer.weight.data = layer.weight.data.contiguous(memory_format=torch.channels_last)

    @property
    def reach(self) -> int:
        """How many steps, to either side, a step of a generator depends on at most; a multiple of the stride."""
        return STRIDE * (2 * self.config.depth + 4)

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the weights of the two players."""
        return {
            "generator": [*self.to_first.parameters(), *self.to_second.parameters()],
            "discriminator": [*self.of_first.parameters(), *self.of_second.parameters()],
        }

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train both players on ``batch["first"]`` and ``batch["second"]``, both (batch, planes, steps, keys).

        The generators learn from a quarter of them. The state has the pools of earlier segments, (1, pool, planes,
        steps, keys).
        """
        real = [batch[name] for name in SETS]
        given = [segments[: -(-len(segments) // GENERATED)] for segments in real]
        generated = [self.to_first(given[1]).rolls(), self.to_second(given[0]).rolls()]
        losses = self._generator_losses(given, generated)
        weights = {name: getattr(self.config, name) for name in ("content", "cycle", "identity")}
        total = sum((weight * losses[name] for name, weight in weights.items()), losses["adversarial"])
        backward_and_step("generator", total)
        seen, state = self._with_earlier([segments.detach() for segments in generated], state, rows=len(real[0]))
        losses |= self._discriminator_losses(real, seen)
        backward_and_step("discriminator", losses["discriminator"] + self.config.penalty / 2 * losses["penalty"])
        return {name: loss.item() for name, loss in losses.items()}, state

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return the scores of held-out segments; see :mod:`maestrokit.models._style_scores`.

        ``batch["known_first"]`` and ``batch["known_second"]`` are some that were learnt from.
        """
        first, second = (batch[name] for name in SETS)
        directions = (
            (second, self.to_first(second).rolls(), first, batch["known_first"], self.of_first),
            (first, self.to_second(first).rolls(), second, batch["known_second"], self.of_second),
        )
        scores: dict[str, float] = {}
        for source, generated, target, known, discriminator in directions:
            right = adversarial.accuracies(discriminator(target), discriminator(generated))
            with torch.autocast(target.device.type, enabled=False):  # sums of squares need all digits
                each = style_scores.direction_scores(source, generated, target, known)
            each |= {"accuracy_real": right[0], "accuracy_generated": right[1]}
            scores = {name: scores.get(name, 0.0) + value / len(directions) for name, value in each.items()}
        return {name: (value * len(first), float(len(first))) for name, value in scores.items()}, {}

    def note(self, scores: Mapping[str, float]) -> str:
        """Return a sentence where the generators have collapsed."""
        return adversarial.collapse_note(scores["spread"])

    def _generator_losses(self, real: list[Tensor], generated: list[Tensor]) -> dict[str, Tensor]:
        """Return what the generators lose to the discriminators, in content, after a cycle, and on their own set."""
        generators, discriminators = (self.to_first, self.to_second), (self.of_first, self.of_second)
        kind = self.config.reconstruction
        names = ("adversarial", "content", "cycle", "identity")
        losses = {name: torch.zeros((), device=real[0].device) for name in names}
        for row in range(2):
            log_odds = [discriminators[row](self._noisy(segments)) for segments in (real[row], generated[row])]
            losses["adversarial"] += adversarial.generator_loss(self.config.objective, *log_odds)
            correlation = style_scores.chroma_correlation(real[1 - row], generated[row])
            losses["content"] += 1 - correlation.mean()
            losses["cycle"] += difference(kind, generators[row](generated[1 - row]), real[row])
            own = real[row][: -(-len(real[row]) // GENERATED)]
            losses["identity"] += difference(kind, generators[row](own), own)
        return losses

    def _discriminator_losses(self, real: list[Tensor], generated: list[Tensor]) -> dict[str, Tensor]:
        """Return what the discriminators lose, and their penalties, which are taken at a quarter of the segments."""
        losses = {name: torch.zeros((), device=real[0].device) for name in ("discriminator", "penalty")}
        for row, discriminator in enumerate((self.of_first, self.of_second)):
            examples = [self._noisy(segments) for segments in (real[row], generated[row])]
            log_odds = [discriminator(each) for each in examples]
            losses["discriminator"] += adversarial.discriminator_loss(self.config.objective, *log_odds)
            for each in examples if self.config.penalty else ():
                quarter = each[: -(-len(each) // GENERATED)].requires_grad_()
                losses["penalty"] += adversarial.gradient_penalty(discriminator(quarter), quarter)
        return losses

    def _noisy(self, rolls: Tensor) -> Tensor:
        return rolls + self.config.noise * torch.randn_like(rolls)

    def _with_earlier(
        self, generated: list[Tensor], state: RecurrentState, *, rows: int
    ) -> tuple[list[Tensor], RecurrentState]:
        """Return new segments and, for the other rows, some that lie in the pools, and the pools with the new ones.

        A new segment takes the place of a random one in a pool that is full.
        """
        seen, pools = [], {}
        for name, new in zip(SETS, generated, strict=True):
            pool = torch.cat((state[name][0], new)) if name in state else new
            order = torch.cat((torch.randperm(len(pool) - len(new)), torch.arange(len(pool) - len(new), len(pool))))
            pool = pool[order[-self.config.pool :]]
            seen.append(torch.cat((new, pool[torch.randint(len(pool), (rows - len(new),))])))
            pools[name] = pool[None]
        return seen, pools


def difference(kind: str, output: Transferred, rolls: Tensor) -> Tensor:
    """Return how far the output of a generator is from rolls, in nats a step; velocities count where notes begin.

    What is as sure as an unchanged cell costs nothing more: log-odds that grew without end would have no gradient left.
    """
    onset, sounding, velocity = rolls.unbind(dim=1)
    apart = (onset * (output.velocity - velocity).square()).sum(dim=-1).mean()
    return (
        WEIGHTS["onset"] * adversarial.reconstruction_loss(kind, _sure_enough(output.onset, onset), onset)
        + WEIGHTS["sounding"] * adversarial.reconstruction_loss(kind, _sure_enough(output.sounding, sounding), sounding)
        + WEIGHTS["velocity"] * apart
    )


def _sure_enough(log_odds: Tensor, target: Tensor) -> Tensor:
    return torch.where(target > 0, log_odds.clamp(max=MARGIN), log_odds.clamp(min=-MARGIN))


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
