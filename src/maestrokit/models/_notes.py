"""What a sequence model needs at both ends to read and predict notes, one position a note; what is between is a body.

A note is the sum of embeddings of its factors, and of features of all keys at its onset. The next note is predicted
factor by factor: time, pitch, velocity, duration, each from the body's output, the factors before it, and the keys that
sound at the new onset, by a small gated layer of its own. A duration is a new end, or points to a group of sounding
notes that ends together, as notes do that one lift of the pedal ends. What :mod:`maestrokit.music.note_codes` calls
inputs and targets are tensors of these names here, targets with ``next_`` before them.

References
----------
.. [1] J. Ryu et al., "Nested Music Transformer", ISMIR 2024 (factors predicted one after another).
.. [2] O. Vinyals, M. Fortunato, N. Jaitly, "Pointer Networks", NeurIPS 2015.
"""

import math
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (as everywhere)

from maestrokit.models._key_context import CHANNELS, KeyContext
from maestrokit.models._smooth import SmoothEmbedding, SmoothLinear, bumps
from maestrokit.models.contract import BackwardAndStep, Batch, RecurrentState, Scores, TrainedModel
from maestrokit.models.kernels import fused
from maestrokit.models.kernels.linear import EndLinear, Linear
from maestrokit.models.kernels.switch import replaced_by
from maestrokit.music.key_state import FEATURES, GROUP_FEATURES, GROUPS
from maestrokit.music.note_codes import DURATION_EDGES, DURATIONS, TIME_EDGES, TIMES
from maestrokit.music.piano_range import KEYS

FACTORS = ("time", "pitch", "velocity", "duration")
LAYER = 128  # width of each factor's own layer
POINTER = 32
CLASSES_A_NAT = 4.0  # of times and durations, along which their tables are smooth


class Body(Protocol):
    """What lies between: from vectors of positions to vectors that know all before, both (batch, time, width)."""

    def through(self, x: Tensor, state: Any = None, *, onset: Tensor) -> tuple[Tensor, Any]:
        """Return the outputs, and the state after; None begins, and keeps none where that saves time.

        `onset`, (batch, time), is in steps.
        """

    def initial_state(self, batch: int, *, length: int) -> Any:
        """Return the state before anything, with room for `length` positions."""


def smooth_shares(factor: str, classes: int) -> Tensor:
    """Return what classes of a factor share with those around them; see :func:`bumps`."""
    if factor in ("time", "duration"):
        edges = TIME_EDGES if factor == "time" else DURATION_EDGES
        middle = (edges[:-1] + np.minimum(edges[1:], 2 * edges[:-1] + 1) - 1) / 2
        return bumps(CLASSES_A_NAT * np.log1p(middle / 2), classes=classes)
    ordered = KEYS if factor == "pitch" else classes
    return bumps(np.arange(ordered, dtype=np.float64), classes=classes, period=12 * (factor == "pitch"))


class NoteInput(nn.Module):
    """The sum of a note's embeddings, and of features of the keys."""

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
                self.embeddings[name] = SmoothEmbedding(smooth_shares(name, size + 1), width, deviation=0.5)
        self.keys = Linear(FEATURES * KEYS, width, bias=False)
        nn.init.normal_(self.keys.weight, std=0.1)

    def forward(self, batch: Batch) -> Tensor:
        pitch = batch["pitch"]
        is_begin, from_c = pitch == KEYS, pitch + 9  # key 0 is an A
        numbers = {name: batch[name] for name in FACTORS}
        numbers["pitch_class"] = torch.where(is_begin, 12, from_c % 12)
        numbers["octave"] = torch.where(is_begin, 8, from_c // 12)
        x: Tensor = self.keys(batch["keys"])
        for name, part in self.embeddings.items():
            x = x + part(numbers[name])
        return x


class NoteHeads(nn.Module):
    """Logits of the factors of the next note."""

    def __init__(self, width: int, velocity_bins: int) -> None:
        super().__init__()
        self.state = Linear(width, 4 * 2 * LAYER, bias=False)
        self.sounding = Linear(KEYS, 3 * 2 * LAYER, bias=False)
        classes = {"time": TIMES + 1, "pitch": KEYS, "velocity": velocity_bins, "duration": DURATIONS}
        shares = {name: smooth_shares(name, size) for name, size in classes.items()}
        widths = {"time": 3 * 2 * LAYER, "pitch": 2 * 2 * LAYER, "velocity": 2 * LAYER}
        self.known = nn.ModuleDict(
            {name: SmoothEmbedding(shares[name], size, deviation=0.3) for name, size in widths.items()}
        )
        self.output = nn.ModuleDict({name: SmoothLinear(LAYER, part) for name, part in shares.items()})
        self.group, self.query = EndLinear(GROUP_FEATURES, POINTER), EndLinear(LAYER, POINTER, bias=False)
        self.context = KeyContext(LAYER)
        self.struck = Linear(CHANNELS, 2 * 2 * LAYER, bias=False)
        self.slot, self.score = nn.Parameter(torch.zeros(GROUPS, POINTER)), EndLinear(POINTER, 1)
        nn.init.normal_(self.state.weight, std=width**-0.5)
        nn.init.normal_(self.sounding.weight, std=0.1)
        nn.init.zeros_(self.struck.weight)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def states(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return what each factor's layer takes from the body's output, (.., 2 LAYER) each."""
        return self.state(x).chunk(4, dim=-1)  # type: ignore[no-any-return]

    def time(self, state: Tensor, joinable: Tensor) -> Tensor:
        """Return logits of times, the last that of the end; no time passes only where a key can join the chord."""
        logits: Tensor = self.output["time"](_gated(state))
        none = torch.zeros_like(logits, dtype=torch.bool)
        none[..., 0] = ~joinable
        return logits.masked_fill(none, -math.inf)

    def after_time(self, states: tuple[Tensor, ...], time: Tensor, sounding: Tensor) -> tuple[Tensor, ...]:
        """Return the states of pitch, velocity and duration once the new onset is known."""
        now = self.known["time"](time) + self.sounding(sounding)
        return tuple(state + part for state, part in zip(states[1:], now.chunk(3, dim=-1), strict=True))

    def pitch(self, state: Tensor, keys: Tensor, sounding: Tensor, blocked: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits of keys, -inf of those that are blocked, and the vectors of all keys.

        Shape
        -----
        keys : (.., FEATURES * KEYS); sounding, blocked : (.., KEYS)
        """
        inner = _gated(state)
        context = self.context(keys, sounding, inner)  # (.., KEYS, CHANNELS)
        logits = self.output["pitch"](inner) + context @ self.context.score
        return logits.masked_fill(blocked, -math.inf), context

    def after_pitch(self, states: tuple[Tensor, ...], pitch: Tensor, context: Tensor) -> tuple[Tensor, ...]:
        """Return the states of velocity and duration once the key is known."""
        rows = pitch[..., None, None].expand(*pitch.shape, 1, CHANNELS)
        struck = self.struck(context.gather(-2, rows)[..., 0, :])  # what is around the key that is struck
        parts = (self.known["pitch"](pitch) + struck).chunk(2, dim=-1)
        return tuple(state + part for state, part in zip(states[1:], parts, strict=True))

    def velocity(self, state: Tensor) -> Tensor:
        """Return logits of velocities."""
        return self.output["velocity"](_gated(state))  # type: ignore[no-any-return]

    def duration(self, state: Tensor, velocity: Tensor, groups: Tensor, present: Tensor) -> Tensor:
        """Return logits of groups, where there are any, and of new ends."""
        inner = _gated(state + self.known["velocity"](velocity))
        points = F.silu(self.group(groups) + self.slot + self.query(inner)[..., None, :])  # (.., GROUPS, POINTER)
        pointers = self.score(points)[..., 0].masked_fill(~present, -math.inf)
        return torch.cat((pointers, self.output["duration"](inner)), dim=-1)


@replaced_by(fused.gated)
def _gated(both: Tensor) -> Tensor:
    """Return ``silu(gate) * value`` of the two halves of the last axis."""
    gate, value = both.chunk(2, dim=-1)
    return F.silu(gate) * value


class NoteModel(TrainedModel):
    """A body between notes."""

    def __init__(self, body: TrainedModel, config: Any) -> None:
        super().__init__()
        self.config: Any = config
        self.supports_cpu_autocast = body.supports_cpu_autocast
        self.body: Any = body
        self.input = NoteInput(config.width, config.velocity_bins)
        self.heads = NoteHeads(config.width, config.velocity_bins)

    def logits(self, batch: Batch, state: Any = None) -> tuple[dict[str, Tensor], Any]:
        """Return the logits of each factor of the next note, given those before it, and the state after."""
        x, state = self.body.through(self.input(batch), state, onset=batch["onset"])
        heads, out, sounding = self.heads, {}, batch["next_sounding"].to(x.dtype)
        states = heads.states(x)
        out["time"] = heads.time(states[0], batch["next_joinable"])
        states = heads.after_time(states, batch["next_time"], sounding)
        out["pitch"], context = heads.pitch(states[0], batch["keys"], sounding, batch["next_blocked"])
        states = heads.after_pitch(states, batch["next_pitch"], context)
        out["velocity"] = heads.velocity(states[0])
        out["duration"] = heads.duration(states[1], batch["next_velocity"], batch["next_groups"], batch["next_present"])
        return out, state

    def nats(self, batch: Batch, state: Any = None) -> tuple[dict[str, Tensor], Tensor, Any]:
        """Return nats by factor, how many factors were the likeliest, (batch, time) each, and the state after.

        Remainders are counted; where ``weight`` is 0, and behind an end, there is nothing to count.
        """
        logits, state = self.logits(batch, state)
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
        return nats, hits, state

    def step(
        self, batch: Batch, state: RecurrentState, backward_and_step: BackwardAndStep
    ) -> tuple[dict[str, float], RecurrentState]:
        """Learn to predict the notes, and ends, that ``batch["weight"]`` is 1 for."""
        nats, _, _ = self.nats(batch)
        means = {name: part.sum() / batch["weight"].sum() for name, part in nats.items()}
        loss = torch.stack(list(means.values())).sum()
        backward_and_step("model", loss)
        return {"loss": loss.item(), **{name: value.item() for name, value in means.items()}}, {}

    def score(self, batch: Batch, state: RecurrentState) -> tuple[Scores, RecurrentState]:
        """Return nats a note, of all and of each factor, and the share of factors that were the likeliest."""
        nats, hits, _ = self.nats(batch)
        notes = float((batch["weight"] * batch["next_is_note"]).sum().item())
        scores = {name: (part.sum().item(), notes) for name, part in nats.items()}
        total = sum(value for value, _ in scores.values())
        factors = 3 * notes + float(batch["weight"].sum().item())
        return {"loss": (total, notes), "accuracy": (hits.sum().item(), factors), **scores}, {}

    def inherited(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return weights whose body is as another size of the same family inherits it."""
        inner = {name.removeprefix("body."): value for name, value in weights.items() if name.startswith("body.")}
        taken = {f"body.{name}": value for name, value in self.body.inherited(inner).items()}
        return {**weights, **taken}
