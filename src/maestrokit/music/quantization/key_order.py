"""Events of one key whose order must be kept when they are moved, since a reader would pair other notes.

An event after the end of a note in the running order that would end that note if it came before is a barrier:

- a release that ends nothing,
- the onset of a note without a note-off, which would take the note-off of a note that still sounds,
- a control change that ends all notes of its channel.

A note ends at its next barrier at the latest. Where that barrier moves to the tick at which the note begins, the onset
comes after it. Releases that end nothing are put off to the end of a note before them, as long as they overtake no
other event: since they have no effect, they are the ones to move.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from maestrokit.arrays import Columns, Integers, Mask
from maestrokit.music.performance import Controls, Notes, Others, ends_all_notes

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Barriers:
    """For each note, the latest tick of its end, and the order of the event that its onset must follow, or -1."""

    end: Integers
    after: Integers


@dataclass(frozen=True, eq=False)
class Releases(Columns):
    """The releases that end nothing."""

    row: Integers
    """In the table of other events."""
    key: Integers
    """As :attr:`maestrokit.music.performance.Notes.key`."""
    order: Integers
    track: Integers

    @classmethod
    def of(cls, others: Others) -> Self:
        """Return those among other events."""
        row = np.flatnonzero((others.kind == 0x80) | (others.kind == 0x90))
        status, pitch, _ = np.array([tuple(message) for message in others.message[row]], np.int64).reshape(-1, 3).T
        return cls(row, others.track[row] << 11 | (status & 0x0F) << 7 | pitch, others.order[row], others.track[row])


def barriers(notes: Notes, releases: Releases, latest: Integers, controls: Controls) -> Barriers:
    """Return the barriers of the notes; these and the controls are at their new ticks.

    How far each release could be put off is the `latest` of :func:`latest_ticks`.
    """
    is_stop = ends_all_notes(controls.number)
    if not len(releases) and not is_stop.any() and notes.is_released.all():
        return Barriers(np.full(len(notes), NEVER), np.full(len(notes), -1))
    stops = controls.select(np.flatnonzero(is_stop))
    unended = notes.select(~notes.is_released)
    key, order = np.append(releases.key, unended.key), np.append(releases.order, unended.onset_order)
    tick = np.append(latest, unended.onset_tick)
    of_key = _next_barriers(key, order, tick, notes, notes.key)
    channel = notes.key >> 7
    of_channel = _next_barriers(stops.track << 4 | stops.channel, stops.order, stops.tick, notes, channel)
    return Barriers(
        np.where(notes.is_released, np.minimum(of_key.end, of_channel.end), NEVER),
        np.where(notes.is_released, np.maximum(of_key.after, of_channel.after), -1),
    )


def _next_barriers(key: Integers, order: Integers, tick: Integers, notes: Notes, note_key: Integers) -> Barriers:
    """Return the barriers of notes among events, of each key in order and at rising ticks."""
    rows = np.lexsort((order, key))
    key, order, tick = np.append(key[rows], -1), np.append(order[rows], -1), np.append(tick[rows], NEVER)
    following = count_up_to(key[:-1], order[:-1], note_key, notes.onset_order)
    later = np.maximum(following, count_up_to(key[:-1], tick[:-1], note_key, notes.onset_tick))
    return Barriers(
        np.where(key[later] == note_key, tick[later], NEVER),
        np.where((later > following) & (key[later - 1] == note_key), order[later - 1], -1),
    )


def latest_ticks(others: Others, stays: Mask, releases: Releases, notes: Notes) -> Integers:
    """Return the last tick to which each release can be put off.

    It overtakes neither a later event of its track, but for those that stay and releases that can be put off with it,
    nor the next onset of its key. Other events and onsets are at their new ticks.
    """
    if not len(releases):
        return np.empty(0, np.int64)
    last = np.where(stays, NEVER, others.tick)
    rows = np.lexsort((notes.onset_order, notes.key))
    following = count_up_to(notes.key[rows], notes.onset_order[rows], releases.key, releases.order)
    key, onset = np.append(notes.key[rows], -1)[following], np.append(notes.onset_tick[rows], NEVER)[following]
    last[releases.row] = np.where(key == releases.key, onset, NEVER)
    return -nondecreasing(-last, others.track, -others.order)[releases.row]


def postponed(tick: Integers, releases: Releases, notes: Notes) -> Integers:
    """Return the ticks of releases that are put off to the end of the note before them, in their order."""
    if not len(releases):
        return tick
    notes = notes.released()
    rows = np.lexsort((notes.onset_order, notes.key))
    key, end = np.append(notes.key[rows], -1), np.append(notes.offset_tick[rows], 0)
    before = count_up_to(key[:-1], notes.onset_order[rows], releases.key, releases.order) - 1
    return nondecreasing(
        np.maximum(tick, np.where(key[before] == releases.key, end[before], 0)), releases.track, releases.order
    )


def count_up_to(key: Integers, value: Integers, other_key: Integers, other_value: Integers) -> Integers:
    """Return how many (key, value), which are sorted, are no greater than each of others.

    >>> count_up_to(np.array([1, 1, 2]), np.array([5, 9, 5]), np.array([1, 2]), np.array([9, 4])).tolist()
    [2, 2]
    """
    values, rank = np.unique(np.append(value, other_value), return_inverse=True)
    pairs = np.append(key, other_key) * len(values) + rank
    return np.searchsorted(pairs[: len(key)], pairs[len(key) :], side="right")


def nondecreasing(tick: Integers, key: Integers, order: Integers) -> Integers:
    """Return the ticks raised until, within each key and in order, none is less than one before it."""
    rows = np.lexsort((order, key))
    ticks, rank = np.unique(tick[rows], return_inverse=True)
    group = np.cumsum(np.diff(key[rows], prepend=-1) != 0) * len(ticks)
    late = tick.copy()
    late[rows] = ticks[np.maximum.accumulate(rank + group) - group]
    return late
