"""The reference reader: one event after the other, exactly as the standard defines, with every fault named.

It decides whatever the array reader declines, and alone repairs. Nothing is lost: not the difference between the two
sysex statuses, no bytes of unknown metas, no text of any encoding, no real-time message. In this it departs from
mido's reader, which joins 0xF0 and 0xF7 and refuses unknown key signatures; where mido keeps all, the two agree.

Lenient by custom, as the meaning is plain: running status continues after metas and sysex.
"""

from maestrokit.files.midi.header import Frame, bad_midi
from maestrokit.music.performance import Performance
from maestrokit.music.track_events import SET_TEMPO, TrackEvent, performance_from_events

DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}  # by status without channel
SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0} | dict.fromkeys(range(0xF8, 0xFF), 0)
END_OF_TRACK = 0x2F  # type of a meta


class MalformedError(Exception):
    """A fact about the bytes of a track, which ends reading it."""


def read_by_reference(data: bytes, frame: Frame, *, name: str, repair: bool = False) -> Performance:
    """Return the performance in the bytes of a MIDI file, read event by event.

    BadDataError says what is broken in a track. `repair` keeps what can be salvaged: data bytes above 127 become 127, a
    track ends at its first unreadable event, tempos of 0 are dropped.
    """
    tracks, ends = [], []
    for number, (start, stop) in enumerate(frame.spans, 1):
        try:
            events, end = _read_track(data, start, stop, repair=repair)
        except MalformedError as fault:
            raise bad_midi(name, f"track {number}: {fault}") from None
        tracks.append(events)
        ends.append(end)
    return performance_from_events(tracks, track_end_tick=ends, division=frame.division, format=frame.format)


def _read_track(data: bytes, start: int, stop: int, *, repair: bool) -> tuple[list[TrackEvent], int]:
    """Return the events of one track but its end, and the tick of that."""
    events: list[TrackEvent] = []
    offset, tick, status = start, 0, 0
    try:
        while True:
            if offset == stop:
                raise MalformedError(f"no end of track at byte {stop}")
            delta, begin = _variable_length(data, offset, stop)
            message, payload, offset = _read_message(data, begin, stop, status, repair=repair)
            tick += delta
            if message[0] < 0xF0:
                status = message[0]
            if message[0] == 0xFF and message[1] == END_OF_TRACK:
                break
            if payload == bytes(3) and message[:2] == bytes((0xFF, SET_TEMPO)):
                if repair:
                    continue
                raise MalformedError(f"a tempo of 0 microseconds a beat at byte {begin}")
            events.append(TrackEvent(tick, message, payload))
        if (payload or offset < stop) and not repair:
            raise MalformedError(f"{stop - offset + len(payload)} bytes after the end of track, at byte {begin}")
    except MalformedError:
        if not repair:
            raise
        tick = events[-1].tick if events else 0
    return events, tick


def _read_message(data: bytes, offset: int, stop: int, status: int, *, repair: bool) -> tuple[bytes, bytes, int]:
    """Return the whole message that begins here, its payload if it has a length, and the offset after it."""
    if offset >= stop:
        raise MalformedError(f"an event is cut off at byte {stop}")
    first = data[offset]
    if first == 0xFF or first in (0xF0, 0xF7):
        begin = offset + (2 if first == 0xFF else 1)
        length, after = _variable_length(data, begin, stop)
        if after + length > stop:
            raise MalformedError(f"an event claims {length} bytes at byte {offset}, but only {stop - after} follow")
        return data[offset : after + length], data[after : after + length], after + length
    after = offset + 1 if first >= 0x80 else offset
    status = first if first >= 0x80 else status
    if not status:
        raise MalformedError(f"running status without a status at byte {offset}")
    count = DATA_BYTES[status & 0xF0] if status < 0xF0 else SYSTEM_DATA_BYTES.get(status)
    if count is None:
        raise MalformedError(f"the undefined status {status:#x} at byte {offset}")
    values = data[after : after + count]
    if after + count > stop:
        raise MalformedError(f"an event is cut off at byte {stop}")
    if not values.isascii():
        if not repair:
            raise MalformedError(f"a data byte above 127 at byte {after}")
        values = bytes(min(value, 127) for value in values)
    return bytes((status,)) + values, b"", after + count


def _variable_length(data: bytes, offset: int, stop: int) -> tuple[int, int]:
    """Return the number of up to four groups of seven bits that begins here, and the offset after it."""
    number = 0
    for after in range(offset, min(offset + 4, stop)):
        number = number << 7 | data[after] & 0x7F
        if data[after] < 0x80:
            return number, after + 1
    if offset + 4 > stop:
        raise MalformedError(f"a number is cut off at byte {stop}")
    raise MalformedError(f"a number of more than four bytes at byte {offset}")
