"""A performance as columns: notes, controls, tempos, and every other event as it was.

Ticks are canonical and exact; seconds come from the tempo map (:mod:`maestrokit.music.timing`).

Every row remembers its track and its ``order``: its position in the running order of that track. Events of a track are
written sorted by (tick, order), so an unchanged performance is written event for event as it was read. A
function that moves, adds or cuts events ends with :func:`reorder_events`, which makes the order consistent again.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Columns, Integers, Mask, Objects
from maestrokit.music.event_order import by_order, by_tick

if TYPE_CHECKING:
    from mido import MidiFile

Table = TypeVar("Table", bound=Columns)
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
    stands for that end, so :func:`reorder_events` finds it again after events were moved.

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
        mine, theirs = (
            (p.notes, p.controls, p.tempos, p.others, p.track_end_tick.tolist(), p.division, p.format)
            for p in (self, other)
        )
        return mine == theirs

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


def reorder_events(performance: Performance) -> Performance:
    """Return the performance with its running order made consistent after events were moved, added or removed.

    Within a track, events are put in the order (tick, old order), with one exception: where a key is released and
    struck at the same tick, the release comes first, so that first-in-first-out pairing finds the same notes again.
    Orders then count from 0 without gaps, notes are sorted by (track, onset order), and no track ends before its
    last event.

    Parameters
    ----------
    performance : Performance
        With events that were moved, added or removed.

    Returns
    -------
    Performance
        The same events in order.
    """
    notes, tables = performance.notes, (performance.controls, performance.tempos, performance.others)
    tick, track, order = _all_events(performance)
    rows = _by_order_with_releases_first(notes, track, order)
    rows = by_tick(rows, track, tick)
    counts = np.bincount(track, minlength=len(performance.track_end_tick))
    ends = np.cumsum(counts)
    rank = np.empty(len(rows), np.int64)
    rank[rows] = np.arange(len(rows))
    rank_in_track = rank - (ends - counts).take(track)
    track_end_tick = performance.track_end_tick.copy()
    filled = np.flatnonzero(counts)
    track_end_tick[filled] = np.maximum(track_end_tick[filled], tick[rows[ends[filled] - 1]])
    is_released = notes.is_released
    parts = np.cumsum([len(notes), is_released.sum(), *(len(table) for table in tables)]).tolist()
    spans = [slice(start, stop) for start, stop in pairwise(parts)]
    offset_order = rank_in_track[spans[0]]
    if not is_released.all():
        offset_order = rank_in_track[: len(notes)].copy()
        offset_order[is_released] = rank_in_track[spans[0]]
    moved = notes.replace(onset_order=rank_in_track[: len(notes)], offset_order=offset_order)
    orders = [rank_in_track[span] for span in spans[1:]]
    controls = _sorted_by(rank[spans[1]], performance.controls.replace(order=orders[0]))
    tempos = _sorted_by(rank[spans[2]], performance.tempos.replace(order=orders[1]))
    others = _sorted_by(rank[spans[3]], performance.others.replace(order=orders[2]))
    return performance.replace(
        notes=with_missing_ends(moved.select(rows[rows < len(notes)]), controls, track_end_tick),
        controls=controls,
        tempos=tempos,
        others=others,
        track_end_tick=track_end_tick,
    )


def with_room_between_events(performance: Performance) -> Performance:
    """Return the performance with all orders doubled, so that an odd one is between two events."""
    notes = performance.notes
    return performance.replace(
        notes=notes.replace(onset_order=2 * notes.onset_order, offset_order=2 * notes.offset_order),
        controls=performance.controls.replace(order=2 * performance.controls.order),
        tempos=performance.tempos.replace(order=2 * performance.tempos.order),
        others=performance.others.replace(order=2 * performance.others.order),
    )


def ends_all_notes(number: NDArray[np.integer]) -> Mask:
    """Return which control changes end all notes of their channel: all sound off, all notes off, changes of mode."""
    return np.asarray((number == 120) | (number >= 123))


def with_missing_ends(notes: Notes, controls: Controls, track_end_tick: Integers) -> Notes:
    """Return the notes of a performance, those without a note-off ending where they must.

    Parameters
    ----------
    notes : Notes
        All of the performance. If all have a note-off, the same object comes back.
    controls : Controls
    track_end_tick : int64, shape (tracks,)
    """
    missing = np.flatnonzero(~notes.is_released)
    if not len(missing):
        return notes
    offset_tick = notes.offset_tick.copy()
    track_end = track_end_tick[notes.track[missing]]
    following = np.minimum(next_onset(notes, notes.onset_tick)[missing], next_stop(notes, controls, missing))
    offset_tick[missing] = np.minimum(following, track_end)
    return notes.replace(offset_tick=offset_tick)


def next_onset(notes: Notes, column: Integers) -> Integers:
    """Return a column at the next onset of each note's key in its track; the largest integer where there is none."""
    rows = np.lexsort((notes.onset_order, notes.key))
    here, after = rows[:-1], rows[1:]
    again = notes.key[here] == notes.key[after]
    following = np.full(len(rows), np.iinfo(np.int64).max)
    following[here[again]] = column[after[again]]
    return following


def next_stop(notes: Notes, controls: Controls, rows: Integers) -> Integers:
    """Return when all notes of the channel and track of some notes are ended next; the largest integer if never."""
    stops = controls.select(ends_all_notes(controls.number))
    stop_channel, channel = stops.track << 4 | stops.channel, (notes.track << 4 | notes.channel)[rows]
    tick = np.full(len(rows), np.iinfo(np.int64).max)
    for each in np.unique(stop_channel):
        stop, here = stops.select(stop_channel == each), np.flatnonzero(channel == each)
        stop = stop.select(np.argsort(stop.order))
        after = np.searchsorted(stop.order, notes.onset_order[rows[here]])
        tick[here] = np.append(stop.tick, np.iinfo(np.int64).max)[after]
    return tick


def _all_events(performance: Performance) -> tuple[Integers, Integers, Integers]:
    """Return tick, track and order of onsets, offsets, controls, tempos and others, one below the other."""
    notes, tables = performance.notes, (performance.controls, performance.tempos, performance.others)
    released = notes.released()
    return (
        np.concatenate([notes.onset_tick, released.offset_tick, *(table.tick for table in tables)]),
        np.concatenate([notes.track, released.track, *(table.track for table in tables)]),
        np.concatenate([notes.onset_order, released.offset_order, *(table.order for table in tables)]),
    )


def _sorted_by(rank: Integers, table: Table) -> Table:
    """Return the rows by their places, all different; the same table if they are sorted already."""
    if (rank[1:] > rank[:-1]).all():
        return table
    return table.select(np.argsort(rank, kind="stable"))  # nearly sorted


def _by_order_with_releases_first(notes: Notes, track: Integers, order: Integers) -> Integers:
    """Return the rows of all events by (track, order), each late release just ahead of the onset that it delays."""
    late, onset_order = _late_releases(notes)
    if not len(late):
        return by_order(track, order)
    order = 2 * order
    row_of_release = len(notes) - 1 + np.cumsum(notes.is_released)
    order[row_of_release[late]] = 2 * onset_order - 1
    return np.lexsort((order, track))


def _late_releases(notes: Notes) -> tuple[Integers, Integers]:
    """Return the notes whose release follows an onset of their own key at the same tick, and the order of that onset.

    Of several onsets at that tick it is the first; a note that ends at the tick where it began is no such note.
    """
    key = notes.key
    beyond = max(int(notes.onset_tick.max(initial=0)), int(notes.offset_tick.max(initial=0))) + 1
    if int(key.max(initial=0)) + 1 > np.iinfo(np.int64).max // beyond:
        key = np.unique(key, return_inverse=True)[1]
    onset, release = key * beyond + notes.onset_tick, key * beyond + notes.offset_tick
    rows = np.arange(len(key))
    if not (onset[1:] > onset[:-1]).all():
        rows = np.lexsort((notes.onset_order, onset))
        onset, release = onset[rows], release[rows]
    reaching = np.flatnonzero(release[:-1] >= onset[1:])  # no other can meet a later onset of its key
    met = np.minimum(np.searchsorted(onset, release[reaching]), len(rows) - 1)
    is_met = onset[met] == release[reaching]
    released, struck = rows[reaching[is_met]], rows[met[is_met]]
    order = notes.onset_order[struck]
    is_late = (notes.onset_tick < notes.offset_tick)[released] & (notes.offset_order[released] > order)
    is_late &= notes.is_released[released]
    return released[is_late], order[is_late]
