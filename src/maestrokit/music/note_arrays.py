"""The notes of a performance in seconds, and performances of nothing but notes and a pedal."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Columns, Floats, Integers, Mask
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import DRUM_CHANNEL, SUSTAIN, Controls, Notes, Others, Performance, Tempos
from maestrokit.music.sustain import sustained_offset_tick
from maestrokit.music.timing import DEFAULT_TEMPO, second2tick, tempo_map, tick2second

TICKS_PER_BEAT = 500  # with the default tempo one tick is 1 ms
LONGEST_RING = 60.0  # seconds: no string of a piano sounds longer
CHORD_WINDOW = 0.03  # seconds: notes of one chord are rarely further apart (Goebl 2001 finds some 30 ms of melody lead)


@dataclass(frozen=True, eq=False)
class NoteArrays(Columns):
    """The notes of a performance, sorted by onset, then pitch; drums left out."""

    onset: Floats
    """When the key goes down, in seconds."""
    offset: Floats
    """When the key goes up, in seconds."""
    sounding_offset: Floats
    """When the sound ends, in seconds: the sustain pedal extends notes (:mod:`maestrokit.music.sustain`), by at most
    ``LONGEST_RING``."""
    pitch: Integers
    velocity: Integers
    channel: Integers
    row: Integers
    """Row of the note in ``performance.notes``."""


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

    def select(self, rows: Mask) -> "TimedNotes":
        """Return some of the notes."""
        return TimedNotes(self.onset[rows], self.offset[rows], self.pitch[rows], self.velocity[rows])


def note_seconds(performance: Performance) -> tuple[Floats, Floats]:
    """Return when keys go down and up, in seconds, in the order of ``performance.notes``.

    A note without a note-off lasts no longer than ``LONGEST_RING``: its track may end hours after the music.
    """
    notes, tempo = performance.notes, tempo_map(performance)
    onset, offset = tick2second(notes.onset_tick, tempo), tick2second(notes.offset_tick, tempo)
    return onset, np.where(notes.is_released, offset, np.minimum(offset, onset + LONGEST_RING))


def offset_ticks(performance: Performance) -> Integers:
    """Return the ticks at which keys go up, as :func:`note_seconds` has them."""
    notes = performance.notes
    if notes.is_released.all():
        return notes.offset_tick
    return np.minimum(notes.offset_tick, second2tick(note_seconds(performance)[1], tempo_map(performance)))


def note_arrays(performance: Performance, *, with_drums: bool = False) -> NoteArrays:
    """Return the notes of a performance in seconds, without those of the drum channel unless they are asked for."""
    notes = performance.notes
    onset, offset = note_seconds(performance)
    sounding_offset = tick2second(sustained_offset_tick(performance), tempo_map(performance))
    known = np.where(notes.is_released, offset, onset)
    sounding_offset = np.minimum(sounding_offset, known + LONGEST_RING)
    row = np.lexsort((notes.pitch, onset))
    if not with_drums:
        row = row[notes.channel[row] != DRUM_CHANNEL]
    times = onset[row], offset[row], sounding_offset[row]
    return NoteArrays(*times, notes.pitch[row], notes.velocity[row], notes.channel[row], row)


def timed_notes(performance: Performance, *, pedal_extends: bool) -> TimedNotes:
    """Return what sounds in a performance, in seconds: all notes but those of the drum channel.

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
    notes = note_arrays(performance)
    return TimedNotes(
        notes.onset, notes.sounding_offset if pedal_extends else notes.offset, notes.pitch, notes.velocity
    )


def chord_rows(onset: Floats, *, window: float = CHORD_WINDOW) -> Integers:
    """Return the row of the first note of each chord: it begins later than the window after the onset before it.

    Onsets rise. A note that is alone is a chord of one.

    >>> chord_rows(np.array([0.0, 0.02, 0.04, 0.5])).tolist()
    [0, 3]
    """
    return np.flatnonzero(np.diff(onset, prepend=-np.inf) > window)


def performance_from_arrays(
    onset_tick: Integers,
    offset_tick: Integers,
    pitch: Integers,
    velocity: Integers,
    *,
    pedal_tick: Integers,
    pedal_value: Integers,
) -> Performance:
    """Return a performance on one track of 1 ms ticks from bare columns: notes, and the values of the pedal."""
    many, few = np.zeros(len(pitch), np.int64), np.zeros(len(pedal_tick), np.int64)
    notes = Notes(
        onset_tick=onset_tick,
        offset_tick=offset_tick,
        pitch=pitch.astype(np.int64),
        velocity=velocity.astype(np.int64),
        release_velocity=many,
        channel=many,
        track=many,
        onset_order=2 + len(few) + np.arange(len(pitch)),
        offset_order=many + 1,
    )
    controls = Controls(
        tick=pedal_tick, number=few + SUSTAIN, value=pedal_value, channel=few, track=few, order=2 + np.arange(len(few))
    )
    tempos = Tempos(*(np.array([value]) for value in (0, DEFAULT_TEMPO, 0, 0)))
    end = np.array([max(offset_tick.max(initial=0), pedal_tick.max(initial=0))])
    return reorder_events(Performance(notes, controls, tempos, Others.empty(), end, TICKS_PER_BEAT, 0))
