"""A latent improviser: an autoencoder of segments of notes, and a conditional GAN among its latent vectors.

A variational autoencoder [1] makes latent vectors of segments of 6.4 s, and rolls of cells of these
(:mod:`maestrokit.music.rolls.cells`). It is learned first, then stays as it is. A generator then makes the vector of
the next segment of noise, the vector of the previous segment and conditions, and a discriminator learns to tell such
vectors from those of people's segments. The two players have no normalisation, the relativistic loss, and penalties on
the gradients at real and at generated vectors [2]. The generator adds to its noise, which is distributed as the latent
vectors of the autoencoder ought to be: a new one samples these from a normal distribution.

Of the onsets that a decoder is unsure of, as many are made as it expects on average: the peaks that have the largest
probability together with their neighbours.

References
----------
.. [1] D. P. Kingma, M. Welling, "Auto-Encoding Variational Bayes", ICLR 2014.
.. [2] Y. Huang et al., "The GAN is dead; long live the GAN! A Modern Baseline GAN", NeurIPS 2024 (R3GAN).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.bounds import SHARE, Within, check_fields
from maestrokit.errors import UsageError, check_choice
from maestrokit.models.adversarial import latent_scores, objectives
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.models.sequences.conditions import Conditions, condition_names
from maestrokit.music.piano_range import KEYS
from maestrokit.music.rolls.cells import CELLS, PLANES

TASKS = ("latent",)
HALVINGS = 4  # of the resolution in time
POSITIONS = CELLS >> HALVINGS  # that latent values belong to
WEIGHTS = {"onset": 1.0, "sounding": 0.3, "velocity": 20.0, "fraction": 5.0}  # of the planes, in reconstruction
RARE = {"onset": -5.0, "sounding": -2.5}  # log-odds with which a decoder begins
SPARSE = 5.0  # root of one over the mean square of rolls, about


@dataclass(frozen=True)
class Config:
    """Sizes and losses of a latent improviser."""

    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """Number of velocity bins of the notes, decided by the data."""
    conditions: str = ""
    """What segments are conditioned on, decided by the data: ``composer`` where a table gives it."""
    latents: Annotated[int, Within(POSITIONS, 65536)] = 128
    """Latent values of a segment, a multiple of 8: as many for each 0.8 s of it."""
    channels: Annotated[int, Within(1, 65536)] = 128
    """Channels of the convolutions of encoder and decoder."""
    width: Annotated[int, Within(1, 65536)] = 512
    """Width of the generator and of the discriminator."""
    depth: Annotated[int, Within(0, 1000)] = 3
    """Residual blocks of each."""
    vae_share: Annotated[float, SHARE] = 0.5
    """Share of the training in which the autoencoder is learned; in the rest it stays as it is, and generator
    and discriminator learn."""
    vae_kl: Annotated[float, Within(0, 10_000)] = 0.1
    """Weight of the divergence of latent values from a normal distribution, beside nats of reconstruction."""
    reconstruction: str = "bce"
    """Loss of onsets and of what sounds: ``bce``, ``mse`` or ``cross_entropy``; of velocities, and of where within its
    cell an onset is, it is the squared error."""
    objective: str = "relativistic"
    """Losses of generator and discriminator: ``relativistic``, ``non_saturating``, ``hinge``, or ``minimax``, as in the
    first GAN."""
    penalty: Annotated[float, Within(0, 10_000)] = 1.0
    """Weight of the penalties on the gradients of the discriminator, at real and at generated vectors."""

    def __post_init__(self) -> None:
        check_choice("objective", self.objective, objectives.OBJECTIVES, parameter="objective")
        check_choice("reconstruction", self.reconstruction, objectives.RECONSTRUCTIONS, parameter="reconstruction")
        check_fields(self)
        if self.latents % POSITIONS:
            fact = f"`latents` must be a multiple of {POSITIONS}, not {self.latents}"
            raise UsageError(fact, "each part of a segment has as many", parameter="latents")


class Decoded(NamedTuple):
    """What a decoder makes of latent vectors, each (batch, cells, keys)."""

    onset: Tensor
    """Log-odds."""
    sounding: Tensor
    """Log-odds."""
    velocity: Tensor
    """0..1, of a note in each cell."""
    fraction: Tensor
    """0..1, where in each cell an onset is."""

    def rolls(self) -> Tensor:
        """Return rolls of as many notes as are expected, (batch, planes, cells, keys)."""
        probability = self.onset.float().sigmoid()
        before, after = F.pad(probability, (0, 0, 1, 1)).unfold(1, 3, 1)[..., [0, 2]].unbind(dim=-1)
        is_peak = (probability >= before) & (probability > after)
        weight = ((before + probability + after) * is_peak).flatten(1)
        expected = probability.flatten(1).sum(dim=1).round().long()
        least = weight.sort(dim=1, descending=True).values.gather(1, (expected - 1).clamp(min=0)[:, None])
        chosen = (weight >= least) & (weight > 0) & (expected > 0)[:, None]
        onset = chosen.view_as(probability).float()
        sounding = torch.maximum((self.sounding > 0).float(), onset)
        return torch.stack((onset, sounding, onset * self.velocity.float(), onset * self.fraction.float()), dim=1)


class TemporalBlock(nn.Module):
    """A convolution over time, added to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.convolution.weight)
        nn.init.zeros_(self.convolution.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum, (batch, channels, time)."""
        added: Tensor = x + self.convolution(F.gelu(x))
        return added


class RollEncoder(nn.Module):
    """Convolutions over time with stride 2; the keys are channels."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        channels = config.channels
        self.stem = nn.Conv1d(len(PLANES) * KEYS, channels, 5, stride=2, padding=2)
        self.blocks = nn.ModuleList(TemporalBlock(channels) for _ in range(HALVINGS))
        self.down = nn.ModuleList(nn.Conv1d(channels, channels, 4, stride=2, padding=1) for _ in range(HALVINGS - 1))
        self.distribution = nn.Conv1d(channels, 2 * config.latents // POSITIONS, 1)
        _keep_variance(self.stem, *self.down)
        self.stem.weight.data *= SPARSE

    def forward(self, rolls: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and logarithms of variances, (batch, latents), of rolls, (batch, planes, cells, keys)."""
        x = self.stem(rolls.permute(0, 1, 3, 2).flatten(1, 2))  # (batch, planes * keys, cells)
        x = self.blocks[0](x)
        for down, block in zip(self.down, self.blocks[1:], strict=True):
            x = block(down(F.gelu(x)))
        mean, log_variance = self.distribution(F.gelu(x)).float().chunk(2, dim=1)
        return mean.flatten(1), log_variance.flatten(1).clamp(-10, 10)


class RollDecoder(nn.Module):
    """Convolutions over time, each after an upsampling."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        channels = config.channels
        self.stem = nn.Conv1d(config.latents // POSITIONS, channels, 3, padding=1)
        self.blocks = nn.ModuleList(TemporalBlock(channels) for _ in range(HALVINGS))
        self.up = nn.ModuleList(nn.ConvTranspose1d(channels, channels, 4, stride=2, padding=1) for _ in range(HALVINGS))
        self.rolls = nn.Conv1d(channels, len(PLANES) * KEYS, 3, padding=1)
        _keep_variance(self.stem, *self.up)
        for plane, log_odds in RARE.items():
            row = PLANES.index(plane) * KEYS
            nn.init.constant_(self.rolls.bias[row : row + KEYS], log_odds)  # type: ignore[index]

    def forward(self, latents: Tensor) -> Decoded:
        """Return what latent vectors, (batch, latents), stand for."""
        x = self.stem(latents.view(len(latents), -1, POSITIONS))
        for up, block in zip(self.up, self.blocks, strict=True):
            x = up(F.gelu(block(x)))
        planes = self.rolls(F.gelu(x)).float().view(len(x), len(PLANES), KEYS, CELLS).transpose(2, 3)
        onset, sounding, velocity, fraction = planes.unbind(dim=1)
        return Decoded(onset, sounding, velocity.sigmoid(), fraction.sigmoid())


class Player(nn.Module):
    """Residual layers over a latent vector, the one before it, and conditions; the last layer begins at 0."""

    def __init__(self, config: Config, outputs: int) -> None:
        super().__init__()
        self.stem = nn.Linear(2 * config.latents, config.width)
        self.conditions = Conditions(condition_names(config.conditions), config.width)
        self.first = nn.ModuleList(nn.Linear(config.width, config.width) for _ in range(config.depth))
        self.second = nn.ModuleList(nn.Linear(config.width, config.width) for _ in range(config.depth))
        self.last = nn.Linear(config.width, outputs)
        for layer in (*self.second, self.last):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, latents: Tensor, previous: Tensor, codes: Mapping[str, Tensor]) -> Tensor:
        """Return the outputs, (batch, outputs), given codes of conditions by name."""
        x = self.stem(torch.cat((latents, previous), dim=1))
        x = x + self.conditions(codes)[:, 0] if len(self.conditions.tables) else x
        for first, second in zip(self.first, self.second, strict=True):
            x = x + second(F.leaky_relu(first(F.leaky_relu(x, 0.2)), 0.2))
        outputs: Tensor = self.last(F.leaky_relu(x, 0.2))
        return outputs


class Model(TrainedModel):
    """The autoencoder and the two players."""

    supports_cpu_autocast = True
    needs_end = True
    predicts_notes = True
    predicts_segments = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.class_names: dict[str, list[str]] = {}
        """What the codes of conditions mean; set where a model is loaded."""
        self.encoder, self.decoder = RollEncoder(config), RollDecoder(config)
        self.generator = Player(config, config.latents)
        self.discriminator = Player(config, 1)

    @property
    def conditions(self) -> Conditions:
        """The conditions that a segment can be made by."""
        return self.generator.conditions

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the weights of the autoencoder and of the two players."""
        return {
            "autoencoder": [*self.encoder.parameters(), *self.decoder.parameters()],
            "generator": list(self.generator.parameters()),
            "discriminator": list(self.discriminator.parameters()),
        }

    def sampled(self, rolls: Tensor) -> Tensor:
        """Return latent vectors of rolls, sampled from what the encoder makes of them."""
        return _sample(*self.encoder(rolls))

    def following(self, noise: Tensor, previous: Tensor, codes: Mapping[str, Tensor]) -> Tensor:
        """Return the latent vectors of segments that follow others, given theirs and noise, all (batch, latents)."""
        following: Tensor = noise + self.generator(noise, previous, codes)
        return following

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on pairs of segments, ``batch["rolls"]``, (batch, planes, 2 * cells, keys)."""
        segments = torch.cat(batch["rolls"].chunk(2, dim=2))
        if self._is_autoencoding():
            losses = self._autoencoder_losses(segments)
            backward_and_step("autoencoder", losses["reconstruction"] + self.config.vae_kl * losses["divergence"])
            return {name: loss.item() for name, loss in losses.items()}, {}
        with torch.no_grad():
            previous, real = self.sampled(segments).chunk(2)
        with torch.autocast(real.device.type, enabled=False):
            generated = self.following(torch.randn_like(real), previous, batch)
            losses = self._discriminator_losses(real, generated.detach(), previous, batch)
            backward_and_step("discriminator", losses["discriminator"] + self.config.penalty / 2 * losses["penalty"])
            log_odds = [self.discriminator(latents, previous, batch) for latents in (real, generated)]
            losses["adversarial"] = objectives.generator_loss(self.config.objective, *log_odds)
            backward_and_step("generator", losses["adversarial"])
        return {name: loss.item() for name, loss in losses.items()}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return the scores of held-out pairs; see :mod:`maestrokit.models.adversarial.latent_scores`.

        ``batch["known"]`` are segments that were learned from. Sampling always begins with the same random numbers.
        """
        before, rolls = batch["rolls"].chunk(2, dim=2)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            previous, real = self.sampled(before), self.sampled(rolls)  # as the players see them in training
            noise = torch.randn_like(real)
        generated, mean = self.following(noise, previous, batch), self.encoder(rolls)[0]
        latents = {"generated": generated, "gaussian": noise, "reconstructed": mean}
        decoded = {name: self.decoder(vectors) for name, vectors in latents.items()}
        rolls_by_name = {name: segments.rolls() for name, segments in decoded.items()}
        with torch.autocast(rolls.device.type, enabled=False):  # sums of squares of keys need all digits
            scores = latent_scores.scores(rolls_by_name, rolls, batch["known"])
        log_odds = [self.discriminator(vectors, previous, batch) for vectors in (real, generated)]
        scores["accuracy_real"], scores["accuracy_generated"] = objectives.accuracies(*log_odds)
        scores["reconstruction"] = reconstruction(self.config.reconstruction, decoded["reconstructed"], rolls).item()
        share = scores["frechet"] / (1 + scores["frechet"])
        scores["loss"] = 1 + scores["reconstruction"] if self._is_autoencoding() else share
        return {name: (value * len(rolls), float(len(rolls))) for name, value in scores.items()}, {}

    def note(self, scores: Mapping[str, float]) -> str:
        """Return a sentence where the generator has collapsed."""
        return "" if self._is_autoencoding() else objectives.collapse_note(scores["spread"])

    def _is_autoencoding(self) -> bool:
        return self.done < self.config.vae_share

    def _autoencoder_losses(self, segments: Tensor) -> dict[str, Tensor]:
        """Return nats of reconstruction and of divergence, both for each cell."""
        mean, log_variance = self.encoder(segments)
        decoded = self.decoder(_sample(mean, log_variance))
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1).mean() / CELLS
        losses = {"reconstruction": reconstruction(self.config.reconstruction, decoded, segments)}
        return {**losses, "divergence": divergence}

    def _discriminator_losses(
        self, real: Tensor, generated: Tensor, previous: Tensor, codes: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return what the discriminator loses, and its penalties."""
        examples = [latents.detach().requires_grad_() for latents in (real, generated)]
        log_odds = [self.discriminator(latents, previous, codes) for latents in examples]
        penalty = real.new_zeros(())
        for pair in zip(log_odds, examples, strict=True) if self.config.penalty else ():
            penalty = penalty + objectives.gradient_penalty(*pair)
        loss = objectives.discriminator_loss(self.config.objective, *log_odds)
        return {"discriminator": loss, "penalty": penalty}


def reconstruction(kind: str, decoded: Decoded, rolls: Tensor) -> Tensor:
    """Return how far what is decoded is from rolls, in nats a cell; velocities and fractions count at onsets."""
    onset, sounding, velocity, fraction = rolls.unbind(dim=1)
    apart = {
        "velocity": (onset * (decoded.velocity - velocity).square()).sum(dim=-1).mean(),
        "fraction": (onset * (decoded.fraction - fraction).square()).sum(dim=-1).mean(),
        "onset": objectives.reconstruction_loss(kind, decoded.onset, onset),
        "sounding": objectives.reconstruction_loss(kind, decoded.sounding, sounding),
    }
    return torch.stack([WEIGHTS[name] * loss for name, loss in apart.items()]).sum()


def _keep_variance(*layers: nn.Conv1d | nn.ConvTranspose1d) -> None:
    """Set the weights of convolutions so that what they make varies as much as what they see; without, learning is slow
    to begin."""
    for layer in layers:
        seen = layer.in_channels * layer.kernel_size[0] / (layer.stride[0] if layer.transposed else 1)
        nn.init.normal_(layer.weight, std=(2 / seen) ** 0.5)
        nn.init.zeros_(layer.bias)  # type: ignore[arg-type]


def _sample(mean: Tensor, log_variance: Tensor) -> Tensor:
    return mean + torch.randn_like(mean) * (log_variance / 2).exp()
