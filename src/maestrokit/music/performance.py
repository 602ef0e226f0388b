"""A performance as columns: notes, controls, tempos, and every other event as it was.

Ticks are canonical and exact; seconds come from the tempo map (:mod:`maestrokit.music.timing`).

Every row remembers its track and its ``order``: its place in the running order of that track. Events of a track are
written sorted by (tick, order), so a performance that nobody changed is written event for event as it was read. A
function that moves, adds or cuts events ends with :func:`settled`, which makes the order consistent again.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from maestrokit.music.columns import Columns, Integers, Objects

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
    notes, controls, tempos, others = performance.notes, performance.controls, performance.tempos, performance.others
    count = len(notes)
    tick = np.concatenate([notes.onset_tick, notes.offset_tick, controls.tick, tempos.tick, others.tick])
    track = np.concatenate([notes.track, notes.track, controls.track, tempos.track, others.track])
    order = np.concatenate([notes.onset_order, notes.offset_order, controls.order, tempos.order, others.order])
    order = np.concatenate([order[:count], _releases_first(notes), order[2 * count :]]).astype(np.float64)
    place = np.empty(len(tick), np.int64)
    sorted_rows = np.lexsort((order, tick, track))
    track_starts = np.searchsorted(track[sorted_rows], np.arange(len(performance.track_end_tick)))
    place[sorted_rows] = np.arange(len(tick)) - track_starts[track[sorted_rows]]
    onset, offset, control, tempo, other = np.split(place, np.cumsum([count, count, len(controls), len(tempos)]))
    ends = performance.track_end_tick.copy()
    np.maximum.at(ends, track, tick)
    notes = notes.replace(onset_order=onset, offset_order=offset)
    return performance.replace(
        notes=notes.take(np.lexsort((onset, notes.track))),
        controls=controls.replace(order=control).take(np.lexsort((control, controls.track))),
        tempos=tempos.replace(order=tempo).take(np.lexsort((tempo, tempos.track))),
        others=others.replace(order=other).take(np.lexsort((other, others.track))),
        track_end_tick=ends,
    )


def _releases_first(notes: Notes) -> np.ndarray:
    """Return offset orders, those moved ahead that follow the next stroke of the same key at the same tick."""
    offset_order = notes.offset_order.astype(np.float64)
    rows = np.lexsort((notes.onset_order, notes.onset_tick, notes.pitch, notes.channel, notes.track))
    here, after = rows[:-1], rows[1:]
    same_key = (
        (notes.track[here] == notes.track[after])
        & (notes.channel[here] == notes.channel[after])
        & (notes.pitch[here] == notes.pitch[after])
    )
    late = (
        same_key
        & (notes.offset_tick[here] == notes.onset_tick[after])
        & (notes.onset_tick[here] < notes.offset_tick[here])
        & (offset_order[here] > notes.onset_order[after])
    )
    offset_order[here[late]] = notes.onset_order[after[late]] - 0.5
    return offset_order
