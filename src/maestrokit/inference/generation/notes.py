"""New performances, note by note, from a model of notes.

Only notes that a piano can play are sampled: keys that sound have no onset, chords go upwards, and the end of a note is
sampled with its onset.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from threadpoolctl import threadpool_limits

from maestrokit.arrays import Floats, Integers
from maestrokit.files import progress
from maestrokit.inference.critic import Ranking
from maestrokit.inference.generation.density_steering import DensitySteering, gap_densities
from maestrokit.inference.generation.keyboard import Keyboard, NextOnset
from maestrokit.inference.generation.loudness_steering import LoudnessSteering, gap_line, level_line
from maestrokit.inference.generation.note_sampler import NoteSampler
from maestrokit.inference.generation.reprise import Reprise
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.model_kinds import GeneratingModel, StepwiseModel, is_of_segments
from maestrokit.inference.note_models.arrays import ArrayNoteModel, primed
from maestrokit.inference.note_models.recurrence import EarlierNotes
from maestrokit.inference.note_models.steps import AnyHeads, NoteStep, Numbers, condition_vectors
from maestrokit.music.edits.infill import Gap
from maestrokit.music.encodings.conditions import SCALES
from maestrokit.music.encodings.events import MAXIMUM_STEPS, Encoding
from maestrokit.music.encodings.key_state import GROUPS, NEVER
from maestrokit.music.encodings.notes import (
    DURATION_EDGES,
    MOST_AFTER,
    TIME_EDGES,
    classes,
    excerpt,
    remainder_nats,
    with_notes_after,
)
from maestrokit.music.encodings.step_notes import NO_NOTES, StepNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH

LONGEST_SILENCE = 3.0  # seconds from the end of all notes to the next
LONGEST_NOTE = 12.0  # seconds
PRESSURE = 2.0  # added to the bias where the density is twice the limit, over log(2)
MOST_NOTES = 50  # per second on average: a model that never waits would never end

NotesCallback = Callable[[Integers, StepNotes], None]
"""``report(rows, notes)``: called with new notes, and the number of the performance that each belongs to."""


def no_report(rows: Integers, notes: StepNotes) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class NoteRequest:
    """Which notes are generated.

    Parameters
    ----------
    steps : int
        Length of the new music from the first onset, or from the last of the prompt. New notes end there at the latest.
    before : StepNotes
        Notes that are given, of a prompt or before a gap.
    gap : Gap, optional
        A span that the onsets of new notes lie in, instead.
    codes : mapping of str to int
        Of the conditions, by name.
    guidance : float
        How much conditions count; 1 is as learned, and anything else takes twice the time.
    """

    steps: int
    before: StepNotes = NO_NOTES
    gap: Gap | None = None
    codes: Mapping[str, int] = field(default_factory=dict)
    guidance: float = 1.0

    @property
    def passes(self) -> list[Mapping[str, int]]:
        """The codes of each pass of the model."""
        return [self.codes] if self.guidance == 1.0 or not self.codes else [self.codes, {}]

    @property
    def density(self) -> float | None:
        """The notes a second that are asked for, if any."""
        return self._value("density")

    def density_steering(self, rows: int, encoding: Encoding) -> DensitySteering:
        """Return what steers the times: to the density asked for, else to that beside the gap, if any."""
        beside = None if self.gap is None else gap_densities(self.gap, encoding.step)
        if self.density is not None or beside is None:
            return DensitySteering(self.density, rows)
        before, after = beside
        return DensitySteering(before, rows, change=(after - before) / (self.steps * encoding.step))

    def loudness_steering(self, rows: int, encoding: Encoding) -> LoudnessSteering:
        """Return what steers the velocities: to the loudness asked for, else to that beside the gap, if any."""
        loudness, line = self._value("loudness"), None
        if loudness is not None:
            line = level_line(loudness, encoding)
        elif self.gap is not None:
            line = gap_line(self.gap, encoding)
        return LoudnessSteering(line, rows, encoding)

    def _value(self, name: str) -> float | None:
        """Return the value of a measured condition that is asked for, if any."""
        code = self.codes.get(name, 0)
        return float(SCALES[name][code - 1]) if code and self.guidance else None

    def struck(self) -> Integers:
        """Return the step at which each key is struck after the gap, (KEYS,)."""
        step = np.full(KEYS, MAXIMUM_STEPS + self.steps)
        if self.gap is not None:
            np.minimum.at(step, self.gap.after.pitch - LOWEST_PITCH, self.gap.after.onset)
        return step


def generate_notes(
    model: GeneratingModel,
    encoding: Encoding,
    request: NoteRequest,
    *,
    sampling: NoteSampling,
    count: int,
    seed: int,
    best_of: int = 1,
    ranking: Ranking | None = None,
    report: NotesCallback = no_report,
) -> list[StepNotes]:
    """Return new notes of several performances; without any before them the first is at step 0.

    Parameters
    ----------
    best_of : int
        Candidates for each performance, of which the best is returned.
    ranking : callable, optional
        How good candidates are. Default is the fewer nats a note, the better.
    report : callable
        Called with the notes as they are made; those of the best of several candidates, once these are complete.
    """
    generators = [np.random.default_rng([seed, row]) for row in range(count * best_of)]
    is_by_likelihood = best_of > 1 and ranking is None
    if is_of_segments(model):
        from maestrokit.inference.generation.segments import check_segments, generate_segments

        check_segments(sampling, guidance=request.guidance, is_by_likelihood=is_by_likelihood)
        candidates = generate_segments(
            model, encoding, request.before, steps=request.steps, codes=request.codes,
            temperature=sampling.pitch.temperature, generators=generators,
        )  # fmt: skip
        nats = np.zeros(len(candidates))
    else:
        stepwise = cast("StepwiseModel", model)
        if request.density is not None:
            sampling = replace(sampling, densest=max(sampling.densest, 1.5 * request.density))
        if len(request.before.pitch) and request.gap is None and request.density is None:
            sampling = replace(sampling, time_bias=sampling.time_bias + sampling.prompt_bias)
        sampler = NoteSampler(sampling, generators, has_nats=is_by_likelihood)
        if best_of == 1:
            return _candidates(stepwise, encoding, request, sampler, report)[0]
        candidates, nats = _candidates(stepwise, encoding, request, sampler, no_report)
    counts = np.array([len(notes.pitch) for notes in candidates])
    likelihood = np.where(counts > 0, -nats / np.maximum(counts, 1), -math.inf)
    scores = likelihood if ranking is None else ranking(candidates)
    best = [candidates[row] for row in best_rows(scores, best_of)]
    for row, notes in enumerate(best):
        report(np.full(len(notes.pitch), row), notes)
    return best


def best_rows(scores: Floats, best_of: int) -> list[int]:
    """Return the row of the best of each so many candidates, by how good each is.

    >>> best_rows(np.array([1.0, 3.0, 2.0, -2.0, -5.0, -4.0]), 3)
    [1, 3]
    """
    best = scores.reshape(-1, best_of).argmax(axis=1)
    return (best + best_of * np.arange(len(best))).tolist()  # type: ignore[no-any-return]


def _candidates(
    model: StepwiseModel, encoding: Encoding, request: NoteRequest, sampler: NoteSampler, report: NotesCallback
) -> tuple[list[StepNotes], Floats]:
    """Return new notes for each generator of a sampler, and their nats."""
    gap, begins = request.gap, not len(request.before.onset) and request.gap is None
    limit = math.ceil(request.steps * encoding.step * MOST_NOTES)
    count, nats = len(sampler.generators), np.zeros(len(sampler.generators))
    with threadpool_limits(1, user_api="blas"):  # matrices too small to be shared
        keyboard, step, states = _primed(model, encoding, request, count, limit)
        active, struck = np.arange(count), request.struck()
        loudness, density = request.loudness_steering(count, encoding), request.density_steering(count, encoding)
        reprise = _reprise(model, request, sampler)
        begin, earliest = np.zeros(count, np.int64), 0 if gap is None else gap.start
        start = keyboard.last if gap is None else np.full(count, gap.start)
        ends = start + request.steps
        generated: list[tuple[Integers, StepNotes]] = []
        for number in range(limit):
            bias = density.bias(number, (keyboard.last - start) * encoding.step)
            upcoming, time = _next_onset(keyboard, step.heads, states, sampler, earliest, bias, reprise)
            if begins and not number:  # time counts from the first onset
                begin = start = upcoming.now
                ends = begin + request.steps
            stays = upcoming.now < ends
            if not stays.all():
                for part in (keyboard, step, sampler, density, loudness, reprise):
                    part.keep(stays)
                states, time, active = states[stays], time[stays], active[stays]
                begin, start, ends = begin[stays], start[stays], ends[stays]
                upcoming = upcoming.select(stays)
            if not len(active):
                break
            left = float((ends - upcoming.now).max())
            progress.report((request.steps - left) * encoding.step, request.steps * encoding.step)
            notes = _next_note(keyboard, step.heads, states, time, upcoming, sampler, struck, loudness, reprise)
            offset = notes.offset if gap is not None else np.minimum(notes.offset, ends)
            notes = notes._replace(onset=notes.onset - begin, offset=offset - begin)
            generated.append((active, notes))
            nats[active] = sampler.nats
            report(active, notes)
            states = step(keyboard.inputs())
    rows = np.concatenate([np.empty(0, np.int64), *(active for active, _ in generated)])
    columns = zip(NO_NOTES, *(notes for _, notes in generated), strict=True)
    all_notes = StepNotes(*(np.concatenate(parts) for parts in columns))
    return [all_notes.select(rows == row) for row in range(count)], nats


def _primed(
    model: StepwiseModel, encoding: Encoding, request: NoteRequest, rows: int, limit: int
) -> tuple[Keyboard, NoteStep, Numbers]:
    """Return the keyboard after what is given, the stepper from there, and the states of the next note's factors."""
    keyboard, before = Keyboard(rows, encoding), request.before
    for position in range(len(before.pitch)):
        onset, offset, pitch, velocity_bin = (np.full(rows, column[position]) for column in before)
        keyboard.play(onset, offset, pitch - LOWEST_PITCH, velocity_bin)
    count, length = len(before.pitch) + 1, getattr(model.config, "length", None)
    most_after = min(MOST_AFTER, (length or 4 * MOST_AFTER) // 4)
    after = before.select(slice(0)) if request.gap is None else request.gap.after.select(slice(most_after))
    most = count if length is None else min(count, length - len(after.pitch))
    inputs = with_notes_after(excerpt(before, count - most, count, encoding)[0], after, encoding)
    sizes = {"rows": rows, "after": len(after.pitch), "room": len(after.pitch) + most + limit}
    if isinstance(model, ArrayNoteModel):
        body, out = primed(model, inputs, request.passes, **sizes)
    else:
        from maestrokit.inference.note_models import torch_steps

        body, out = torch_steps.primed(model, inputs, request.passes, **sizes)
    step = NoteStep(model, body, condition_vectors(model, request.passes), guidance=request.guidance)
    return keyboard, step, step.heads.begin(out)


def _reprise(model: StepwiseModel, request: NoteRequest, sampler: NoteSampler) -> Reprise:
    """Return what remembers the notes of each row, with those that are given, and lets them come back."""
    rows = len(sampler.generators)
    earlier = EarlierNotes(model.recurrence, rows)
    before = request.before
    for onset, key in zip(before.onset.tolist(), (before.pitch - LOWEST_PITCH).tolist(), strict=True):
        earlier.add(np.full(rows, onset), np.full(rows, key))
    return Reprise(sampler.reprise, earlier)


def _next_onset(
    keyboard: Keyboard,
    heads: AnyHeads,
    states: Numbers,
    sampler: NoteSampler,
    earliest: int,
    bias: Floats,
    reprise: Reprise,
) -> tuple[NextOnset, Integers]:
    """Return the next onsets, none before `earliest`, and the classes of their times."""
    logits, is_joinable = heads.time(states), keyboard.joinable()
    logits[~is_joinable, 0] = -np.inf
    own = logits.copy()
    crowding = np.log(np.maximum(keyboard.density() / sampler.sampling.densest, 1.0))
    bias = bias + sampler.sampling.time_bias + PRESSURE * crowding  # (rows,)
    logits[:, :-1] += bias[:, None] * np.log1p(TIME_EDGES[:-1])
    reprise.begin(sampler.generators)
    reprise.favour_time(logits)
    least = np.maximum(earliest - keyboard.last, 0)
    room = np.maximum(keyboard.silent_from() - keyboard.last, least) + round(LONGEST_SILENCE / keyboard.encoding.step)
    allowed = np.zeros(logits.shape, bool)  # the end is not sampled: the duration is given
    allowed[:, :-1] = (TIME_EDGES[:-1] <= room[:, None]) & (TIME_EDGES[1:] > least[:, None])
    allowed[:, 0] &= is_joinable
    upcoming = keyboard.after(sampler.within(sampler.factor("time", logits, allowed), TIME_EDGES, least, room))
    time = classes(upcoming.now - keyboard.last, TIME_EDGES)
    sampler.count(own, time, remainder_nats(time, TIME_EDGES))
    return upcoming, time


def _next_note(
    keyboard: Keyboard,
    heads: AnyHeads,
    states: Numbers,
    time: Integers,
    upcoming: NextOnset,
    sampler: NoteSampler,
    struck: Integers,
    loudness: LoudnessSteering,
    reprise: Reprise,
) -> StepNotes:
    """Sample the next note of each row, none longer than until its key is struck after the gap."""
    states = heads.after_time(states, time, upcoming.sounding)
    logits, context = heads.pitch(states, keyboard.inputs().keys, upcoming.sounding)
    logits = np.where(upcoming.blocked, -np.inf, logits.astype(np.float64))
    key = sampler.factor("pitch", reprise.favoured_pitch(logits), keyboard.preferable(upcoming))
    sampler.count(logits, key)
    reprise.follow(key, sampler.generators)
    reprise.earlier.add(upcoming.now, key)
    states = heads.after_pitch(states, key, context)
    logits = heads.velocity(states)
    velocity_bin = sampler.factor("velocity", logits + loudness.slopes(), np.ones(logits.shape, bool))
    sampler.count(logits, velocity_bin)
    loudness.add(upcoming.now, velocity_bin)
    logits = heads.duration(states, velocity_bin, upcoming.groups)
    longest = np.full(len(key), round(LONGEST_NOTE / keyboard.encoding.step))
    new = np.broadcast_to(DURATION_EDGES[:-1] <= longest[0], (len(key), len(DURATION_EDGES) - 1))
    code = sampler.factor("duration", logits, np.concatenate((upcoming.groups.offset != NEVER, new), axis=1))
    sampler.count(logits, code, remainder_nats(np.maximum(code - GROUPS, 0), DURATION_EDGES) * (code >= GROUPS))
    fresh = upcoming.now + sampler.within(np.maximum(code - GROUPS, 0), DURATION_EDGES, np.ones_like(longest), longest)
    pointed = upcoming.groups.offset[np.arange(len(code)), np.minimum(code, GROUPS - 1)]
    offset = np.minimum(np.where(code < GROUPS, pointed, fresh), struck[key])
    keyboard.play(upcoming.now, offset, key, velocity_bin)
    return StepNotes(upcoming.now, offset, key + LOWEST_PITCH, velocity_bin)
