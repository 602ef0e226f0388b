"""Style transfer between two sets of performances that have no piece in common: a CycleGAN [1] over piano rolls.

Two generators each turn segments of one set into such as could be of the other, two discriminators learn to tell. What
is turned there and back again is to be what it was (cycle consistency), and what is of a set already is to stay as it
is (identity). As for [2], segments have some 64 steps, a generator half a million weights, and Gaussian noise on what
the discriminators see decides success. They see rolls, and how often each key is struck.

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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor, nn

from maestrokit.bounds import Within, check_fields
from maestrokit.errors import check_choice
from maestrokit.models.adversarial import objectives, style_scores
from maestrokit.models.adversarial.style_networks import MARGIN, STRIDE, Discriminator, Generator, Transferred, strikes
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel

TASKS = ("style",)
SETS = ("first", "second")
GENERATED = 4  # the generators learn from one of so many segments; discriminators, which cost a tenth, from all
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
    """Losses of generators and discriminators: ``relativistic``, ``non_saturating``, ``minimax`` or ``hinge``."""
    reconstruction: str = "bce"
    """Loss of onsets and of what sounds after a cycle, and of what is to stay: ``bce``, ``mse`` or ``cross_entropy``;
    that of velocities is the squared error."""
    content: Annotated[float, Within(0, 10_000)] = 1.5
    """Weight of 1 - the correlation of the chroma of what is generated with that of its source."""
    cycle: Annotated[float, Within(0, 10_000)] = 0.05
    """Weight of the loss of what is turned there and back."""
    identity: Annotated[float, Within(0, 10_000)] = 0.05
    """Weight of the loss of what is of the set already."""
    penalty: Annotated[float, Within(0, 10_000)] = 0.2
    """Weight of the penalties on the gradients of a discriminator, at real and at generated segments."""
    noise: Annotated[float, Within(0, 100)] = 0.25
    """Standard deviation of the Gaussian noise on what the discriminators see."""
    pool: Annotated[int, Within(1, 100_000)] = 64
    """Earlier segments of each generator, of which a discriminator sees three for each new one."""

    def __post_init__(self) -> None:
        check_choice("objective", self.objective, objectives.OBJECTIVES, parameter="objective")
        check_choice("reconstruction", self.reconstruction, objectives.RECONSTRUCTIONS, parameter="reconstruction")
        check_fields(self)


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
        quarters = [_quarter(segments) for segments in real]
        generated = [self.to_first(quarters[1]).rolls(), self.to_second(quarters[0]).rolls()]
        losses = self._generator_losses(quarters, generated)
        weights = {name: getattr(self.config, name) for name in ("content", "cycle", "identity")}
        total = sum((weight * losses[name] for name, weight in weights.items()), losses["adversarial"])
        backward_and_step("generator", total)
        seen, state = self._with_earlier([segments.detach() for segments in generated], state, rows=len(real[0]))
        losses |= self._discriminator_losses(real, seen)
        backward_and_step("discriminator", losses["discriminator"] + self.config.penalty / 2 * losses["penalty"])
        return {name: loss.item() for name, loss in losses.items()}, state

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return the scores of held-out segments; see :mod:`maestrokit.models.adversarial.style_scores`.

        ``batch["known_first"]`` and ``batch["known_second"]`` are some that were learnt from.
        """
        first, second = (batch[name] for name in SETS)
        directions = (
            (second, self.to_first(second).rolls(), first, batch["known_first"], self.of_first),
            (first, self.to_second(first).rolls(), second, batch["known_second"], self.of_second),
        )
        scores: dict[str, float] = {}
        for source, generated, target, known, discriminator in directions:
            right = objectives.accuracies(discriminator(target), discriminator(generated))
            with torch.autocast(target.device.type, enabled=False):  # sums of squares need all digits
                direction = style_scores.direction_scores(source, generated, target, known)
            direction |= {"accuracy_real": right[0], "accuracy_generated": right[1]}
            scores = {name: scores.get(name, 0.0) + value / len(directions) for name, value in direction.items()}
        return {name: (value * len(first), float(len(first))) for name, value in scores.items()}, {}

    def note(self, scores: Mapping[str, float]) -> str:
        """Return a sentence where the generators have collapsed."""
        return objectives.collapse_note(scores["spread"])

    def _generator_losses(self, real: list[Tensor], generated: list[Tensor]) -> dict[str, Tensor]:
        """Return what the generators lose to the discriminators, in content, after a cycle, and on their own set."""
        generators, discriminators = (self.to_first, self.to_second), (self.of_first, self.of_second)
        kind = self.config.reconstruction
        losses = _zeros(("adversarial", "content", "cycle", "identity"), real[0])
        for row in range(2):
            log_odds = [
                discriminators[row](example, noise=self.config.noise) for example in (real[row], generated[row])
            ]
            losses["adversarial"] += objectives.generator_loss(self.config.objective, *log_odds)
            correlation = style_scores.chroma_correlation(real[1 - row], generated[row])
            losses["content"] += 1 - correlation.mean()
            losses["cycle"] += difference(kind, generators[row](generated[1 - row]), real[row])
            own = _quarter(real[row])
            losses["identity"] += difference(kind, generators[row](own), own)
        return losses

    def _discriminator_losses(self, real: list[Tensor], generated: list[Tensor]) -> dict[str, Tensor]:
        """Return what the discriminators lose, and their penalties, which are taken at a quarter of the segments."""
        losses = _zeros(("discriminator", "penalty"), real[0])
        for row, discriminator in enumerate((self.of_first, self.of_second)):
            examples = (real[row], generated[row])
            log_odds = [discriminator(example, noise=self.config.noise) for example in examples]
            losses["discriminator"] += objectives.discriminator_loss(self.config.objective, *log_odds)
            for example in examples if self.config.penalty else ():
                quarter = _quarter(example).clone().requires_grad_()
                struck = strikes(quarter).detach().requires_grad_()
                penalized = discriminator(quarter, struck=struck, noise=self.config.noise)
                losses["penalty"] += sum(objectives.gradient_penalty(penalized, seen) for seen in (quarter, struck))
        return losses

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
        WEIGHTS["onset"] * objectives.reconstruction_loss(kind, _sure_enough(output.onset, onset), onset)
        + WEIGHTS["sounding"] * objectives.reconstruction_loss(kind, _sure_enough(output.sounding, sounding), sounding)
        + WEIGHTS["velocity"] * apart
    )


def _quarter(segments: Tensor) -> Tensor:
    return segments[: -(-len(segments) // GENERATED)]


def _zeros(names: Sequence[str], like: Tensor) -> dict[str, Tensor]:
    return {name: like.new_zeros(()) for name in names}


def _sure_enough(log_odds: Tensor, target: Tensor) -> Tensor:
    return torch.where(target > 0, log_odds.clamp(max=MARGIN), log_odds.clamp(min=-MARGIN))
