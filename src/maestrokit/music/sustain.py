"""The sustain pedal: when it is down, and how long it keeps notes sounding."""

from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.music.performance import DRUM_CHANNEL, SUSTAIN, Controls, Performance
from maestrokit.music.timing import tempo_map, tick2second

RESET_ALL_CONTROLLERS = 121  # controller number
PEDAL_DOWN = 64  # controller values from here on mean "down", as the MIDI 1.0 specification says of switches


class PedalChanges(NamedTuple):
    """The moments at which one pedal changes between up and down, the first always downwards."""

    tick: Integers
    is_down: Integers
    """1 down, 0 up; alternating."""


class TimedNotes(NamedTuple):
    """Notes in seconds, sorted by onset, then pitch; one instrument, so no channels and no tracks.

    Parameters
    ----------
    onset, offset : float64, shape (notes,), in seconds
        Start and end of each note.
    pitch : int64, shape (notes,)
        MIDI number, 0..127.
    velocity : int64, shape (notes,)
        1..127.
    """

    onset: Floats
    offset: Floats
    pitch: Integers
    velocity: Integers


def pedal_positions(controls: Controls, pedal: int) -> Controls:
    """Return the moments at which one pedal is moved, in order, on all channels.

    Resetting all controllers lifts it.
    """
    is_reset = controls.number == RESET_ALL_CONTROLLERS
    rows = np.flatnonzero((controls.number == pedal) | is_reset)
    rows = rows[np.lexsort((controls.order[rows], controls.track[rows], controls.tick[rows]))]
    return controls.replace(value=np.where(is_reset, 0, controls.value)).take(rows)


def pedal_changes(performance: Performance, *, channel: int) -> PedalChanges:
    """Return when the sustain pedal of one channel goes down and up; repeated values are no change."""
    controls = performance.controls
    controls = pedal_positions(controls.take(controls.channel == channel), SUSTAIN)
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
    rows = np.lexsort((notes.onset_tick, notes.pitch, notes.channel))
    here, after = rows[:-1], rows[1:]
    again = (notes.channel[here] == notes.channel[after]) & (notes.pitch[here] == notes.pitch[after])
    here, after = here[again], after[again]
    offset[here] = np.minimum(offset[here], np.maximum(notes.onset_tick[after], notes.onset_tick[here]))
    return offset


def timed_notes(performance: Performance, *, pedal_extends: bool) -> TimedNotes:
    """Return what sounds, in seconds: all notes but those of the drum channel.

    Parameters
    ----------
    performance : Performance
        Whose notes to return.
    pedal_extends : bool
        Whether the sustain pedal keeps notes sounding; otherwise they end where the key is released.

    Returns
    -------
    TimedNotes
        The notes of all channels and tracks together.
    """
    notes = performance.notes
    offset_tick = sustained_offset_tick(performance) if pedal_extends else notes.offset_tick
    tempo = tempo_map(performance)
    onset, offset = tick2second(notes.onset_tick, tempo), tick2second(offset_tick, tempo)
    rows = np.lexsort((notes.pitch, onset))
    rows = rows[notes.channel[rows] != DRUM_CHANNEL]
    return TimedNotes(onset[rows], offset[rows], notes.pitch[rows], notes.velocity[rows])
