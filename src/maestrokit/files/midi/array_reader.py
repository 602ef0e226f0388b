"""The array reader: all events of a well-formed MIDI file found at once, without a loop over events.

Where an event ends depends on its bytes alone, but for running status. So for every byte of the file, taken as the
start of an event, the start of the next one is computed (most of these mean nothing), with a status byte left out
taken for one of two data bytes. Then the chain of true events is followed from the first, by doubling: pointers to
the 2nd, 4th, 8th, 16th next, strides of 16 through the file, and the events between filled in. Last, everything that
was assumed is verified on the true events.

What it does not fully understand it declines, and the reference reader decides; the two agree on everything else.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Integers, Mask, Objects
from maestrokit.files.midi.header import Frame
from maestrokit.files.midi.note_pairs import pair_notes
from maestrokit.music.performance import (
    NOT_RELEASED,
    NOTE_ON_ENDS_IT,
    Controls,
    Notes,
    Others,
    Performance,
    Tempos,
    ends_all_notes,
    with_missing_ends,
)

Bytes = NDArray[np.uint8]
PADDING = 8  # bytes of zeros behind the file, so that looking ahead needs no test
DOUBLINGS = 4  # pointers to the 16th next event
END_OF_TRACK, SET_TEMPO = 0x2F, 0x51  # types of metas


@dataclass(frozen=True)
class Events:
    """The events of all tracks, in file order, the ends of tracks among them."""

    wire: Bytes
    """The file, padded."""
    begin: Integers
    """Place of the message: of its status byte, or of its first data byte where running status holds."""
    end: Integers
    """Place after the message."""
    tick: Integers
    track: Integers
    order: Integers
    status: Bytes
    """Running status filled in."""
    first: Bytes
    """First data byte; of metas the type."""
    second: Bytes


def read_by_arrays(data: bytes, frame: Frame) -> Performance | None:
    """Return what the reference reader returns for well-formed files; nothing for whatever is doubtful."""
    if not frame.spans:
        return None
    wire = np.frombuffer(data + bytes(PADDING), np.uint8)
    starts, stops = np.array(frame.spans, np.int64).T
    delta_length = _lengths(wire)
    chain = _chain(_next_events(wire, delta_length), starts, stops)
    rows_of_stops = np.searchsorted(chain, stops)
    if not np.array_equal(chain[np.minimum(rows_of_stops, len(chain) - 1)], stops):
        return None
    events = _gather(wire, delta_length, chain, rows_of_stops)
    return None if events is None else _performance(data, events, frame)


def _lengths(wire: Bytes) -> Bytes:
    """Return for every byte the length of the number (groups of seven bits) that begins there; at most 4."""
    goes_on = (wire >> 7)[:-3]
    length = np.ones(len(wire), np.uint8)
    for _ in range(3):
        length[:-3] = 1 + goes_on * length[1:-2]
    return length


def _numbers(wire: Bytes, begin: Integers, length: NDArray[np.integer]) -> Integers:
    """Return the numbers (groups of seven bits) that begin at some positions; -1 for those of more than four bytes."""
    number = (wire[begin] & 0x7F).astype(np.int64)
    for group in range(1, 4):
        rows = np.flatnonzero(length > group)
        if not len(rows):
            return number
        number[rows] = number[rows] << 7 | wire[begin[rows] + group] & 0x7F
    number[rows[wire[begin[rows] + 3] >= 0x80]] = -1
    return number


def _next_events(wire: Bytes, delta_length: Bytes) -> Integers:
    """Return for every byte, taken as the start of an event, the start of the next; the last position for nonsense."""
    size, nowhere = len(wire) - PADDING, len(wire) - 1
    following = np.arange(len(wire)) + _channel_steps(wire, delta_length)
    message, after = _ends_of_long_messages(wire, delta_length)
    for length in range(1, 5):  # of the number before the message
        begin = message - length
        rows = np.flatnonzero((begin >= 0) & (delta_length[begin] == length))
        following[begin[rows]] = after[rows]
    tail = np.arange(max(size - 4, 0), len(wire))
    following[tail[tail + delta_length[tail] >= size]] = nowhere
    return following


def _channel_steps(wire: Bytes, delta_length: Bytes) -> Bytes:
    """Return for every byte how far on the next event begins, if a number begins there and a channel message follows.

    Messages have a status byte, two data bytes or (0xC0..0xDF) one; running status is taken for two data bytes.
    """
    message_bytes = 2 + (wire >> 7) - ((wire & 0xE0) == 0xC0)
    steps = delta_length.copy()
    for length in range(1, 5):
        steps[:-length] += message_bytes[length:] * (delta_length[:-length] == length)
    return steps


def _ends_of_long_messages(wire: Bytes, delta_length: Bytes) -> tuple[Integers, Integers]:
    """Return the positions of all bytes that can begin a meta or a system exclusive event, and where each would end."""
    size, nowhere = len(wire) - PADDING, len(wire) - 1
    message = np.flatnonzero(wire[:size] >= 0xF0)
    status = wire[message]
    number_begin = message + 1 + (status == 0xFF)
    number_length = delta_length[number_begin]
    number = _numbers(wire, number_begin, number_length)
    known = (number >= 0) & ((status == 0xFF) | (status == 0xF0) | (status == 0xF7))
    return message, np.where(known, np.minimum(number_begin + number_length + number, nowhere), nowhere)


def _chain(following: Integers, starts: Integers, stops: Integers) -> Integers:
    """Return the starts of the events that truly follow one another, and the stop of each track, rising."""
    following[stops[:-1]] = starts[1:]
    following[stops[-1]] = stops[-1]
    strides = [following]
    for _ in range(DOUBLINGS):
        strides.append(strides[-1].take(strides[-1]))
    pointer, position = memoryview(strides.pop().data), int(starts[0])
    positions: list[int] = []
    while not positions or position != positions[-1]:
        positions.append(position)
        position = pointer[position]
    chain = np.array(positions)
    for stride in reversed(strides):
        longer = np.empty(2 * len(chain), np.int64)
        longer[0::2], longer[1::2] = chain, stride.take(chain)
        chain = longer
    return chain[: np.searchsorted(chain, chain[-1]) + 1]


def _gather(wire: Bytes, delta_length: Bytes, chain: Integers, rows_of_stops: Integers) -> Events | None:
    """Return the events that begin at the positions of the chain, once all that was assumed of them is verified."""
    counts = rows_of_stops - np.append(0, rows_of_stops[:-1] + 1)
    if not counts.all():
        return None
    spans = list(zip((rows_of_stops - counts).tolist(), rows_of_stops.tolist(), strict=True))
    start, end = (np.concatenate([chain[a + shift : b + shift] for a, b in spans]) for shift in (0, 1))
    order = np.concatenate([np.arange(count) for count in counts.tolist()])
    first_row = np.cumsum(counts) - counts
    track = np.repeat(np.arange(len(counts)), counts)
    length = delta_length.take(start)
    delta = _numbers(wire, start, length)
    begin = start + length
    own_status = wire.take(begin)
    is_explicit, is_system = own_status >= 0x80, own_status >= 0xF0
    is_running = is_explicit & ~is_system  # from here on
    statuses = np.cumsum(is_running)
    is_known = is_explicit | (statuses > (statuses - is_running)[first_row].repeat(counts))
    status = np.append(own_status.compress(is_running), 0).take(statuses - 1)
    system_rows = np.flatnonzero(is_system)
    status[system_rows] = own_status[system_rows]
    data_begin = begin + is_explicit
    first, second = wire.take(data_begin), wire[1:].take(data_begin)
    is_short = (status & 0xE0) == 0xC0
    is_wrong = ~is_system & ((first >= 0x80) | ((second >= 0x80) & ~is_short) | (is_short & ~is_explicit))
    is_end = (status == 0xFF) & (first == END_OF_TRACK) & (second == 0)
    if not is_known.all() or is_wrong.any() or (delta < 0).any() or not is_end[first_row + counts - 1].all():
        return None
    tick = np.cumsum(delta)
    tick -= (tick[first_row] - delta[first_row]).repeat(counts)
    return Events(wire, begin, end, tick, track, order, status, first, second)


def _performance(data: bytes, events: Events, frame: Frame) -> Performance | None:
    """Return the tables; nothing if there is an end of track within a track, or a tempo of 0."""
    kind = events.status >> 4
    metas = np.flatnonzero(events.status == 0xFF)
    ends = metas[events.first.take(metas) == END_OF_TRACK]
    tempo_rows, tempo_values = _tempos(events, metas)
    if len(ends) != len(frame.spans) or not tempo_values.all():
        return None
    is_key = (kind == 8) | (kind == 9)
    control = np.flatnonzero(kind == 11)
    on, off = _pairs(events, np.flatnonzero(is_key), control)
    is_other = np.ones(len(kind), bool)
    for rows in (on, off[off >= 0], control, tempo_rows, ends):
        is_other[rows] = False
    controls = Controls(
        events.tick.take(control),
        _wide(events.first.take(control)),
        _wide(events.second.take(control)),
        _channel(events, control),
        events.track.take(control),
        events.order.take(control),
    )
    return Performance(
        notes=with_missing_ends(_notes(events, on, off), controls, events.tick.take(ends)),
        controls=controls,
        tempos=Tempos(
            events.tick.take(tempo_rows), tempo_values, events.track.take(tempo_rows), events.order.take(tempo_rows)
        ),
        others=_others(data, events, np.flatnonzero(is_other)),
        track_end_tick=events.tick.take(ends),
        division=frame.division,
        format=frame.format,
    )


def _wide(column: NDArray[np.integer]) -> Integers:
    return column.astype(np.int64)


def _channel(events: Events, rows: Integers) -> Integers:
    return _wide(events.status.take(rows) & 0x0F)


def _tempos(events: Events, metas: Integers) -> tuple[Integers, Integers]:
    """Return the rows of set-tempo events of the length they should have, and their microseconds a beat."""
    rows = metas[events.first.take(metas) == SET_TEMPO]
    wire, begin = events.wire, events.begin.take(rows) + 2
    length = _lengths_at(wire, begin)
    rows = rows[_numbers(wire, begin, length) == 3]
    payload = wire[events.end[rows, None] - np.array([3, 2, 1])].astype(np.int64)  # (tempos, bytes)
    return rows, payload @ np.array([1 << 16, 1 << 8, 1])


def _lengths_at(wire: Bytes, begin: Integers) -> Integers:
    goes_on = wire[begin[:, None] + np.arange(3)] >= 0x80  # (numbers, bytes)
    return np.asarray(1 + np.logical_and.accumulate(goes_on, axis=1).sum(axis=1))


def _pairs(events: Events, keys: Integers, control: Integers) -> tuple[Integers, Integers]:
    """Return the rows of all note-ons, rising, and those of their note-offs, -1 where there is none."""
    status, pitch = events.status.take(keys), events.first.take(keys)
    is_on: Mask = ((status & 0x10) > 0) & (events.second.take(keys) > 0)
    number = (status & 0x0F).astype(np.uint16) << 7 | pitch
    track = events.track.take(keys)
    if len(track) and track[-1] >= 32:
        number = number + (track << 11)
    else:
        number |= track.astype(np.uint16) << 11
    stops = control[ends_all_notes(events.first.take(control))]
    if len(stops):
        number = _apart(events, keys, number, stops)
    on, off = pair_notes(number, is_on)
    return keys[on], np.where(off < 0, -1, keys[off])


def _apart(events: Events, keys: Integers, number: NDArray[np.integer], stops: Integers) -> Integers:
    """Return other numbers for the keys of a channel after each event that ends all its notes."""
    channel, span = events.track << 4 | events.status & 0x0F, len(events.tick)
    ended = np.searchsorted(np.sort(channel[stops] * span + stops), channel[keys] * span + keys)
    return np.asarray(np.unique(number.astype(np.int64) * (len(stops) + 1) + ended, return_inverse=True)[1])


def _notes(events: Events, on: Integers, off: Integers) -> Notes:
    by_note_on = (events.status.take(off) & 0x10) > 0
    release_velocity = np.where(by_note_on, NOTE_ON_ENDS_IT, _wide(events.second.take(off)))
    is_missing = off < 0
    if is_missing.any():
        release_velocity[is_missing], off = NOT_RELEASED, np.where(is_missing, on, off)
    return Notes(
        onset_tick=events.tick.take(on),
        offset_tick=events.tick.take(off),
        pitch=_wide(events.first.take(on)),
        velocity=_wide(events.second.take(on)),
        release_velocity=release_velocity,
        channel=_channel(events, on),
        track=events.track.take(on),
        onset_order=events.order.take(on),
        offset_order=events.order.take(off),
    )


def _others(data: bytes, events: Events, rows: Integers) -> Others:
    status = _wide(events.status.take(rows))
    kind = np.where(status < 0xF0, status & 0xF0, status)
    kind = np.where(status == 0xFF, 0xFF00 | _wide(events.first.take(rows)), kind)
    message: Objects = np.empty(len(rows), object)
    spans = zip(events.begin.take(rows).tolist(), events.end.take(rows).tolist(), status.tolist(), strict=True)
    message[:] = [
        data[begin:end] if data[begin] >= 0x80 else bytes((status,)) + data[begin:end] for begin, end, status in spans
    ]
    return Others(events.tick.take(rows), kind, message, events.track.take(rows), events.order.take(rows))
