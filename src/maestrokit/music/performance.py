"""A performance as columns: notes, controls, tempos, and every other event as it was.

Ticks are canonical and exact; seconds come from the tempo map (:mod:`maestrokit.music.timing`).

Every row remembers its track and its ``order``: its position in the running order of that track. Events of a track are
written sorted by (tick, order), so an unchanged performance is written event for event as it was read. A function that
moves, adds or cuts events ends with :func:`maestrokit.music.event_order.reorder_events`, which makes the order
consistent again.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Columns, Integers, Mask, Objects, following

if TYPE_CHECKING:
    from mido import MidiFile

NOTE_ON_ENDS_IT = -1  # release velocity of a note ended by a note-on of velocity 0
NOT_RELEASED = -2  # release velocity of a note without a note-off
TEXT, TRACK_NAME, TIME_SIGNATURE, KEY_SIGNATURE = 0xFF01, 0xFF03, 0xFF58, 0xFF59  # kinds of metas, 0xFF00 + type
SUSTAIN, SOSTENUTO, SOFT = 64, 66, 67  # controller numbers of the three pedals
DRUM_CHANNEL = 9  # "channel 10" of General MIDI, counted from 0 as on the wire


@dataclass(frozen=True, eq=False)
class Notes(Columns):
    """Notes in the order of their tracks and onsets.

    A note is a note-on and the first later note-off of the same track, channel and pitch that is not already taken
    (first in, first out). Offs without an on are no notes: they stay in :class:`Others`.

    An on may lack an off: every later off of its key belongs to a later on, as that of the nearest one before it, or
    a control change ends all notes of the channel first. It is a note, too, up to the next onset of its key, that
    control change or the end of its track, whichever comes first (:func:`with_missing_ends`). No event of the file
    stands for that end, so reordering finds it again after events were moved.

    Parameters
    ----------
    onset_tick, offset_tick : int64, shape (notes,), in ticks
        Note-on and note-off.
    pitch : int64, shape (notes,)
        MIDI number, 0..127.
    velocity : int64, shape (notes,)
        Of the note-on, 1..127.
    release_velocity : int64, shape (notes,)
        Of the note-off, 0..127; ``NOTE_ON_ENDS_IT`` where a note-on of velocity 0 ended the note; ``NOT_RELEASED``
        where there is none.
    channel : int64, shape (notes,)
        0..15.
    track : int64, shape (notes,)
        Number of the track, from 0.
    onset_order : int64, shape (notes,)
        Position of the note-on in the running order of its track.
    offset_order : int64, shape (notes,)
        Position of the note-off; that of the note-on where there is none.
    """

    onset_tick: Integers
    offset_tick: Integers
    pitch: Integers
    velocity: Integers
    release_velocity: Integers
    channel: Integers
    track: Integers
    onset_order: Integers
    offset_order: Integers

    @property
    def key(self) -> Integers:
        """Number of track, channel and pitch, which a note-on and its note-off have in common, shape (notes,)."""
        return (self.track << 11) | (self.channel << 7) | self.pitch

    @property
    def is_released(self) -> Mask:
        """Whether each note has a note-off, shape (notes,)."""
        return np.asarray(self.release_velocity != NOT_RELEASED)

    def released(self) -> Self:
        """Return the notes that have a note-off: the same object if all have."""
        is_released = self.is_released
        return self if is_released.all() else self.select(is_released)


@dataclass(frozen=True, eq=False)
class Controls(Columns):
    """Control changes, the pedals among them.

    Parameters
    ----------
    tick : int64, shape (controls,), in ticks
        Time of the event.
    number, value : int64, shape (controls,)
        Number of the controller and its value, 0..127; the sustain pedal is 64.
    channel : int64, shape (controls,)
        0..15.
    track : int64, shape (controls,)
        Number of the track, from 0.
    order : int64, shape (controls,)
        Position in the running order of the track.
    """

    tick: Integers
    number: Integers
    value: Integers
    channel: Integers
    track: Integers
    order: Integers


@dataclass(frozen=True, eq=False)
class Tempos(Columns):
    """Set-tempo events.

    Parameters
    ----------
    tick : int64, shape (tempos,), in ticks
        Time of the event.
    microseconds_per_beat : int64, shape (tempos,)
        Length of a beat from here on.
    track : int64, shape (tempos,)
        Number of the track, from 0.
    order : int64, shape (tempos,)
        Position in the running order of the track.
    """

    tick: Integers
    microseconds_per_beat: Integers
    track: Integers
    order: Integers


@dataclass(frozen=True, eq=False)
class Others(Columns):
    """All remaining events, byte for byte.

    Parameters
    ----------
    tick : int64, shape (events,), in ticks
        Time of the event.
    kind : int64, shape (events,)
        Channel messages: status without channel (0x80, 0xA0, 0xC0 ..); 0xF0 and 0xF7 for sysex; metas 0xFF00 + type.
    message : object, shape (events,)
        ``bytes``: the whole message as in the file, with its status byte, and its length where it has one.
    track : int64, shape (events,)
        Number of the track, from 0.
    order : int64, shape (events,)
        Position in the running order of the track.
    """

    tick: Integers
    kind: Integers
    message: Objects
    track: Integers
    order: Integers


@dataclass(frozen=True, eq=False)
class Performance:
    """All contents of a MIDI file.

    Parameters
    ----------
    notes : Notes
        The notes.
    controls : Controls
        Control changes.
    tempos : Tempos
        Set-tempo events.
    others : Others
        All other events but the ends of tracks.
    track_end_tick : int64, shape (tracks,), in ticks
        The tick of each track's end; never before its last event.
    division : int
        Ticks a beat if positive; else SMPTE as in the file header: -frames a second * 256 + ticks a frame.
    format : {0, 1, 2}
        MIDI file type. The tracks of type 2 are sequences on their own; see :func:`maestrokit.music.timing.tempo_map`.
    """

    notes: Notes
    controls: Controls
    tempos: Tempos
    others: Others
    track_end_tick: Integers
    division: int
    format: int

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Performance):
            return NotImplemented
        left, right = (
            (p.notes, p.controls, p.tempos, p.others, p.track_end_tick.tolist(), p.division, p.format)
            for p in (self, other)
        )
        return left == right

    __hash__ = None  # type: ignore[assignment]  # arrays have no hash

    def replace(self, **parts: object) -> Self:
        """Return the same performance with some parts exchanged."""
        return replace(self, **parts)  # type: ignore[arg-type]

    def to_mido(self) -> "MidiFile":
        """Return the performance as a ``mido.MidiFile``, message for message.

        A meta that mido would refuse or change (a key signature that it does not know) is an ``UnknownMetaMessage``
        with the same payload.

        Raises
        ------
        BadDataError
            If there is a system exclusive event that mido cannot hold: one in several parts, or with other than
            seven-bit data.
        """
        from maestrokit.music.mido_messages import to_mido

        return to_mido(self)

    @staticmethod
    def from_mido(file: "MidiFile") -> "Performance":
        """Return the performance in a ``mido.MidiFile``, message for message.

        Parameters
        ----------
        file : mido.MidiFile
            With times in ticks, as mido reads them.

        Raises
        ------
        BadDataError
            If a time is no number of ticks, or a tempo is 0.
        """
        from maestrokit.music.mido_messages import from_mido

        return from_mido(file)

    @property
    def last_tick(self) -> int:
        """The end of the longest track, in ticks."""
        return int(self.track_end_tick.max(initial=0))


def ends_all_notes(number: NDArray[np.integer]) -> Mask:
    """Return which control changes end all notes of their channel: all sound off, all notes off, changes of mode."""
    return np.asarray((number == 120) | (number >= 123))


def with_missing_ends(notes: Notes, controls: Controls, track_end_tick: Integers) -> Notes:
    """Return the notes of a performance, those without a note-off ending where they must; the same if all have one."""
    missing = np.flatnonzero(~notes.is_released)
    if not len(missing):
        return notes
    offset_tick = notes.offset_tick.copy()
    ends = np.minimum(next_onset(notes, notes.onset_tick)[missing], next_stop(notes, controls, missing))
    offset_tick[missing] = np.minimum(ends, track_end_tick[notes.track[missing]])
    return notes.replace(offset_tick=offset_tick)


def next_onset(notes: Notes, column: Integers) -> Integers:
    """Return a column at the next onset of each note's key in its track; the largest integer where there is none."""
    return following(column, key=notes.key, order=notes.onset_order, otherwise=np.iinfo(np.int64).max)


def next_stop(notes: Notes, controls: Controls, rows: Integers) -> Integers:
    """Return when all notes of the channel and track of some notes are ended next; the largest integer if never."""
    stops = controls.select(ends_all_notes(controls.number))
    stop_channel, channel = stops.track << 4 | stops.channel, (notes.track << 4 | notes.channel)[rows]
    tick = np.full(len(rows), np.iinfo(np.int64).max)
    for number in np.unique(stop_channel):
        stop, here = stops.select(stop_channel == number), np.flatnonzero(channel == number)
        stop = stop.select(np.argsort(stop.order))
        after = np.searchsorted(stop.order, notes.onset_order[rows[here]])
        tick[here] = np.append(stop.tick, np.iinfo(np.int64).max)[after]
    return tick
