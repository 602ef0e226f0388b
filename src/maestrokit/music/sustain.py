"""The sustain pedal: when it is down, and how long it keeps notes sounding."""

from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers, following
from maestrokit.music.performance import SUSTAIN, Controls, Performance
from maestrokit.music.timing import tempo_map, tick2second

RESET_ALL_CONTROLLERS = 121  # controller number
PEDAL_DOWN = 64  # controller values from here on mean "down", as the MIDI 1.0 specification defines switches


class PedalChanges(NamedTuple):
    """The moments at which one pedal changes between up and down, the first always downwards."""

    tick: Integers
    is_down: Integers
    """1 down, 0 up; alternating."""


def pedal_positions(controls: Controls, pedal: int) -> Controls:
    """Return the changes of one pedal, in order, on all channels.

    Resetting all controllers releases it.
    """
    is_reset = controls.number == RESET_ALL_CONTROLLERS
    rows = np.flatnonzero((controls.number == pedal) | is_reset)
    rows = rows[np.lexsort((controls.order[rows], controls.track[rows], controls.tick[rows]))]
    return controls.replace(value=np.where(is_reset, 0, controls.value)).select(rows)


def pedal_changes(performance: Performance, *, channel: int, pedal: int = SUSTAIN) -> PedalChanges:
    """Return when a pedal of one channel goes down and up; repeated values are no change."""
    controls = performance.controls
    controls = pedal_positions(controls.select(controls.channel == channel), pedal)
    is_down = (controls.value >= PEDAL_DOWN).astype(np.int64)
    changed = np.diff(is_down, prepend=0) != 0
    return PedalChanges(controls.tick[changed], is_down[changed])


def sustained_offset_tick(performance: Performance) -> Integers:
    """Return the tick at which each note stops sounding, in the order of ``performance.notes``.

    A note released while the sustain pedal of its channel is down sounds until the pedal comes up, or until its
    track ends. Where the same key is struck again before that, the note ends there: a key has one string set.
    """
    notes = performance.notes
    offset = notes.offset_tick.copy()
    for channel in np.unique(notes.channel):
        changes = pedal_changes(performance, channel=int(channel))
        rows = np.flatnonzero(notes.channel == channel)
        ends = np.append(changes.tick, performance.last_tick)
        next_change = np.searchsorted(changes.tick, offset[rows], side="right")
        is_down = np.append(changes.is_down, 0)[next_change - 1] == 1  # before the first change: up, by the appended 0
        offset[rows] = np.where(is_down, np.maximum(ends[next_change], offset[rows]), offset[rows])
    key, never = notes.channel << 7 | notes.pitch, np.iinfo(np.int64).max
    again = following(notes.onset_tick, key=key, order=notes.onset_tick, otherwise=never)
    return np.minimum(offset, again)


def pedal_intervals(performance: Performance) -> Floats:
    """Return when the sustain pedal is down, of all channels together: seconds, shape (intervals, 2).

    A pedal that is never released is held until the end of the performance.
    """
    spans = [np.empty((0, 2))]
    for channel in np.unique(performance.controls.channel):
        tick = pedal_changes(performance, channel=int(channel)).tick
        held = np.append(tick, performance.last_tick) if len(tick) % 2 else tick
        spans.append(tick2second(held, tempo_map(performance)).reshape(-1, 2))  # (intervals, down and up)
    return interval_union(np.concatenate(spans))


def interval_union(intervals: Floats) -> Floats:
    """Return the union of intervals, sorted; empty ones are dropped.

    >>> interval_union(np.array([[3.0, 4.0], [0.0, 2.0], [1.0, 2.5], [5.0, 5.0]])).tolist()
    [[0.0, 2.5], [3.0, 4.0]]
    """
    intervals = intervals[intervals[:, 1] > intervals[:, 0]]
    intervals = intervals[np.argsort(intervals[:, 0], kind="stable")]
    reach = np.maximum.accumulate(intervals[:, 1])
    first = np.append(True, intervals[1:, 0] > reach[:-1])[: len(intervals)]
    last = np.append(first[1:], True)[: len(intervals)]
    return np.stack([intervals[first, 0], reach[last]], axis=1)
