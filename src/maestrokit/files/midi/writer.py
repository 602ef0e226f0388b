"""The MIDI writer: all events of all tracks laid out at once, with running status.

Each event is a row of eight bytes: four for the time since the event before, then the head of the message. A mask says
which of them are written. What a message has beyond its head, its tail, is spliced in.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Integers, Mask
from maestrokit.errors import BadDataError
from maestrokit.files.atomic import write_bytes
from maestrokit.music.event_order import running_order
from maestrokit.music.performance import NOT_RELEASED, NOTE_ON_ENDS_IT, Performance

Bytes = NDArray[np.uint8]
LONGEST_DELTA = 0x0FFFFFFF  # ticks: four groups of seven bits
MOST_TRACKS = 0xFFFF
LAST = np.iinfo(np.int64).max
HEAD = 4  # bytes: of a message, beside those of the time before it
END_OF_TRACK = b"\xff\x2f\0"


def _masks() -> NDArray[np.bool_]:
    """Return which of the eight bytes of an event are written, shape (cases, 8).

    A case is how many bytes the time has, whether the status is left out (running status), and how many bytes the head
    of the event has.
    """
    masks = np.zeros((HEAD + 1, 2, HEAD + 1, 2 * HEAD), bool)
    for time, left_out, head in np.ndindex(masks.shape[:3]):
        masks[time, left_out, head, HEAD - time : HEAD] = True
        masks[time, left_out, head, HEAD + left_out : HEAD + head] = True
    return masks.reshape(-1, 2 * HEAD)


MASKS = _masks()


def dump_midi(performance: Performance) -> bytes:
    """Return the bytes of a MIDI file that holds all of the performance.

    Events of a track are written in the order (tick, order), with running status; reading them back gives the same
    performance if its orders are consistent (:func:`maestrokit.music.performance.reorder_events`).

    Parameters
    ----------
    performance : Performance
        What to write.

    Returns
    -------
    bytes
        The content of the file.

    Raises
    ------
    BadDataError
        If a value is beyond what MIDI can hold: pitches, velocities and controls 0..127, channels 0..15, tempos up to
        16,777,215 microseconds a beat, 268,435,455 ticks between events, 65,535 tracks (one in a file of type 0).
    """
    _check(performance)
    tracks = len(performance.track_end_tick)
    messages = [b"\xff\x51\3" + tempo.to_bytes(3, "big") for tempo in performance.tempos.microseconds_per_beat.tolist()]
    messages += performance.others.message.tolist()
    rows, counts, delta = _in_running_order(performance)
    head, length = _heads(performance, messages)
    head, length = head[rows], length[rows]
    ends = np.cumsum(counts)
    is_repeated = _is_status_repeated(head, ends)
    time_bytes, table = _rows(delta, head)
    written = np.minimum(length, HEAD)
    mask = MASKS.take((time_bytes * 2 + is_repeated) * (HEAD + 1) + written, axis=0)
    body = table[mask].tobytes()
    end = np.cumsum(time_bytes + written - is_repeated)
    long = np.flatnonzero(length > HEAD)
    first_message = len(rows) - tracks - len(messages)
    positions = zip(end[long].tolist(), (rows[long] - first_message).tolist(), strict=True)
    tails = [(position, messages[number][HEAD:]) for position, number in positions]
    bounds = np.searchsorted(long, ends).tolist()
    chunks, start, first = [], 0, 0
    for stop, last in zip(end[ends - 1].tolist(), bounds, strict=True):
        chunk = _spliced(body, start, stop, tails[first:last])
        chunks += [b"MTrk", len(chunk).to_bytes(4, "big"), chunk]
        start, first = stop, last
    header = (performance.format, tracks, performance.division & 0xFFFF)
    return b"".join([b"MThd\0\0\0\6", *(number.to_bytes(2, "big") for number in header), *chunks])


def _in_running_order(performance: Performance) -> tuple[Integers, Integers, Integers]:
    """Return the rows of events in the order of the file, how many each track has, and the ticks since the one before.

    Rows count onsets, offsets, controls, tempos, others, and ends of tracks, which are not before their last events.
    """
    notes, tables = performance.notes, (performance.controls, performance.tempos, performance.others)
    released, tracks = notes.released(), len(performance.track_end_tick)
    track = np.concatenate([notes.track, released.track, *(table.track for table in tables)])
    tick = np.concatenate([notes.onset_tick, released.offset_tick, *(table.tick for table in tables)])
    order = np.concatenate([notes.onset_order, released.offset_order, *(table.order for table in tables)])
    rows = running_order(track, tick, order)
    counts = np.bincount(track, minlength=tracks)
    stops = np.cumsum(counts)
    end_tick = performance.track_end_tick.astype(np.int64)
    filled = np.flatnonzero(counts)
    end_tick[filled] = np.maximum(end_tick[filled], tick[rows[stops[filled] - 1]])
    rows = np.insert(rows, stops, np.arange(len(tick), len(tick) + tracks))
    tick = np.append(tick, end_tick)[rows]
    delta = np.diff(tick, prepend=0)
    starts = stops - counts + np.arange(tracks)
    delta[starts] = tick[starts]
    if delta.size and (longest := int(delta.max())) > LONGEST_DELTA:
        raise BadDataError(f"{longest} ticks between two events, MIDI counts to {LONGEST_DELTA}")
    return rows, counts + 1, delta


def _heads(performance: Performance, messages: list[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Return the first four bytes of each message, and how many bytes it has, up to 255; zeros fill short ones."""
    notes, controls, tracks = performance.notes, performance.controls, len(performance.track_end_tick)
    released = notes.released()
    off = np.where(released.release_velocity == NOTE_ON_ENDS_IT, 0x90, 0x80)
    ons = (0x90 | notes.channel) << 16 | notes.pitch << 8 | notes.velocity
    offs = (off | released.channel) << 16 | released.pitch << 8 | np.maximum(released.release_velocity, 0)
    changes = (0xB0 | controls.channel) << 16 | controls.number << 8 | controls.value
    short = np.concatenate([ons, offs, changes]).astype(np.uint32) << 8
    messages = messages + tracks * [END_OF_TRACK]
    heads = np.frombuffer(b"".join(message[:HEAD].ljust(HEAD, b"\0") for message in messages), ">u4")
    length = np.full(len(short) + len(messages), 3, np.uint8)
    length[len(short) :] = [min(len(message), 255) for message in messages]
    return np.concatenate([short, heads.astype(np.uint32)]), length


def _is_status_repeated(head: NDArray[np.uint32], ends: Integers) -> Mask:
    """Return which channel messages have the status of the event just before them in their track."""
    status = (head >> 24).astype(np.uint8)
    is_repeated = np.zeros(len(status), bool)
    is_repeated[1:] = (status[1:] == status[:-1]) & (status[1:] < 0xF0)
    is_repeated[ends[:-1]] = False
    return is_repeated


def _rows(delta: Integers, head: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], Bytes]:
    """Return how many bytes each delta takes, and the eight bytes of each event, the delta just before the head."""
    table = np.empty((len(delta), 2 * HEAD), np.uint8)
    table[:, HEAD:] = head.astype(">u4").view(np.uint8).reshape(-1, HEAD)
    table[:, HEAD - 1] = delta & 0x7F
    time_bytes, rows, rest = np.ones(len(delta), np.uint8), np.arange(len(delta)), delta
    for group in range(1, HEAD):
        is_longer = rest >= 1 << 7 * group
        rows, rest = rows[is_longer], rest[is_longer]
        table[rows, HEAD - 1 - group] = rest >> 7 * group & 0x7F | 0x80
        time_bytes[rows] += 1
    return time_bytes, table


def _spliced(body: bytes, start: int, stop: int, tails: list[tuple[int, bytes]]) -> bytes:
    """Return the bytes from start to stop, with each tail at its position."""
    pieces = []
    for position, tail in tails:
        pieces += [body[start:position], tail]
        start = position
    return b"".join([*pieces, body[start:stop]])


def _check(performance: Performance) -> None:
    notes, controls, tempos, others = performance.notes, performance.controls, performance.tempos, performance.others
    tracks = len(performance.track_end_tick)
    if tracks > MOST_TRACKS or (performance.format == 0 and tracks > 1):
        raise BadDataError(f"{tracks} tracks do not fit into a MIDI file of type {performance.format}")
    division = performance.division
    if not 0 < division < 0x8000 and not (-0x8000 <= division < 0 and division & 0xFF):
        raise BadDataError(f"a division of {division} does not fit into a MIDI file")
    ranges = [
        ("pitch", notes.pitch, 0, 127),
        ("velocity", notes.velocity, 1, 127),
        ("release velocity", notes.release_velocity, NOT_RELEASED, 127),
        ("channel", notes.channel, 0, 15),
        ("channel", controls.channel, 0, 15),
        ("control number", controls.number, 0, 127),
        ("control value", controls.value, 0, 127),
        ("tempo", tempos.microseconds_per_beat, 1, 0xFFFFFF),
        ("end of track", performance.track_end_tick, 0, LAST),
    ]
    ranges += [("track", table.track, 0, tracks - 1) for table in (notes, controls, tempos, others)]
    all_ticks = (notes.onset_tick, notes.offset_tick, controls.tick, tempos.tick, others.tick)
    ranges += [("tick", ticks, 0, LAST) for ticks in all_ticks]
    for quantity, values, lowest, highest in ranges:
        if len(values) and (values.min() < lowest or values.max() > highest):
            wrong = values[(values < lowest) | (values > highest)][0]
            raise BadDataError(f"{quantity} {wrong} is outside {lowest}..{highest}")


def wrapped(data: bytes) -> bytes:
    """Return a MIDI file in a RIFF container, whose one chunk it is (RP-029); its suffix is ``.rmi``.

    >>> wrapped(b"MThd")
    b'RIFF\\x10\\x00\\x00\\x00RMIDdata\\x04\\x00\\x00\\x00MThd'
    """
    chunk = b"data" + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    return b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"RMID" + chunk


def write_midi(performance: Performance, path: Path | str) -> None:
    """Write a performance as a MIDI file that appears whole or not at all.

    Parameters
    ----------
    performance : Performance
        What to write.
    path : str or Path
        The file.

    Raises
    ------
    BadDataError
        If the performance has values that MIDI cannot hold.
    CannotWriteError
        If the file cannot be written.
    """
    try:
        data = dump_midi(performance)
    except BadDataError as error:
        raise BadDataError(f"cannot write '{path}': {error.fact}", error.hint, path=str(path)) from error
    write_bytes(path, data)
