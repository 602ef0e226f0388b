"""The MIDI writer: all events of all tracks laid out at once, with running status."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maestrokit.errors import BadDataError
from maestrokit.music.columns import Integers
from maestrokit.music.performance import NOTE_ON_ENDS_IT, Performance

Bytes = NDArray[np.uint8]
LONGEST_DELTA = 0x0FFFFFFF  # ticks: four groups of seven bits
MOST_TRACKS = 0xFFFF
CHUNK_HEADER = 8  # bytes
LAST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Events:
    """Events of all tracks in any order; each message is a slice of one heap of bytes."""

    track: Integers
    tick: Integers
    order: Integers
    first: Integers
    """Where the message begins in the heap."""
    length: Integers
    heap: Bytes

    def take(self, rows: Integers) -> "Events":
        return Events(
            self.track[rows], self.tick[rows], self.order[rows], self.first[rows], self.length[rows], self.heap
        )


def dump_midi(performance: Performance) -> bytes:
    """Return the bytes of a MIDI file that says all that the performance says.

    Events of a track are written in the order (tick, order), with running status; reading them back gives the same
    performance if its orders are consistent (:func:`maestrokit.music.performance.settled`).

    Raises
    ------
    BadDataError
        If a value is beyond what MIDI can hold: pitches, velocities and controls 0..127, channels 0..15, tempos up to
        16,777,215 microseconds a beat, 268,435,455 ticks between events, 65,535 tracks (one in a file of type 0).
    """
    _check(performance)
    tracks = len(performance.track_end_tick)
    events = _in_running_order(_events(performance))
    delta = _deltas(events)
    kept = _with_running_status(events)
    delta_length = 1 + (delta >= 1 << 7) + (delta >= 1 << 14) + (delta >= 1 << 21)
    starts_track = np.diff(events.track, prepend=-1) > 0
    end = np.cumsum(delta_length + kept.length + CHUNK_HEADER * starts_track)
    begin = end - delta_length - kept.length
    out = np.zeros(end[-1] if tracks else 0, np.uint8)
    last_delta_byte = end - kept.length - 1
    out[last_delta_byte] = delta & 0x7F
    for group in range(1, 4):
        rows = np.flatnonzero(delta_length > group)
        out[last_delta_byte[rows] - group] = delta[rows] >> 7 * group & 0x7F | 0x80
    _copy(kept, out, end - kept.length)
    track_end = end[np.flatnonzero(np.diff(events.track, append=tracks))]
    for start, stop in zip(begin[starts_track].tolist(), track_end.tolist(), strict=True):
        out[start - CHUNK_HEADER : start] = np.frombuffer(b"MTrk" + (stop - start).to_bytes(4, "big"), np.uint8)
    header = (performance.format, tracks, performance.division & 0xFFFF)
    return b"MThd\0\0\0\6" + b"".join(number.to_bytes(2, "big") for number in header) + out.tobytes()


def _events(performance: Performance) -> Events:
    """Return all events, ends of tracks among them, unsorted."""
    notes, controls, tempos, others = performance.notes, performance.controls, performance.tempos, performance.others
    tracks = len(performance.track_end_tick)
    by_note_on = notes.release_velocity == NOTE_ON_ENDS_IT
    microseconds = tempos.microseconds_per_beat
    heap = np.concatenate([
        _rows(0x90 | notes.channel, notes.pitch, notes.velocity),
        _rows(np.where(by_note_on, 0x90, 0x80) | notes.channel, notes.pitch, np.maximum(notes.release_velocity, 0)),
        _rows(0xB0 | controls.channel, controls.number, controls.value),
        _rows(0xFF, 0x51, 3, microseconds >> 16, microseconds >> 8 & 0xFF, microseconds & 0xFF),
        np.frombuffer(b"\xff\x2f\0" * tracks + b"".join(others.message), np.uint8),
    ])
    length = np.concatenate([
        np.repeat([3, 6, 3], [2 * len(notes) + len(controls), len(tempos), tracks]),
        np.array([len(message) for message in others.message], np.int64),
    ])
    numbers = np.arange(tracks)
    return Events(
        track=np.concatenate([notes.track, notes.track, controls.track, tempos.track, numbers, others.track]),
        tick=np.concatenate([notes.onset_tick, notes.offset_tick, controls.tick, tempos.tick,
                             _track_ends(performance), others.tick]),
        order=np.concatenate([notes.onset_order, notes.offset_order, controls.order, tempos.order,
                              np.full(tracks, LAST), others.order]),
        first=np.cumsum(length) - length, length=length, heap=heap,
    )


def _rows(*columns: Integers | int) -> Bytes:
    """Return columns of bytes row by row."""
    rows = max(np.size(column) for column in columns if not isinstance(column, int))
    table = np.empty((rows, len(columns)), np.uint8)
    for place, column in enumerate(columns):
        table[:, place] = column
    return table.ravel()


def _track_ends(performance: Performance) -> Integers:
    """Return the tick of each track's end, not before its last event."""
    ends = performance.track_end_tick.astype(np.int64)
    notes, controls, tempos, others = performance.notes, performance.controls, performance.tempos, performance.others
    for tick, track in ((notes.onset_tick, notes.track), (notes.offset_tick, notes.track),
                        (controls.tick, controls.track), (tempos.tick, tempos.track), (others.tick, others.track)):
        np.maximum.at(ends, track, tick)
    return ends


def _in_running_order(events: Events) -> Events:
    return events.take(np.lexsort((events.order, events.tick, events.track)))


def _deltas(events: Events) -> Integers:
    delta = np.diff(events.tick, prepend=0)
    starts = np.diff(events.track, prepend=-1) > 0
    delta[starts] = events.tick[starts]
    if delta.size and (longest := int(delta.max())) > LONGEST_DELTA:
        raise BadDataError(f"{longest} ticks between two events, MIDI counts to {LONGEST_DELTA}")
    return delta


def _with_running_status(events: Events) -> Events:
    """Return the events, each channel message that repeats the status just before it shortened by that byte."""
    status = events.heap[events.first] if len(events.first) else np.empty(0, np.uint8)
    repeated = np.zeros(len(status), bool)
    repeated[1:] = (status[1:] == status[:-1]) & (status[1:] < 0xF0) & (events.track[1:] == events.track[:-1])
    first, length = events.first + repeated, events.length - repeated
    return Events(events.track, events.tick, events.order, first, length, events.heap)


def _copy(events: Events, out: Bytes, target: Integers) -> None:
    """Copy each message from the heap to its place: byte by byte the first three, the rest of longer ones at once."""
    first, length = events.first, events.length
    for place in range(3):
        rows = np.flatnonzero(length > place)
        out[target[rows] + place] = events.heap[first[rows] + place]
    long = np.flatnonzero(length > 3)
    first, length, target = first[long] + 3, length[long] - 3, target[long] + 3
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    out[np.repeat(target, length) + within] = events.heap[np.repeat(first, length) + within]


def _check(performance: Performance) -> None:
    notes, controls, tempos, others = performance.notes, performance.controls, performance.tempos, performance.others
    tracks = len(performance.track_end_tick)
    if tracks > MOST_TRACKS or (performance.format == 0 and tracks > 1):
        raise BadDataError(f"{tracks} tracks do not fit into a MIDI file of type {performance.format}")
    division = performance.division
    if not 0 < division < 0x8000 and not (-0x8000 <= division < 0 and division & 0xFF):
        raise BadDataError(f"a division of {division} does not fit into a MIDI file")
    ranges = [
        ("pitch", notes.pitch, 0, 127), ("velocity", notes.velocity, 1, 127),
        ("release velocity", notes.release_velocity, NOTE_ON_ENDS_IT, 127),
        ("channel", notes.channel, 0, 15), ("channel", controls.channel, 0, 15),
        ("control number", controls.number, 0, 127), ("control value", controls.value, 0, 127),
        ("tempo", tempos.microseconds_per_beat, 1, 0xFFFFFF), ("end of track", performance.track_end_tick, 0, LAST),
    ]
    for table in (notes, controls, tempos, others):
        ranges.append(("track", table.track, 0, tracks - 1))
    for ticks in (notes.onset_tick, notes.offset_tick, controls.tick, tempos.tick, others.tick):
        ranges.append(("tick", ticks, 0, LAST))
    for what, values, lowest, highest in ranges:
        if len(values) and (values.min() < lowest or values.max() > highest):
            wrong = values[(values < lowest) | (values > highest)][0]
            raise BadDataError(f"{what} {wrong} is outside {lowest}..{highest}")
