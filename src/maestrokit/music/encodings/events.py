"""Performances as sequences of events: the encoding of the Music Transformer, and its exact inverse.

A sequence lists what a pianist does, one token per event: strike a key, release it, wait, change the velocity of the
onsets that follow. With the defaults these are the 388 events of the literature (128 note-on, 128 note-off, 100
time shifts of 10 ms, 32 velocities), and ``begin`` and ``end`` after them.

References
----------
.. [1] S. Oore, I. Simon, S. Dieleman, D. Eck, K. Simonyan, "This Time with Feeling: Learning Expressive Musical
   Performance", Neural Computing and Applications 32, 2020 (the events; the pedal extends notes).
.. [2] C.-Z. A. Huang et al., "Music Transformer", ICLR 2019 (10 ms steps, 32 velocities).
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.bounds import Within, check_fields
from maestrokit.errors import BadDataError, UsageError
from maestrokit.music.encodings.step_notes import StepNotes, possible_shift, reconciled, velocities
from maestrokit.music.note_arrays import TimedNotes, performance_from_arrays, timed_notes
from maestrokit.music.performance import Performance
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.music.sustain import pedal_changes
from maestrokit.music.timing import tempo_map, tick2second

Tokens = NDArray[np.uint16]

MAXIMUM_STEPS = 100 * 60 * 60 * 24  # a day of 10 ms: no sequence of events may be longer, so that no file fills memory


@dataclass(frozen=True)
class Encoding:
    """Which events there are, and their numbers: note-ons, note-offs, time shifts, velocities, begin, end, pedals.

    Parameters
    ----------
    step_milliseconds : int
        Time quantum; the longest time shift is one second. Default is 10.
    velocity_bins : int
        Velocities 1..127 fall into this many equally wide bins. Default is 32.
    pedal_events : bool
        Write the sustain pedal as two events of its own; otherwise it extends notes.
    """

    step_milliseconds: Annotated[int, Within(1, 1000)] = 10
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    pedal_events: bool = False

    def __post_init__(self) -> None:
        check_fields(self)
        if 1000 % self.step_milliseconds:
            raise UsageError(
                f"step_milliseconds is {self.step_milliseconds}: a second is not a multiple of it",
                "use 10 (the literature) or 8",
                parameter="step_milliseconds",
            )
        if 128 % self.velocity_bins:
            raise UsageError(
                f"velocity_bins is {self.velocity_bins}: 128 is not a multiple of it",
                "use 32 or 16",
                parameter="velocity_bins",
            )

    @property
    def shifts(self) -> int:
        """Number of time shifts: 1 step up to one second."""
        return 1000 // self.step_milliseconds

    @property
    def step(self) -> float:
        """Time quantum in seconds."""
        return self.step_milliseconds / 1000

    @property
    def first_off(self) -> int:
        """Token of the release of key 0; note-ons begin at 0."""
        return 128

    @property
    def first_shift(self) -> int:
        """Token of the time shift by one step."""
        return 256

    @property
    def first_velocity(self) -> int:
        """Token of the softest velocity bin."""
        return 256 + self.shifts

    @property
    def begin(self) -> int:
        """Token that begins a sequence."""
        return self.first_velocity + self.velocity_bins

    @property
    def end(self) -> int:
        """Token that ends a sequence."""
        return self.begin + 1

    @property
    def pedal_up(self) -> int:
        """Token of the pedal's release; its pressing is the next one."""
        return self.begin + 2

    @property
    def size(self) -> int:
        """Number of tokens.

        >>> Encoding().size
        390
        """
        return self.begin + 2 + 2 * self.pedal_events


class _Events(NamedTuple):
    """Tokens that take no time, and the step at which each happens."""

    token: Integers
    step: Integers


def encode(performance: Performance, encoding: Encoding) -> Tokens:
    """Return the events of a performance, from ``begin`` to ``end``.

    Onsets and offsets are rounded to steps; a note lasts at least one step, and one that would round to none begins at
    the step before its onset, so that neither end is moved by more than a step. Within a step releases come first, then
    the pedal, then onsets, each by rising pitch. Two onsets of one key within one step are one note, the louder.
    A velocity is written only where it changes. Drum notes are left out.

    Parameters
    ----------
    performance : Performance
        What to encode.
    encoding : Encoding
        The vocabulary.

    Returns
    -------
    uint16, shape (tokens,)
        The events, by number.

    Raises
    ------
    BadDataError
        If the performance lasts longer than a day.
    """
    notes = timed_notes(performance, pedal_extends=not encoding.pedal_events)
    events = _note_events(_step_notes(notes, encoding), encoding)
    if encoding.pedal_events:
        events = _merged(events, _pedal_events(performance, encoding), encoding)
    return _complete(events, encoding)


def encode_notes(notes: StepNotes, encoding: Encoding) -> Tokens:
    """Return the events of notes that lie on the grid already, from ``begin`` to ``end``, without a pedal."""
    return _complete(_note_events(notes, encoding), encoding)


def _complete(events: _Events, encoding: Encoding) -> Tokens:
    tokens = _with_shifts(_with_velocities(events, encoding), encoding)
    return np.concatenate([[encoding.begin], tokens, [encoding.end]]).astype(np.uint16)


def _steps(second: Floats, encoding: Encoding) -> Integers:
    steps = np.rint(second * 1000 / encoding.step_milliseconds)
    if steps.max(initial=0) > MAXIMUM_STEPS:
        raise BadDataError(
            "a performance of more than a day cannot be written as events",
            "cut it, or look for one stray event at its end",
        )
    return steps.astype(np.int64)


def _step_notes(notes: TimedNotes, encoding: Encoding) -> StepNotes:
    onset, offset = _steps(notes.onset, encoding), _steps(notes.offset, encoding)
    early = np.floor(notes.onset * 1000 / encoding.step_milliseconds).astype(np.int64)
    onset = np.where(offset <= onset, early, onset)
    velocity_bin = np.maximum(notes.velocity - 1, 0) * encoding.velocity_bins // 128
    return reconciled(onset, offset, notes.pitch, velocity_bin)


def _note_events(notes: StepNotes, encoding: Encoding) -> _Events:
    """Return onsets and releases; an onset's token is pitch + 1000 * (1 + its velocity bin), for now."""
    token = np.concatenate([notes.pitch + encoding.first_off, notes.pitch + 1000 * (1 + notes.velocity_bin)])
    step = np.concatenate([notes.offset, notes.onset])
    rows = np.lexsort((np.concatenate([notes.pitch, notes.pitch]), token >= 1000, step))
    return _Events(token[rows], step[rows])


def _pedal_events(performance: Performance, encoding: Encoding) -> _Events:
    """Return the pedal changes of the channel that has most of them: one piano has one pedal."""
    every = [pedal_changes(performance, channel=int(c)) for c in np.unique(performance.notes.channel)]
    changes = max(every, key=lambda c: len(c.tick), default=pedal_changes(performance, channel=0))
    step = _steps(tick2second(changes.tick, tempo_map(performance)), encoding)
    return _Events(encoding.pedal_up + changes.is_down, step)


def _merged(events: _Events, pedals: _Events, encoding: Encoding) -> _Events:
    token, step = np.concatenate([events.token, pedals.token]), np.concatenate([events.step, pedals.step])
    rank = np.where(token >= 1000, 2, np.where(token >= encoding.pedal_up, 1, 0))
    if pedals.token.size and pedals.token[-1] > encoding.pedal_up:  # the pedal is released at the end
        token, step, rank = np.append(token, encoding.pedal_up), np.append(step, step.max()), np.append(rank, 1)
    rows = np.lexsort((rank, step))  # stable, so each kind keeps its own order
    return _Events(token[rows], step[rows])


def _with_velocities(events: _Events, encoding: Encoding) -> _Events:
    """Return events with a velocity token before each onset whose velocity differs from the last one's."""
    is_onset = events.token >= 1000
    onsets = np.flatnonzero(is_onset)
    velocity_bin = events.token[onsets] // 1000 - 1
    changed = np.diff(velocity_bin, prepend=-1) != 0
    token = np.where(is_onset, events.token % 1000, events.token)
    before = onsets[changed]
    return _Events(
        np.insert(token, before, encoding.first_velocity + velocity_bin[changed]),
        np.insert(events.step, before, events.step[before]),
    )


def _with_shifts(events: _Events, encoding: Encoding) -> Integers:
    """Return tokens with the time shifts that lead from each event to the next, longest first."""
    wait = np.diff(events.step, prepend=0)
    whole, rest = np.divmod(wait, encoding.shifts)
    count = whole + (rest > 0)
    tokens = np.full(len(events.token) + int(count.sum()), encoding.first_shift + encoding.shifts - 1)
    index = np.cumsum(count + 1) - 1
    tokens[index] = events.token
    has_rest = rest > 0
    tokens[index[has_rest] - 1] = encoding.first_shift + rest[has_rest] - 1
    return tokens


def token_steps(tokens: NDArray[np.integer], encoding: Encoding) -> Integers:
    """Return the step at which each token happens."""
    is_shift = (tokens >= encoding.first_shift) & (tokens < encoding.first_velocity)
    return np.cumsum(np.where(is_shift, tokens.astype(np.int64) - encoding.first_shift + 1, 0))


def _without_shifts(tokens: NDArray[np.integer], encoding: Encoding) -> tuple[_Events, int]:
    """Return the events that take no time, with their steps, and the step at which the sequence ends."""
    token, step = np.asarray(tokens, np.int64), token_steps(tokens, encoding)
    is_shift = (token >= encoding.first_shift) & (token < encoding.first_velocity)
    return _Events(token[~is_shift], step[~is_shift]), int(step[-1]) if len(step) else 0


def decode_steps(tokens: NDArray[np.integer], encoding: Encoding) -> StepNotes:
    """Return the notes of a sequence of events, in steps: the inverse of :func:`encode_notes`.

    Any sequence is accepted: an onset of a sounding key ends its note, a release of a silent key is nothing, a note
    still sounding at the end stops there, and none is shorter than a step. Onsets before the first velocity have
    the middle one.
    """
    events, last = _without_shifts(tokens, encoding)
    is_note = events.token < encoding.first_shift
    is_velocity = (events.token >= encoding.first_velocity) & (events.token < encoding.begin)
    newest = np.maximum.accumulate(np.where(is_velocity, np.arange(len(is_velocity)), -1))
    velocity_bin = np.where(newest >= 0, events.token[newest] - encoding.first_velocity, encoding.velocity_bins // 2)
    pitch, is_onset = events.token[is_note] % 128, events.token[is_note] < encoding.first_off
    step, velocity_bin = events.step[is_note], velocity_bin[is_note]
    rows = np.argsort(pitch, kind="stable")
    pitch, is_onset, step, velocity_bin = pitch[rows], is_onset[rows], step[rows], velocity_bin[rows]
    next_step = np.append(step[1:], last)
    next_step[:-1][pitch[1:] != pitch[:-1]] = last
    onset, offset = step[is_onset], np.maximum(next_step[is_onset], step[is_onset] + 1)
    pitch, velocity_bin = pitch[is_onset], velocity_bin[is_onset]
    rows = np.lexsort((pitch, onset))
    return StepNotes(onset[rows], offset[rows], pitch[rows], velocity_bin[rows])


def decode_notes(tokens: NDArray[np.integer], encoding: Encoding) -> TimedNotes:
    """Return the notes of :func:`decode_steps` in seconds, sorted by onset and pitch."""
    return in_seconds(decode_steps(tokens, encoding), encoding)


def in_seconds(notes: StepNotes, encoding: Encoding) -> TimedNotes:
    """Return notes in seconds, in their order, with the velocities in the middle of their bins."""
    velocity = velocities(notes.velocity_bin, velocity_bins=encoding.velocity_bins)
    second = np.array([notes.onset, notes.offset]) * encoding.step_milliseconds / 1000.0
    return TimedNotes(second[0], second[1], notes.pitch, velocity)


def decode(tokens: NDArray[np.integer], encoding: Encoding) -> Performance:
    """Return the performance of a sequence of events: one track of 1 ms ticks on channel 0.

    The inverse of :func:`encode` up to half a step and the width of a velocity bin; ``encode`` of the result gives
    the same tokens again, where these came from ``encode``.

    Parameters
    ----------
    tokens : int, shape (tokens,)
        Events, by number.
    encoding : Encoding
        The vocabulary.

    Returns
    -------
    Performance
        One track, one channel.
    """
    notes = decode_notes(tokens, encoding)
    onset, offset = (np.rint(second * 1000).astype(np.int64) for second in (notes.onset, notes.offset))
    events, last = _without_shifts(tokens, encoding)
    is_pedal = events.token >= encoding.pedal_up
    pedal_tick = events.step[is_pedal] * encoding.step_milliseconds
    pedal_value = (events.token[is_pedal] - encoding.pedal_up) * 127
    if pedal_value.size and pedal_value[-1]:
        pedal_tick = np.append(pedal_tick, max(last * encoding.step_milliseconds, offset.max(initial=0)))
        pedal_value = np.append(pedal_value, 0)
    return performance_from_arrays(
        onset, offset, notes.pitch, notes.velocity, pedal_tick=pedal_tick, pedal_value=pedal_value
    )


def transposed(tokens: Tokens, semitones: int, encoding: Encoding) -> Tokens:
    """Return the same events with all keys moved, as far towards ``semitones`` as the keyboard goes.

    >>> transposed(np.array([60, 256, 188], np.uint16), 2, Encoding()).tolist()
    [62, 256, 190]
    """
    is_note = tokens < encoding.first_shift
    pitch = tokens[is_note].astype(np.int64) % 128
    semitones = possible_shift(pitch, semitones, lowest=LOWEST_PITCH, highest=HIGHEST_PITCH)
    return (tokens + np.where(is_note, semitones, 0)).astype(np.uint16)


def stretched(tokens: Tokens, factor: float, encoding: Encoding) -> Tokens:
    """Return the same events with all times multiplied by a factor, rounded to steps without drift.

    Time after the last event that takes no time is dropped: a whole sequence closes with ``end`` and has none.
    """
    events, _ = _without_shifts(tokens, encoding)
    step = np.rint(events.step * factor).astype(np.int64)
    return _with_shifts(_Events(events.token, step), encoding).astype(np.uint16)
