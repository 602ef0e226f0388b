"""New performances, note by note, from a model of notes.

Only notes that a piano can play are sampled: keys that sound have no onset, chords go upwards, and the end of a note is
sampled with its onset.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from maestrokit.arrays import Integers, Mask
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import progress
from maestrokit.inference.keyboard import Keyboard, NextOnset
from maestrokit.inference.note_batches import tensors
from maestrokit.inference.note_steps import AnyHeads, NoteStep, Numbers, condition_vectors
from maestrokit.inference.sampling import SamplingConfig, probabilities, sample
from maestrokit.models._notes import FACTORS, NoteModel
from maestrokit.music.key_state import GROUPS, NEVER
from maestrokit.music.note_codes import DURATION_EDGES, TIME_EDGES, classes, excerpt
from maestrokit.music.piano_range import LOWEST_PITCH
from maestrokit.music.step_notes import StepNotes
from maestrokit.music.tokens import Encoding

LONGEST_SILENCE = 3.0  # seconds from the end of all notes to the next
LONGEST_NOTE = 12.0  # seconds
PRESSURE = 2.0  # added to the bias where the density is twice the limit, over log(2)
MOST_NOTES = 50  # per second on average: a model that never waits would never end


@dataclass(frozen=True)
class NoteSampling:
    """Sampling of each factor of a note."""

    time: SamplingConfig = field(default_factory=SamplingConfig)
    pitch: SamplingConfig = field(default_factory=SamplingConfig)
    velocity: SamplingConfig = field(default_factory=SamplingConfig)
    duration: SamplingConfig = field(default_factory=SamplingConfig)
    time_bias: float = 0.0
    """Times ``log(1 + steps)``, added to the logits of times: above 0 there are fewer notes per second."""
    densest: float = math.inf
    """Notes per second, over the last seconds, above which the bias rises, to limit the density."""

    @classmethod
    def from_config(cls, values: Mapping[str, Any], *, name: str) -> "NoteSampling":
        """Return the ``sampling`` of a ``config.json``; missing values are neutral.

        Raises
        ------
        BadDataError
            If it is not valid.
        """
        try:
            factors = {factor: SamplingConfig(**values.get(factor, {})) for factor in FACTORS}
            bias, densest = float(values.get("time_bias", 0.0)), float(values.get("densest", math.inf))
            return cls(**factors, time_bias=bias, densest=densest)
        except (AttributeError, TypeError, ValueError, UsageError) as error:
            raise BadDataError(f"cannot use '{name}': its sampling makes no sense ({error})", path=name) from None

    def changed(self, **given: float) -> "NoteSampling":
        """Return the same with some settings of all factors replaced."""
        return replace(self, **{factor: replace(getattr(self, factor), **given) for factor in FACTORS})


class _Sampler:
    """Sampling for several performances, each by its own generator."""

    def __init__(self, sampling: NoteSampling, generators: Sequence[np.random.Generator]) -> None:
        self.sampling, self.generators = sampling, list(generators)

    def keep(self, rows: Mask) -> None:
        self.generators = [generator for generator, stays in zip(self.generators, rows, strict=True) if stays]

    def factor(self, name: str, logits: Numbers, allowed: Mask) -> Integers:
        """Return one class per row."""
        shares = probabilities(logits.astype(np.float64), allowed, getattr(self.sampling, name))
        return sample(shares, self.generators)

    def within(self, codes: Integers, edges: Integers, most: Integers) -> Integers:
        """Return a value of each class, uniformly distributed, and at most `most`."""
        width = np.minimum(edges[codes + 1], most + 1) - edges[codes]
        share = np.array([generator.random() for generator in self.generators])
        return np.asarray(edges[codes] + np.floor(share * np.maximum(width, 1)).astype(np.int64))


def generate_notes(
    model: NoteModel,
    encoding: Encoding,
    *,
    sampling: NoteSampling,
    duration: float,
    count: int,
    seed: int,
    prompt: StepNotes | None = None,
    codes: Mapping[str, int] | None = None,
    guidance: float = 1.0,
) -> list[StepNotes]:
    """Return new performances, the prompt before each; without one the first note is at step 0.

    Parameters
    ----------
    duration : float, in seconds
        From the first onset, or from the last of the prompt; new notes end there at the latest.
    codes : mapping of str to int
        Of the conditions, by name.
    guidance : float
        How much conditions count; 1 is as learned, and anything else takes twice the time.
    """
    passes = [codes or {}] if guidance == 1.0 or not codes else [codes, {}]
    start = StepNotes(*(np.empty(0, np.int64) for _ in range(4))) if prompt is None else prompt
    steps, limit = round(duration / encoding.step), math.ceil(duration * MOST_NOTES)
    generators = [np.random.default_rng([seed, row]) for row in range(count)]
    with torch.inference_mode(), threadpool_limits(1, user_api="blas"):  # matrices too small to be shared
        keyboard, step, states = _primed(
            model, encoding, start, count, length=len(start.pitch) + limit, passes=passes, guidance=guidance
        )
        sampler, active = _Sampler(sampling, generators), np.arange(count)
        ends = np.full(count, start.onset[-1] + steps if len(start.onset) else -1)
        generated: list[tuple[Integers, ...]] = []
        for _ in range(limit):
            upcoming, time = _next_onset(keyboard, step.heads, states, sampler)
            ends = np.where(ends < 0, upcoming.now + steps, ends)  # time counts from the first onset
            stays = upcoming.now < ends
            if not stays.all():
                keyboard.keep(stays)
                step.keep(stays)
                sampler.keep(stays)
                states, time, active, ends = states[stays], time[stays], active[stays], ends[stays]
                upcoming = upcoming.select(stays)
            if not len(active):
                break
            progress.report(duration - float((ends - upcoming.now).max()) * encoding.step, duration)
            generated.append((active, *_next_note(keyboard, step.heads, states, time, upcoming, sampler), ends))
            states = step(keyboard.inputs())
    columns = [np.concatenate(parts) for parts in zip(*generated, strict=True)] or [np.empty(0, np.int64)] * 6
    return [_whole(start, *(column[columns[0] == row] for column in columns[1:])) for row in range(count)]


def _primed(
    model: NoteModel,
    encoding: Encoding,
    start: StepNotes,
    rows: int,
    *,
    length: int,
    passes: Sequence[Mapping[str, int]],
    guidance: float,
) -> tuple[Keyboard, NoteStep, Numbers]:
    """Return the keyboard after the prompt, the stepper from there, and the states of the next note's factors."""
    keyboard = Keyboard(rows, encoding)
    for position in range(len(start.pitch)):
        onset, offset, pitch, velocity_bin = (np.full(rows, column[position]) for column in start)
        keyboard.play(onset, offset, pitch - LOWEST_PITCH, velocity_bin)
    whole = rows * len(passes)
    state = model.body.initial_state(whole, length=length + 1)
    room = min(len(start.pitch) + 1, getattr(model.config, "length", len(start.pitch) + 1))
    inputs, targets = excerpt(start, len(start.pitch) + 1 - room, len(start.pitch) + 1, encoding)
    batch, condition = tensors(inputs, targets), condition_vectors(model, passes)
    x = (model.input(batch) + torch.from_numpy(condition)[:, None]).repeat(rows, 1, 1)
    out, state = model.body.hidden_states(x, state, onset=batch["onset"].expand(whole, -1))
    step = NoteStep(model, state, condition, guidance=guidance)
    return keyboard, step, step.heads.begin(out[:, -1].numpy())


def _next_onset(keyboard: Keyboard, heads: AnyHeads, states: Numbers, sampler: _Sampler) -> tuple[NextOnset, Integers]:
    """Return the next onsets, and the classes of their times."""
    logits = heads.time(states)
    crowding = np.log(np.maximum(keyboard.density() / sampler.sampling.densest, 1.0))
    bias = sampler.sampling.time_bias + PRESSURE * crowding  # (rows,)
    logits[:, :-1] += bias[:, None] * np.log1p(TIME_EDGES[:-1])
    room = keyboard.silent_from() - keyboard.last + round(LONGEST_SILENCE / keyboard.encoding.step)
    allowed = np.zeros(logits.shape, bool)  # the end is not sampled: the duration is given
    allowed[:, :-1] = TIME_EDGES[:-1] <= room[:, None]
    allowed[:, 0] = keyboard.joinable()
    upcoming = keyboard.after(sampler.within(sampler.factor("time", logits, allowed), TIME_EDGES, room))
    return upcoming, classes(upcoming.now - keyboard.last, TIME_EDGES)


def _next_note(
    keyboard: Keyboard,
    heads: AnyHeads,
    states: Numbers,
    time: Integers,
    upcoming: NextOnset,
    sampler: _Sampler,
) -> tuple[Integers, Integers, Integers, Integers]:
    """Sample the next note of each row; return onsets, offsets, keys and velocity bins."""
    states = heads.after_time(states, time, upcoming.sounding)
    logits, context = heads.pitch(states, keyboard.inputs().keys, upcoming.sounding)
    key = sampler.factor("pitch", logits, ~upcoming.blocked)
    states = heads.after_pitch(states, key, context)
    loudness = heads.velocity(states)
    velocity_bin = sampler.factor("velocity", loudness, np.ones(loudness.shape, bool))
    logits = heads.duration(states, velocity_bin, upcoming.groups)
    longest = np.full(len(key), round(LONGEST_NOTE / keyboard.encoding.step))
    new = np.broadcast_to(DURATION_EDGES[:-1] <= longest[0], (len(key), len(DURATION_EDGES) - 1))
    code = sampler.factor("duration", logits, np.concatenate((upcoming.groups.offset != NEVER, new), axis=1))
    fresh = upcoming.now + sampler.within(np.maximum(code - GROUPS, 0), DURATION_EDGES, longest)
    pointed = upcoming.groups.offset[np.arange(len(code)), np.minimum(code, GROUPS - 1)]
    offset = np.where(code < GROUPS, pointed, fresh)
    keyboard.play(upcoming.now, offset, key, velocity_bin)
    return upcoming.now, offset, key, velocity_bin


def _whole(
    start: StepNotes, onset: Integers, offset: Integers, key: Integers, velocity_bin: Integers, end: Integers
) -> StepNotes:
    """Return prompt and continuation of one row as one performance; new notes end at `end` at the latest."""
    begin = onset[0] if len(onset) and not len(start.onset) else 0
    notes = StepNotes(onset - begin, np.minimum(offset, end) - begin, key + LOWEST_PITCH, velocity_bin)
    return StepNotes(*(np.concatenate(pair) for pair in zip(start, notes, strict=True)))
