"""A performance as columns: notes, controls, tempos, and every other event as it was.

Ticks are canonical and exact; seconds come from the tempo map (:mod:`maestrokit.music.timing`).

Every row remembers its track and its ``order``: its place in the running order of that track. Events of a track are
written sorted by (tick, order), so a performance that nobody changed is written event for event as it was read. A
function that moves, adds or cuts events ends with :func:`settled`, which makes the order consistent again.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self, TypeVar

import numpy as np

from maestrokit.music.columns import Columns, Integers, Objects
from maestrokit.music.running_order import by_order, by_tick

Table = TypeVar("Table", bound=Columns)
NOTE_ON_ENDS_IT = -1  # release velocity of a note ended by a note-on of velocity 0
TEXT, TRACK_NAME, TIME_SIGNATURE, KEY_SIGNATURE = 0xFF01, 0xFF03, 0xFF58, 0xFF59  # kinds of metas, 0xFF00 + type
SUSTAIN, SOSTENUTO, SOFT = 64, 66, 67  # controller numbers of the three pedals
DRUM_CHANNEL = 9  # "channel 10" of General MIDI, counted from 0 as on the wire


@dataclass(frozen=True, eq=False)
class Notes(Columns):
    """Notes in the order of their tracks and onsets.

    A note is a note-on and the first later note-off of the same track, channel and pitch that is not already taken
    (first in, first out). Ons without an off, and offs without an on, are no notes: they stay in :class:`Others`.
    """

    onset_tick: Integers
    offset_tick: Integers
    pitch: Integers
    """MIDI number, 0..127."""
    velocity: Integers
    """Of the note-on, 1..127."""
    release_velocity: Integers
    """Of the note-off, 0..127; ``NOTE_ON_ENDS_IT`` where a note-on of velocity 0 ended the note."""
    channel: Integers
    """0..15."""
    track: Integers
    onset_order: Integers
    """Place of the note-on in the running order of its track."""
    offset_order: Integers


@dataclass(frozen=True, eq=False)
class Controls(Columns):
    """Control changes, the pedals among them."""

    tick: Integers
    number: Integers
    value: Integers
    channel: Integers
    track: Integers
    order: Integers


@dataclass(frozen=True, eq=False)
class Tempos(Columns):
    """Set-tempo events."""

    tick: Integers
    microseconds_per_beat: Integers
    track: Integers
    order: Integers


@dataclass(frozen=True, eq=False)
class Others(Columns):
    """All remaining events, byte for byte."""

    tick: Integers
    kind: Integers
    """Channel messages: status without channel (0x80, 0xA0, 0xC0 ..); 0xF0 and 0xF7 for sysex; metas 0xFF00 + type."""
    message: Objects
    """``bytes``: the whole message as in the file, with its status byte, and its length where it has one."""
    track: Integers
    order: Integers


@dataclass(frozen=True, eq=False)
class Performance:
    """Everything that a MIDI file says.

    Parameters
    ----------
    notes, controls, tempos, others : tables
        All events but the ends of tracks.
    track_end_tick : int64, shape (tracks,)
        The tick of each track's end; never before its last event.
    division : int
        Ticks a beat if positive; else SMPTE as in the file header: -frames a second * 256 + ticks a frame.
    format : {0, 1, 2}
        MIDI file type. The tracks of type 2 are kept as they are, and timed by one tempo map as those of type 1.
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

    @property
    def last_tick(self) -> int:
        """The end of the longest track, in ticks."""
        return int(self.track_end_tick.max(initial=0))


def settled(performance: Performance) -> Performance:
    """Return the performance with its running order made consistent after events were moved, added or removed.

    Within a track, events are put in the order (tick, old order), with one exception: where a key is released and
    struck at the same tick, the release comes first, so that first-in-first-out pairing finds the same notes again.
    Orders then count from 0 without gaps, notes are sorted by (track, onset order), and no track ends before its
    last event.
    """
    notes, tables = performance.notes, (performance.controls, performance.tempos, performance.others)
    tick, track, order = _all_events(performance)
    rows = _by_order_with_releases_first(notes, track, order)
    rows = by_tick(rows, track, tick)
    counts = np.bincount(track, minlength=len(performance.track_end_tick))
    ends = np.cumsum(counts)
    place = np.empty(len(rows), np.int64)
    place[rows] = np.arange(len(rows))
    place_in_track = place - (ends - counts)[track]
    track_end_tick = performance.track_end_tick.copy()
    filled = np.flatnonzero(counts)
    track_end_tick[filled] = np.maximum(track_end_tick[filled], tick[rows[ends[filled] - 1]])
    parts = np.cumsum([len(notes), len(notes), *(len(table) for table in tables)]).tolist()
    spans = [slice(start, stop) for start, stop in pairwise(parts)]
    moved = notes.replace(onset_order=place_in_track[: len(notes)], offset_order=place_in_track[spans[0]])
    controls, tempos, others = (
        _sorted_by(place[span], table.replace(order=place_in_track[span]))
        for table, span in zip(tables, spans[1:], strict=True)
    )
    return performance.replace(
        notes=moved.take(rows[rows < len(notes)]),
        controls=controls,
        tempos=tempos,
        others=others,
        track_end_tick=track_end_tick,
    )


def _all_events(performance: Performance) -> tuple[Integers, Integers, Integers]:
    """Return tick, track and order of onsets, offsets, controls, tempos and others, one below the other."""
    notes, tables = performance.notes, (performance.controls, performance.tempos, performance.others)
    return (
        np.concatenate([notes.onset_tick, notes.offset_tick, *(table.tick for table in tables)]),
        np.concatenate([notes.track, notes.track, *(table.track for table in tables)]),
        np.concatenate([notes.onset_order, notes.offset_order, *(table.order for table in tables)]),
    )


def _sorted_by(place: Integers, table: Table) -> Table:
    """Return the rows by their places, all different; the same table if they are sorted already."""
    if (place[1:] > place[:-1]).all():
        return table
    return table.take(np.argsort(place, kind="stable"))  # nearly sorted


def _by_order_with_releases_first(notes: Notes, track: Integers, order: Integers) -> Integers:
    """Return the rows of all events by (track, order), each late release just ahead of the stroke that it delays."""
    late, stroke_order = _late_releases(notes)
    if not len(late):
        return by_order(track, order)
    order = 2 * order
    order[len(notes) + late] = 2 * stroke_order - 1
    return np.lexsort((order, track))


def _late_releases(notes: Notes) -> tuple[Integers, Integers]:
    """Return the notes whose release follows a stroke of their own key at the same tick, and the order of that stroke.

    Of several strokes at that tick it is the first; a note that ends at the tick where it began is no such note.
    """
    key = (notes.track << 11) | (notes.channel << 7) | notes.pitch
    beyond = max(int(notes.onset_tick.max(initial=0)), int(notes.offset_tick.max(initial=0))) + 1
    if int(key.max(initial=0)) + 1 > np.iinfo(np.int64).max // beyond:
        key = np.unique(key, return_inverse=True)[1]
    stroke, release = key * beyond + notes.onset_tick, key * beyond + notes.offset_tick
    rows = np.arange(len(key))
    if not (stroke[1:] > stroke[:-1]).all():
        rows = np.lexsort((notes.onset_order, stroke))
        stroke, release = stroke[rows], release[rows]
    reaching = np.flatnonzero(release[:-1] >= stroke[1:])  # no other can meet a later stroke of its key
    found = np.minimum(np.searchsorted(stroke, release[reaching]), len(rows) - 1)
    is_met = stroke[found] == release[reaching]
    released, struck = rows[reaching[is_met]], rows[found[is_met]]
    order = notes.onset_order[struck]
    is_late = (notes.onset_tick < notes.offset_tick)[released] & (notes.offset_order[released] > order)
    return released[is_late], order[is_late]
