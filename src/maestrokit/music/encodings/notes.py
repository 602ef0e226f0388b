"""Performances as sequences of notes: one position per note, with four factors, and the inputs and targets of models.

Position 0 is the begin; position p is note p - 1 and is followed by note p, or by the end. A note is, factor by factor:

time
    steps since the onset before it (since step 0 for the first), or the end of the piece
pitch
    one of 88 keys; notes of one chord follow each other by rising pitch
velocity
    a bin
duration
    a pointer to a group of sounding notes that it ends together with, or a new end, in steps from the onset

Times are coarse classes, exact where they are short, and an evenly distributed remainder, so that every value has a
code and a cost in nats. The information is that of the events without pedal (:mod:`maestrokit.music.encodings.events`),
which :func:`note_sequence` reads and :func:`maestrokit.music.encodings.events.encode_notes` gives back.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.music.encodings.events import MAXIMUM_STEPS, Encoding, decode_steps
from maestrokit.music.encodings.key_state import (
    GROUPS,
    NEVER,
    Features,
    KeyStates,
    end_groups,
    key_features,
    states_after_notes,
)
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.piano_range import HIGHEST_PITCH, KEYS, LOWEST_PITCH

FACTORS = ("time", "pitch", "velocity", "duration")
"""Of a note, in the order in which they are predicted."""
MOST_AFTER = 256  # notes after a gap that a model sees before all others; fewer of a short context
LEAD = 512  # notes before an excerpt whose keys may still be down, or remembered


def _edges(first: int, exact: int, longest: int) -> Integers:
    """Return where classes begin: every step up to `exact`, eight an octave up to `longest`, and one for the rest."""
    octaves = [exact * 2**octave + np.arange(8) * (exact * 2**octave // 8) for octave in range(40)]
    wide = np.concatenate(octaves)
    return np.concatenate([np.arange(first, exact), wide[wide <= longest], [MAXIMUM_STEPS + 2]])


TIME_EDGES = _edges(0, 128, 1 << 14)
DURATION_EDGES = _edges(1, 64, 1 << 14)
TIMES, DURATIONS = len(TIME_EDGES) - 1, len(DURATION_EDGES) - 1
END = TIMES  # the class of the time factor that ends a piece


def classes(values: Integers, edges: Integers) -> Integers:
    """Return the class of each value."""
    return np.asarray(np.searchsorted(edges, values, side="right") - 1)


def remainder_nats(codes: Integers, edges: Integers) -> Floats:
    """Return the nats of which value of its class each one is, all being equally likely."""
    return np.asarray(np.log(np.diff(edges))[codes])


def note_sequence(tokens: NDArray[np.integer], encoding: Encoding) -> StepNotes:
    """Return the notes of a sequence of events; those of keys that no piano has are left out."""
    notes = decode_steps(tokens, encoding)
    return notes.select((notes.pitch >= LOWEST_PITCH) & (notes.pitch <= HIGHEST_PITCH))


def factor_classes(notes: StepNotes) -> dict[str, Integers]:
    """Return the classes of each factor of notes by themselves, whose first has no time before it, (notes,) each.

    A duration is its class, whether other notes end with it or not.

    >>> notes = StepNotes(*(np.array(column) for column in ([7, 7, 9], [8, 9, 12], [60, 64, 21], [3, 3, 4])))
    >>> {name: classes.tolist() for name, classes in factor_classes(notes).items()}
    {'time': [0, 0, 2], 'pitch': [39, 43, 0], 'velocity': [3, 3, 4], 'duration': [0, 1, 2]}
    """
    since = np.diff(notes.onset, prepend=notes.onset[:1])
    time, duration = classes(since, TIME_EDGES), classes(notes.offset - notes.onset, DURATION_EDGES)
    columns = (time, notes.pitch - LOWEST_PITCH, notes.velocity_bin, duration)
    return dict(zip(FACTORS, columns, strict=True))


class NoteInputs(NamedTuple):
    """Inputs of a model at some positions."""

    onset: Integers
    """(positions,), steps; that of the begin is 0."""
    time: Integers
    """(positions,) each; at the begin every factor has the class after its last."""
    pitch: Integers
    velocity: Integers
    duration: Integers
    """Of the whole duration, whether it was a pointer or a new end."""
    keys: Features
    """(positions, FEATURES * KEYS): see :func:`maestrokit.music.encodings.key_state.key_features`."""


class NoteTargets(NamedTuple):
    """Targets at some positions, and what depends on their time."""

    time: Integers
    pitch: Integers
    velocity: Integers
    duration: Integers
    """A group, or GROUPS + the class of a new end."""
    is_note: Mask
    """(positions,): false where the piece ends."""
    time_remainder: Features
    """Nats that the remainder of the time costs."""
    duration_remainder: Features
    """And that of a new end."""
    sounding: Mask
    """(positions, KEYS): the keys that sound at the new onset."""
    blocked: Mask
    """(positions, KEYS): those that cannot be struck: they sound, or lie below the last one of the chord."""
    joinable: Mask
    """(positions,): whether a key is left that can join the chord, so that time 0 is possible."""
    groups: Features
    """(positions, GROUPS, GROUP_FEATURES); see :func:`maestrokit.music.encodings.key_state.end_groups`."""
    present: Mask
    """(positions, GROUPS): the groups that there are."""


def inputs_at(states: KeyStates, notes: StepNotes, delta: Integers, encoding: Encoding) -> NoteInputs:
    """Return the inputs of notes, given the states after them and the steps since the onsets before them."""
    return NoteInputs(
        notes.onset,
        classes(delta, TIME_EDGES),
        notes.pitch - LOWEST_PITCH,
        notes.velocity_bin,
        classes(notes.offset - notes.onset, DURATION_EDGES),
        key_features(states, notes.onset, step=encoding.step, velocity_bins=encoding.velocity_bins),
    )


def begin_inputs(rows: int, encoding: Encoding) -> NoteInputs:
    """Return the inputs of the begin."""
    onset = np.zeros(rows, np.int64)
    keys = key_features(KeyStates.silent(rows), onset, step=encoding.step, velocity_bins=encoding.velocity_bins)
    time, pitch, velocity, duration = (np.full(rows, c) for c in (TIMES, KEYS, encoding.velocity_bins, DURATIONS))
    return NoteInputs(onset, time, pitch, velocity, duration, keys)


def joinable_at(states: KeyStates, key: Integers, last: Integers) -> Mask:
    """Return whether a key is left that can join the chord of the newest notes: above them, and silent.

    The states are after these notes, whose keys (-1 at the begin) and last onsets are given.
    """
    return np.asarray(((np.arange(KEYS) > key[:, None]) & (states.offset <= last[:, None])).any(axis=1))


def sounding_and_blocked(states: KeyStates, key: Integers, delta: Integers, now: Integers) -> tuple[Mask, Mask]:
    """Return which keys sound at the next onset `now`, `delta` steps after the newest, and which cannot be struck."""
    sounding = states.offset > now[:, None]
    return sounding, np.asarray(sounding | ((np.arange(KEYS) <= key[:, None]) & (delta == 0)[:, None]))


def excerpt(notes: StepNotes, start: int, stop: int, encoding: Encoding) -> tuple[NoteInputs, NoteTargets]:
    """Return inputs and targets at the positions from `start` to before `stop`; there are as many as notes, and one.

    Keys are known as far as the LEAD notes before reach, which is all of them but in rare cases.
    """
    lead = max(0, start - 1 - LEAD)
    part = notes.select(slice(lead, stop))
    here = np.arange(start, stop) - 1 - lead  # the note at each position
    states = states_after_notes(part.select(slice(0, stop - 1 - lead)), step=encoding.step).select(here + 1)
    onset = np.append(part.onset, 0)  # that of the begin, which is note -1
    is_begin, ends = here == -1, here + 1 == len(part.pitch)
    before = np.maximum(here - 1, -1)
    filled = StepNotes(*(np.append(column, fill) for column, fill in zip(part, (0, 1, LOWEST_PITCH, 0), strict=True)))
    inputs = inputs_at(states, filled.select(here), onset[here] - onset[before], encoding)
    if is_begin.any():
        begin = begin_inputs(1, encoding)
        for name in NoteInputs._fields:
            getattr(inputs, name)[:1] = getattr(begin, name)
    return inputs, _targets(states, filled, here, ends, encoding)


def with_notes_after(inputs: NoteInputs, after: StepNotes, encoding: Encoding) -> NoteInputs:
    """Return inputs with those of notes after a gap before them, as if nothing came before these notes.

    So they say nothing of what fills the gap: keys begin silent, and the first time has no class.
    """
    states = states_after_notes(after, step=encoding.step).select(slice(1, None))
    first = inputs_at(states, after, np.diff(after.onset, prepend=0), encoding)
    first.time[:1] = TIMES
    parts = first._asdict()
    return NoteInputs(**{name: np.concatenate((parts[name], part)) for name, part in inputs._asdict().items()})


def _targets(states: KeyStates, filled: StepNotes, here: Integers, ends: Mask, encoding: Encoding) -> NoteTargets:
    """Return what follows each note of `here`; the last row of `filled` stands for the begin and the end."""
    then = filled.select(np.where(ends, -1, here + 1))
    last, key = filled.onset[here], np.where(here == -1, -1, filled.pitch[here] - LOWEST_PITCH)
    now = np.where(ends, last, then.onset)
    delta = now - last
    sounding, blocked = sounding_and_blocked(states, key, delta, now)
    groups = end_groups(states, now, step=encoding.step)
    points = groups.offset == then.offset[:, None]  # (positions, GROUPS), one true at most
    time, new = classes(delta, TIME_EDGES), classes(np.where(ends, 1, then.offset - now), DURATION_EDGES)
    is_pointer = points.any(1)
    return NoteTargets(
        np.where(ends, END, time),
        then.pitch - LOWEST_PITCH,
        then.velocity_bin,
        np.where(is_pointer, points.argmax(1), GROUPS + new),
        ~ends,
        remainder_nats(time, TIME_EDGES).astype(np.float32),
        np.where(is_pointer, 0.0, remainder_nats(new, DURATION_EDGES)).astype(np.float32),
        sounding,
        blocked & ~ends[:, None],
        joinable_at(states, key, last) | ends,
        groups.features,
        groups.offset != NEVER,
    )
