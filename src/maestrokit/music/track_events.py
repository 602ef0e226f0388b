"""The events of tracks, one after the other as a file has them, and the tables that they become."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import numpy as np

from maestrokit.arrays import Columns
from maestrokit.music.performance import (
    NOT_RELEASED,
    NOTE_ON_ENDS_IT,
    Controls,
    Notes,
    Others,
    Performance,
    Tempos,
    with_missing_ends,
)

SET_TEMPO = 0x51  # type of a meta

Table = TypeVar("Table", bound=Columns)


class TrackEvent(NamedTuple):
    """One event of a track: the whole message, with its status byte; the payload that follows its length, if any."""

    tick: int
    message: bytes
    payload: bytes = b""


@dataclass
class Rows:
    """The rows of all tables."""

    notes: list[tuple[int, ...]] = field(default_factory=list)
    controls: list[tuple[int, ...]] = field(default_factory=list)
    tempos: list[tuple[int, ...]] = field(default_factory=list)
    others: list[tuple[int, int, bytes, int, int]] = field(default_factory=list)


def performance_from_events(
    tracks: Iterable[Sequence[TrackEvent]], *, track_end_tick: Sequence[int], division: int, format: int
) -> Performance:
    """Return the performance of the events of all tracks, each in its running order; ends of tracks come apart."""
    rows = Rows()
    for track, events in enumerate(tracks):
        _add_events(events, track, rows)
    rows.notes.sort(key=lambda row: (row[6], row[7]))
    rows.others.sort(key=lambda row: row[3:])
    controls, ends = _table(Controls, rows.controls), np.array(track_end_tick, np.int64)
    return Performance(
        notes=with_missing_ends(_table(Notes, rows.notes), controls, ends),
        controls=controls,
        tempos=_table(Tempos, rows.tempos),
        others=_table(Others, rows.others),
        track_end_tick=ends,
        division=division,
        format=format,
    )


def events_of(performance: Performance) -> list[list[TrackEvent]]:
    """Return the events of each track in their running order, ends of tracks excepted; payloads are left empty."""
    tracks: list[list[tuple[int, int, bytes]]] = [[] for _ in performance.track_end_tick]
    for onset, offset, pitch, velocity, release, channel, track, on, off in _rows(performance.notes):
        tracks[track].append((onset, on, bytes([0x90 | channel, pitch, velocity])))
        if release != NOT_RELEASED:
            status, release_velocity = (0x90, 0) if release == NOTE_ON_ENDS_IT else (0x80, release)
            tracks[track].append((offset, off, bytes([status | channel, pitch, release_velocity])))
    for tick, number, value, channel, track, order in _rows(performance.controls):
        tracks[track].append((tick, order, bytes([0xB0 | channel, number, value])))
    for tick, tempo, track, order in _rows(performance.tempos):
        tracks[track].append((tick, order, bytes([0xFF, SET_TEMPO, 3]) + tempo.to_bytes(3, "big")))
    for tick, _, message, track, order in _rows(performance.others):
        tracks[track].append((tick, order, message))
    return [[TrackEvent(tick, message) for tick, _, message in sorted(track)] for track in tracks]


def _rows(table: Columns) -> Iterable[tuple]:  # type: ignore[type-arg]  # of numbers and bytes, as the table has them
    return zip(*(column.tolist() for column in vars(table).values()), strict=True)


def _table(kind: type[Table], rows: Sequence[tuple[object, ...]]) -> Table:
    columns = vars(kind.empty())
    for column, values in zip(columns, zip(*rows, strict=True), strict=False):
        columns[column] = np.array(values, columns[column].dtype)
    return kind(**columns)


def _add_events(events: Sequence[TrackEvent], track: int, rows: Rows) -> None:
    """Put the events of one track into the rows of the tables."""
    key_events: dict[tuple[int, int], list[int]] = defaultdict(list)  # orders of ons and offs, by channel and pitch
    for order, (tick, message, payload) in enumerate(events):
        kind = message[0] & 0xF0 if message[0] < 0xF0 else message[0]
        channel = message[0] & 0x0F
        if kind in (0x80, 0x90):
            key_events[channel, message[1]].append(order)
        elif kind == 0xB0:
            rows.controls.append((tick, message[1], message[2], channel, track, order))
            if message[1] == 120 or message[1] >= 123:
                for key in [key for key in key_events if key[0] == channel]:
                    _add_notes(key_events.pop(key), events, track, rows)
        elif kind == 0xFF and message[1] == SET_TEMPO and len(payload) == 3:
            rows.tempos.append((tick, int.from_bytes(payload, "big"), track, order))
        else:
            kind = kind << 8 | message[1] if kind == 0xFF else kind
            rows.others.append((tick, kind, message, track, order))
    for orders in key_events.values():
        _add_notes(orders, events, track, rows)


def _add_notes(orders: Iterable[int], events: Sequence[TrackEvent], track: int, rows: Rows) -> None:
    """Put the ons and offs of one key, up to where all notes end, into the rows of notes and others."""
    waiting: list[int] = []
    ons: list[int] = []
    offs: list[int] = []
    for order in orders:
        tick, message, _ = events[order]
        if message[0] & 0xF0 == 0x90 and message[2] > 0:
            waiting.append(order)
        elif waiting:
            ons.append(waiting.pop())
            offs.append(order)
        else:
            rows.others.append((tick, message[0] & 0xF0, message, track, order))
    off_of = dict(zip(sorted(ons), offs, strict=True)) | {on: on for on in waiting}
    for on, off in off_of.items():
        tick, (status, pitch, velocity), _ = events[on]
        off_status, _, release = events[off].message
        release = NOT_RELEASED if on == off else NOTE_ON_ENDS_IT if off_status & 0xF0 == 0x90 else release
        rows.notes.append((tick, events[off].tick, pitch, velocity, release, status & 0x0F, track, on, off))


def payload_of(message: bytes, start: int) -> bytes:
    """Return what follows the length, a number whose last byte alone is below 128, that begins at a byte."""
    while message[start] >= 0x80:
        start += 1
    return message[start + 1 :]


def variable_length(number: int) -> bytes:
    """Return a number in groups of seven bits, the last without the high bit.

    >>> variable_length(200).hex()
    '8148'
    """
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(number & 0x7F | 0x80)
    return bytes(reversed(groups))
