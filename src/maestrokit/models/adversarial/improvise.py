"""An improviser: a transformer of notes that is refined against a discriminator of what it makes (Transformer-GAN [1]).

The generator is a model of notes, as a rule a trained one. From prompts of people's it samples continuations, without a
gradient through time; one pass over them gives logits, and a straight-through estimator at each sampled note passes the
discriminator's gradient on to them. The likelihood of people's continuations is kept beside, so that the generator does
not forget what it knows. The discriminator is a :class:`maestrokit.models.adversarial.critic.NoteCritic`. It sees each
continuation with the end of its prompt, and in the relativistic loss next to the continuation that a person played.

References
----------
.. [1] A. Muhamed et al., "Symbolic Music Generation with Transformer-GANs", AAAI 2021 (there the discriminator is a
   pretrained BERT, with the loss of Wasserstein).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any

import torch
from torch import Tensor

from maestrokit.bounds import Within, check_fields
from maestrokit.errors import check_choice
from maestrokit.models import transformer
from maestrokit.models.adversarial import critic, improvise_scores, objectives
from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.models.sequences.continuations import continuation, states_of, straight_through, whole_durations
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import END, FACTORS

TASKS = ("improvise",)
BEGINS_WITH = {"transformer": "events"}
"""Models that a training can begin with, by family and task."""
GENERATOR = "generator."  # before the names of the weights that generate
INPUTS = ("onset", "time", "pitch", "velocity", "duration", "keys")


@dataclass(frozen=True)
class Config(transformer.Config):
    """Sizes of an improviser, those of a transformer and of the discriminator, and the weights of its losses."""

    encoding: str = "notes"
    """``notes``, decided by the data."""
    step_milliseconds: Annotated[int, Within(1, 1000)] = 10
    """Time step of the notes, decided by the data."""
    discriminator_channels: Annotated[int, Within(1, 65536)] = 64
    """Channels of the discriminator."""
    discriminator_depth: Annotated[int, Within(1, 16)] = 6
    """Number of its convolutions."""
    discriminator_dropout: Annotated[float, Within(0, 1, below=True)] = 0.2
    """Dropout of whole channels after each convolution of the discriminator."""
    discriminator_rate: Annotated[float, Within(0, 1000, above=True)] = 20.0
    """Learning rate of the discriminator, as a multiple of that of the generator, which is usually trained already."""
    objective: str = "relativistic"
    """Losses of the two players: ``relativistic``, ``non_saturating``, ``hinge``, or ``minimax``, as in the first
    GAN."""
    adversarial: Annotated[float, Within(0, 10_000)] = 1.0
    """Weight of the generator's loss against the discriminator, beside nats a note. With 0 only the likelihood is
    learned, and nothing is sampled."""
    discriminator_steps: Annotated[int, Within(1, 1000)] = 12
    """Steps of the discriminator for each of the generator; all but the first are on earlier continuations."""
    pool: Annotated[int, Within(1, 100_000)] = 2048
    """Earlier continuations that it sees again, and people's after the same prompts."""
    penalty: Annotated[float, Within(0, 10_000)] = 0.1
    """Weight of the penalties on the gradients of the discriminator, at people's and at generated notes."""
    relaxation: Annotated[float, Within(0, 100, above=True)] = 1.0
    """Temperature of the softmax whose gradient the sampled notes have."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("objective", self.objective, objectives.OBJECTIVES, parameter="objective")
        check_choice("encoding", self.encoding, ("notes",), parameter="encoding")
        check_fields(self)


class Model(TrainedModel):
    """The generator and the discriminator."""

    supports_cpu_autocast = True

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.generator = NoteModel(transformer.TransformerBody(config), config)
        sizes = critic.Config(
            config.discriminator_channels,
            config.discriminator_depth,
            config.velocity_bins,
            dropout=config.discriminator_dropout,
        )
        self.discriminator = critic.NoteCritic(sizes)
        self.encoding = Encoding(step_milliseconds=config.step_milliseconds, velocity_bins=config.velocity_bins)

    def parameter_groups(self) -> dict[str, list[torch.nn.Parameter]]:
        """Return the weights of the two players."""
        return {"generator": list(self.generator.parameters()), "discriminator": list(self.discriminator.parameters())}

    def group_rates(self) -> dict[str, float]:
        """Return the rate of the discriminator, as a multiple of that of the generator."""
        return {"discriminator": self.config.discriminator_rate}

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train both players on excerpts of people's; those of ``batch["prompt"]`` positions are continued.

        All rows of a batch have as many positions. It has the keys where the prompts end, see :func:`states_of`. The
        generator steps first, down a discriminator that has not seen these notes: what it saw it knows by heart. The
        state has a pool of earlier continuations, of people and of the generator, by factor (1, pool, notes).
        """
        nats, _ = self.generator.nats(batch)
        losses = {"loss": torch.stack([part.sum() for part in nats.values()]).sum() / batch["weight"].sum()}
        total = losses["loss"]
        new = self._continued(batch) if self.config.adversarial else {}
        if new:
            samples = self._relaxed(batch, new)
            with torch.autocast(batch["pitch"].device.type, enabled=False):
                losses["adversarial"] = self._generator_loss(batch, samples)
            total = total + self.config.adversarial * losses["adversarial"]
        backward_and_step("generator", total)
        if new:
            with torch.autocast(batch["pitch"].device.type, enabled=False):
                lost, state = self._discriminated(batch, new, state, backward_and_step)
            losses |= lost
        return {name: loss.item() for name, loss in losses.items()}, state

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return the scores of held-out continuations; see :mod:`maestrokit.models.adversarial.improvise_scores`.

        ``batch["known_time"]`` and so on are continuations that were learned from. Sampling always begins with the same
        random numbers.
        """
        nats, _ = self.generator.nats(batch)
        notes = float((batch["weight"] * batch["next_is_note"]).sum().item())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            new = self._continued(batch)
        real, known = self._real(batch), {name: batch[f"known_{name}"] for name in FACTORS}
        with torch.autocast(batch["pitch"].device.type, enabled=False):
            sets = (self._with_context(batch, notes_) for notes_ in (real, new))
            log_odds = [self.discriminator.log_odds(vectors) for vectors in sets]
        scores = improvise_scores.scores(new, real, known)
        scores["accuracy_real"], scores["accuracy_generated"] = objectives.accuracies(*log_odds)
        rows = float(len(batch["pitch"]))
        counted: SumsAndCounts = {name: (value * rows, rows) for name, value in scores.items()}
        return {**counted, "nats": (sum(part.sum().item() for part in nats.values()), notes)}, {}

    def note(self, scores: Mapping[str, float]) -> str:
        """Return a sentence where the generator has collapsed."""
        return objectives.collapse_note(scores["spread"])

    def inherited(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of another improviser, or of a transformer of notes as those of the generator."""
        if any(name.startswith(GENERATOR) for name in weights):
            return dict(weights)
        return {GENERATOR + name: value for name, value in self.generator.inherited(weights).items()}

    def _continued(self, batch: TensorBatch) -> dict[str, Tensor]:
        """Return continuations by the generator, as many notes as people's; see :func:`continuation`."""
        prompt = {name: part for name, part in batch.items() if name.startswith("condition_")}
        prompt |= {name: batch[name][:, : self._prompt(batch)] for name in INPUTS}
        count = batch["pitch"].shape[1] - self._prompt(batch)
        return continuation(self.generator, prompt, states_of(batch), count, self.encoding)

    def _relaxed(self, batch: TensorBatch, new: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the sampled notes as weights of classes, with gradients to the generator; (rows, notes, classes)."""
        prompt, count = self._prompt(batch), new["pitch"].shape[1]
        inputs = {name: part for name, part in batch.items() if name.startswith("condition_")}
        inputs |= {name: torch.cat((batch[name][:, :prompt], new[name][:, :-1]), dim=1) for name in INPUTS}
        x, _ = self.generator.body.hidden_states(self.generator.vectors(inputs), onset=inputs["onset"])
        at = {"keys": inputs["keys"][:, -count:]}
        logits = self.generator.factor_logits(x[:, -count:], {**new, **at})
        logits["time"] = logits["time"][..., :END]
        samples = {
            name: straight_through(logits[name].float(), new[f"next_{name}"], temperature=self.config.relaxation)
            for name in FACTORS
        }
        return {**samples, "duration": whole_durations(samples["duration"], new["group_duration"])}

    def _discriminated(
        self,
        batch: TensorBatch,
        new: Mapping[str, Tensor],
        state: RecurrentState,
        backward_and_step: BackwardAndStep,
    ) -> tuple[dict[str, Tensor], RecurrentState]:
        """Train the discriminator; return what it loses at new continuations, and the pool with these."""
        seen = {
            f"{kind}.{name}": part
            for kind, notes in (("real", self._real(batch)), ("new", new))
            for name, part in self._after_context(batch, notes).items()
        }
        state, losses = self._pooled(seen, state), self._discriminator_losses(seen, backward_and_step)
        rows, pooled = len(batch["pitch"]), next(iter(state.values())).shape[1]
        for _ in range(self.config.discriminator_steps - 1):
            chosen = torch.randint(pooled, (rows,), device=batch["pitch"].device)
            self._discriminator_losses({name: part[0, chosen] for name, part in state.items()}, backward_and_step)
        return losses, state

    def _pooled(self, seen: Mapping[str, Tensor], state: RecurrentState) -> RecurrentState:
        """Return the pool with new continuations; where it is full, they take the places of random ones."""
        sizes = {name: part.shape[1:] for name, part in seen.items()}
        if {name: part.shape[2:] for name, part in state.items()} != sizes:  # of a first step, or of a new epoch
            return {name: part[None, -self.config.pool :] for name, part in seen.items()}
        count, rows = (next(iter(parts.values())).shape[axis] for parts, axis in ((state, 1), (seen, 0)))
        remaining = torch.randperm(count)[: max(self.config.pool - rows, 0)]
        return {
            name: torch.cat((state[name][:, remaining.to(part.device)], part[None, -self.config.pool :]), dim=1)
            for name, part in seen.items()
        }

    def _discriminator_losses(
        self, seen: Mapping[str, Tensor], backward_and_step: BackwardAndStep
    ) -> dict[str, Tensor]:
        """Let the discriminator step down what it loses and its penalties at real and new notes; return both."""
        examples = [
            self.discriminator.vectors({name: seen[f"{kind}.{name}"] for name in FACTORS}) for kind in ("real", "new")
        ]
        log_odds = [self.discriminator.log_odds(vectors) for vectors in examples]
        penalty = log_odds[0].new_zeros(())
        for pair in zip(log_odds, examples, strict=True) if self.config.penalty else ():
            penalty = penalty + objectives.gradient_penalty(*pair)
        loss = objectives.discriminator_loss(self.config.objective, *log_odds)
        backward_and_step("discriminator", loss + self.config.penalty / 2 * penalty)
        return {"discriminator": loss, "penalty": penalty}

    def _generator_loss(self, batch: TensorBatch, samples: Mapping[str, Tensor]) -> Tensor:
        """Return what the generator loses against the discriminator."""
        real, generated = (self._with_context(batch, notes) for notes in (self._real(batch), samples))
        log_odds = self.discriminator.log_odds(real).detach(), self.discriminator.log_odds(generated)
        return objectives.generator_loss(self.config.objective, *log_odds)

    def _real(self, batch: TensorBatch) -> dict[str, Tensor]:
        """Return the notes with which people continued the prompts."""
        return {name: batch[name][:, self._prompt(batch) :] for name in FACTORS}

    def _with_context(self, batch: TensorBatch, notes: Mapping[str, Tensor]) -> Tensor:
        """Return what the discriminator sees of continuations: vectors of the prompts' later halves, then theirs."""
        parts = (self._context(batch), notes)
        return torch.cat([self.discriminator.vectors(part) for part in parts], dim=1)

    def _after_context(self, batch: TensorBatch, notes: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the classes of the prompts' later halves, then those of continuations, (rows, notes)."""
        context = self._context(batch)
        return {name: torch.cat((context[name], notes[name]), dim=1) for name in FACTORS}

    def _context(self, batch: TensorBatch) -> dict[str, Tensor]:
        end = self._prompt(batch)
        return {name: batch[name][:, (end + 1) // 2 : end] for name in FACTORS}

    @staticmethod
    def _prompt(batch: TensorBatch) -> int:
        return int(batch["prompt"][0])


def generating(config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the ``config.json`` and the weights of the generator of an improviser: those of a transformer of notes."""
    names = {field.name for field in fields(transformer.Config)}
    model = {name: value for name, value in config["model"].items() if name in names}
    own = {name.removeprefix(GENERATOR): value for name, value in weights.items() if name.startswith(GENERATOR)}
    return {**config, "family": "transformer", "task": transformer.TASKS[0], "model": model}, own
