"""Input and output layers of models of notes, one position a note; the layers between them are the body.

The input is the sum of embeddings of a note's factors, of features of all keys at its onset, and of conditions
(:mod:`maestrokit.models.sequences.conditions`). The next note is predicted factor by factor: time, pitch, velocity,
duration, each from the body's output, the factors before it [1], and the keys that sound at the new onset, by a small
gated layer of its own. A duration is a new end, or a pointer [2] to a group of sounding notes that end together, such
as those that one release of the pedal ends. A batch has the inputs and targets of
:mod:`maestrokit.music.encodings.notes` as tensors by name, targets with the prefix ``next_``, each of shape (batch,
time, ..); ``..`` in shapes below stands for (batch, time).

References
----------
.. [1] J. Ryu et al., "Nested Music Transformer: Sequentially Decoding Compound Tokens in Symbolic Music and Audio
   Generation", ISMIR 2024.
.. [2] O. Vinyals, M. Fortunato, N. Jaitly, "Pointer Networks", NeurIPS 2015.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models.contract import BackwardAndStep, RecurrentState, SumsAndCounts, TensorBatch, TrainedModel
from maestrokit.models.kernels import fused
from maestrokit.models.kernels.linear import EndLinear, Linear
from maestrokit.models.kernels.switch import replaced_by
from maestrokit.models.sequences.bases import factor_bases
from maestrokit.models.sequences.conditions import Conditions, condition_names
from maestrokit.models.sequences.key_context import CHANNELS, KeyContext
from maestrokit.models.sequences.smooth import SmoothEmbedding, SmoothLinear
from maestrokit.music.encodings.key_state import FEATURES, GROUP_FEATURES, GROUPS
from maestrokit.music.encodings.notes import DURATIONS, FACTORS, TIMES
from maestrokit.music.piano_range import KEYS

OPTIONAL = ("conditions.", "after")  # parts that a model may lack
FACTOR_WIDTH = 128  # of each factor's own layer
POINTER_WIDTH = 32


class Body(Protocol):
    """The layers between input and output, such as those of a transformer."""

    def hidden_states(self, x: Tensor, state: Any = None, *, onset: Tensor) -> tuple[Tensor, Any]:
        """Return hidden states that depend on all positions up to their own, and the state after them.

        Without a state the sequence begins here, and a body that saves time by it returns none.

        Shape
        -----
        x, result : (batch, time, width); onset : (batch, time), in steps
        """

    def selected(self, state: Any, rows: Tensor) -> Any:
        """Return the state of some rows."""

    def initial_state(self, batch: int, *, length: int, pinned: int = 0) -> Any:
        """Return the state before the first position, with room for `length` of them; `pinned` are not forgotten."""


class NoteInput(nn.Module):
    """The sum of embeddings of a note's factors, and of the features of all keys."""

    def __init__(self, width: int, velocity_bins: int) -> None:
        super().__init__()
        sizes = {"time": TIMES, "pitch": KEYS, "pitch_class": 12, "octave": 8, "velocity": velocity_bins}
        sizes["duration"] = DURATIONS
        self.embeddings = nn.ModuleDict()
        for name, size in sizes.items():
            if name in ("pitch", "pitch_class", "octave"):
                part = nn.Embedding(size + 1, width)
                nn.init.normal_(part.weight, std=0.5)
                self.embeddings[name] = part
            else:
                self.embeddings[name] = SmoothEmbedding(factor_bases(name, size + 1), width, deviation=0.5)
        self.keys = Linear(FEATURES * KEYS, width, bias=False)
        nn.init.normal_(self.keys.weight, std=0.1)

    def forward(self, batch: TensorBatch) -> Tensor:
        """Return vectors of the notes of a batch, (batch, time, width)."""
        pitch = batch["pitch"]
        is_begin, from_c = pitch == KEYS, pitch + 9  # key 0 is an A
        classes = {name: batch[name] for name in FACTORS}
        classes["pitch_class"] = torch.where(is_begin, 12, from_c % 12)
        classes["octave"] = torch.where(is_begin, 8, from_c // 12)
        x: Tensor = self.keys(batch["keys"])
        for name, part in self.embeddings.items():
            x = x + part(classes[name])
        return x


class NoteHeads(nn.Module):
    """Logits of the factors of the next note, one factor after another.

    The layer of each factor has an input of its own, `state`: it begins with the body's output, and each factor that
    becomes known adds to the states of those after it.
    """

    def __init__(self, width: int, velocity_bins: int) -> None:
        super().__init__()
        self.state = Linear(width, 4 * 2 * FACTOR_WIDTH, bias=False)
        self.sounding = Linear(KEYS, 3 * 2 * FACTOR_WIDTH, bias=False)
        classes = {"time": TIMES + 1, "pitch": KEYS, "velocity": velocity_bins, "duration": DURATIONS}
        bases = {name: factor_bases(name, size) for name, size in classes.items()}
        widths = {"time": 3 * 2 * FACTOR_WIDTH, "pitch": 2 * 2 * FACTOR_WIDTH, "velocity": 2 * FACTOR_WIDTH}
        self.known = nn.ModuleDict(
            {name: SmoothEmbedding(bases[name], size, deviation=0.3) for name, size in widths.items()}
        )
        self.output = nn.ModuleDict({name: SmoothLinear(FACTOR_WIDTH, part) for name, part in bases.items()})
        self.group = EndLinear(GROUP_FEATURES, POINTER_WIDTH)
        self.query = EndLinear(FACTOR_WIDTH, POINTER_WIDTH, bias=False)
        self.context = KeyContext(FACTOR_WIDTH)
        self.struck = Linear(CHANNELS, 2 * 2 * FACTOR_WIDTH, bias=False)
        self.slot, self.score = nn.Parameter(torch.zeros(GROUPS, POINTER_WIDTH)), EndLinear(POINTER_WIDTH, 1)
        nn.init.normal_(self.state.weight, std=width**-0.5)
        nn.init.normal_(self.sounding.weight, std=0.1)
        nn.init.zeros_(self.struck.weight)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def states(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the states of the four factors, each (.., 2 FACTOR_WIDTH), given the body's output, (.., width)."""
        return self.state(x).chunk(4, dim=-1)  # type: ignore[no-any-return]

    def time(self, state: Tensor, joinable: Tensor) -> Tensor:
        """Return logits of times, (.., TIMES + 1), the last that of the end.

        That of time 0 is -inf where no key can join the chord: where `joinable`, (..), is false.
        """
        logits: Tensor = self.output["time"](_gated(state))
        is_impossible = torch.zeros_like(logits, dtype=torch.bool)
        is_impossible[..., 0] = ~joinable
        return logits.masked_fill(is_impossible, -math.inf)

    def after_time(self, states: tuple[Tensor, ...], time: Tensor, sounding: Tensor) -> tuple[Tensor, ...]:
        """Return the states of pitch, velocity and duration, given the time and the keys that sound then.

        Shape
        -----
        time : (..); sounding : (.., KEYS)
        """
        added = self.known["time"](time) + self.sounding(sounding)  # (.., 3 * 2 FACTOR_WIDTH)
        return tuple(state + part for state, part in zip(states[1:], added.chunk(3, dim=-1), strict=True))

    def pitch(self, state: Tensor, keys: Tensor, sounding: Tensor, blocked: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of keys, (.., KEYS), -inf of those that are blocked, and the context of each key.

        Shape
        -----
        keys : (.., FEATURES * KEYS); sounding, blocked : (.., KEYS); context : (.., KEYS, CHANNELS)
        """
        inner = _gated(state)
        context = self.context(keys, sounding, inner)
        logits = self.output["pitch"](inner) + context @ self.context.score
        return logits.masked_fill(blocked, -math.inf), context

    def after_pitch(self, states: tuple[Tensor, ...], pitch: Tensor, context: Tensor) -> tuple[Tensor, ...]:
        """Return the states of velocity and duration, given the key, (..), and the contexts of all keys."""
        index = pitch[..., None, None].expand(*pitch.shape, 1, CHANNELS)
        context_of_key = context.gather(-2, index)[..., 0, :]  # (.., CHANNELS)
        parts = (self.known["pitch"](pitch) + self.struck(context_of_key)).chunk(2, dim=-1)
        return tuple(state + part for state, part in zip(states[1:], parts, strict=True))

    def velocity(self, state: Tensor) -> Tensor:
        """Return logits of velocity bins, (.., bins)."""
        return self.output["velocity"](_gated(state))  # type: ignore[no-any-return]

    def duration(self, state: Tensor, velocity: Tensor, groups: Tensor, present: Tensor) -> Tensor:
        """Return logits of durations, (.., GROUPS + DURATIONS): of groups, -inf of absent ones, then of new ends.

        Shape
        -----
        velocity : (..); groups : (.., GROUPS, GROUP_FEATURES); present : (.., GROUPS)
        """
        inner = _gated(state + self.known["velocity"](velocity))
        hidden = F.silu(self.group(groups) + self.slot + self.query(inner)[..., None, :])  # (.., GROUPS, POINTER_WIDTH)
        pointers = self.score(hidden)[..., 0].masked_fill(~present, -math.inf)
        return torch.cat((pointers, self.output["duration"](inner)), dim=-1)


@replaced_by(fused.gated)
def _gated(halves: Tensor) -> Tensor:
    """Return ``silu(gate) * value`` of the two halves of the last axis."""
    gate, value = halves.chunk(2, dim=-1)
    return F.silu(gate) * value


class NoteModel(TrainedModel):
    """A model of notes: input, body, and heads."""

    predicts_notes = True

    def __init__(self, body: TrainedModel, config: Any) -> None:
        super().__init__()
        self.config: Any = config
        self.supports_cpu_autocast = body.supports_cpu_autocast
        self.body: Any = body
        self.input = NoteInput(config.width, config.velocity_bins)
        self.conditions = Conditions(condition_names(config.conditions), config.width)
        self.heads = NoteHeads(config.width, config.velocity_bins)
        self.after = nn.Parameter(torch.zeros(config.width)) if config.infill else None
        """Added to the inputs of notes after a gap, which come before all others."""
        self.class_names: dict[str, list[str]] = {}
        """Of each condition by class, what its codes from 1 on mean."""
        self.recurrence: Any = None
        """How the earlier notes of a piece count beside the network, if they do; it is not learned."""

    def vectors(self, batch: TensorBatch) -> Tensor:
        """Return the input of the body, (batch, time, width)."""
        x: Tensor = self.input(batch)
        if self.conditions.tables:
            x = x + self.conditions(batch)
        return x if self.after is None or "is_after" not in batch else x + batch["is_after"][..., None] * self.after

    def logits(self, batch: TensorBatch, state: Any = None) -> tuple[dict[str, Tensor], Any]:
        """Return the logits of each factor of the next note, given those before it, and the state after."""
        x, state = self.body.hidden_states(self.vectors(batch), state, onset=batch["onset"])
        return self.factor_logits(x, batch), state

    def factor_logits(self, x: Tensor, batch: TensorBatch) -> dict[str, Tensor]:
        """Return the logits of each factor of the next note, given the body's output and the factors before it."""
        heads, out, sounding = self.heads, {}, batch["next_sounding"].to(x.dtype)
        states = heads.states(x)
        out["time"] = heads.time(states[0], batch["next_joinable"])
        states = heads.after_time(states, batch["next_time"], sounding)
        out["pitch"], context = heads.pitch(states[0], batch["keys"], sounding, batch["next_blocked"])
        states = heads.after_pitch(states, batch["next_pitch"], context)
        out["velocity"] = heads.velocity(states[0])
        out["duration"] = heads.duration(states[1], batch["next_velocity"], batch["next_groups"], batch["next_present"])
        return out

    def nats(self, batch: TensorBatch) -> tuple[dict[str, Tensor], Tensor]:
        """Return nats by factor, and the number of factors whose target was the likeliest class.

        Nats and numbers are (batch, time) each. Remainders of times and durations are included. Where ``weight`` is 0
        all are 0, and so are pitch, velocity and duration where the piece ends.
        """
        logits, _ = self.logits(batch)
        weight, notes = batch["weight"], batch["weight"] * batch["next_is_note"]
        nats, hits = {}, torch.zeros_like(weight)
        for name in FACTORS:
            counted = weight if name == "time" else notes
            target, flat = batch[f"next_{name}"], logits[name].flatten(0, 1).float()
            loss = F.cross_entropy(flat, target.flatten(), reduction="none").view_as(weight)
            nats[name] = torch.where(counted > 0, loss, 0.0)
            hits += (logits[name].detach().argmax(-1) == target) * counted
        nats["time"] = nats["time"] + batch["next_time_remainder"] * notes
        nats["duration"] = nats["duration"] + batch["next_duration_remainder"] * notes
        return nats, hits

    def step(
        self, batch: TensorBatch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Train on the notes and ends whose ``batch["weight"]`` is 1; losses are nats per position."""
        nats, _ = self.nats(batch)
        means = {name: part.sum() / batch["weight"].sum() for name, part in nats.items()}
        loss = torch.stack(list(means.values())).sum()
        backward_and_step("model", loss)
        return {"loss": loss.item(), **{name: value.item() for name, value in means.items()}}, {}

    def score(self, batch: TensorBatch, state: RecurrentState) -> tuple[SumsAndCounts, RecurrentState]:
        """Return nats per note, in all and of each factor, and the share of factors predicted rightly."""
        nats, hits = self.nats(batch)
        notes = float((batch["weight"] * batch["next_is_note"]).sum().item())
        scores = {name: (part.sum().item(), notes) for name, part in nats.items()}
        total = sum(value for value, _ in scores.values())
        factors = 3 * notes + float(batch["weight"].sum().item())
        return {"loss": (total, notes), "accuracy": (hits.sum().item(), factors), **scores}, {}

    def inherited(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights of a model with other conditions or sizes of the body, adapted to this one if possible."""
        own = self.state_dict()
        weights = {name: value for name, value in weights.items() if name in own or not name.startswith(OPTIONAL)}
        body = {name.removeprefix("body."): value for name, value in weights.items() if name.startswith("body.")}
        adapted = {f"body.{name}": value for name, value in self.body.inherited(body).items()}
        return {**weights, **adapted}
