"""Performances as mido has them, and back: for programs that use both; no command does."""

from typing import TYPE_CHECKING, Any

from maestrokit.errors import BadDataError
from maestrokit.music.performance import Performance
from maestrokit.music.track_events import (
    SET_TEMPO,
    TrackEvent,
    events_of,
    payload_of,
    performance_from_events,
    variable_length,
)

if TYPE_CHECKING:
    from mido import MidiFile

END_OF_TRACK = b"\xff\x2f\0"


def to_mido(performance: Performance) -> "MidiFile":
    """Return a performance as a MidiFile of mido; see :meth:`Performance.to_mido`."""
    from mido import MidiFile, MidiTrack

    tracks = []
    for events, end_tick in zip(events_of(performance), performance.track_end_tick.tolist(), strict=True):
        tick, track = 0, MidiTrack()
        for event in [*events, TrackEvent(end_tick, END_OF_TRACK)]:
            message = _mido_message(event)
            message.time = max(event.tick - tick, 0)
            tick = event.tick
            track.append(message)
        tracks.append(track)
    return MidiFile(type=performance.format, ticks_per_beat=performance.division, tracks=tracks)


def from_mido(file: "MidiFile") -> Performance:
    """Return the performance in a MidiFile of mido; see :meth:`Performance.from_mido`."""
    from mido.midifiles.meta import meta_charset

    tracks, end_ticks = [], []
    with meta_charset(file.charset):
        for messages in file.tracks:
            tick, events = 0, []
            for message in messages:
                if message.time != int(message.time) or message.time < 0:
                    raise BadDataError(f"a message has time {message.time}, not a number of ticks")
                tick += int(message.time)
                if message.type != "end_of_track":
                    events.append(_event(tick, message))
            tracks.append(events)
            end_ticks.append(tick)
    return performance_from_events(tracks, track_end_tick=end_ticks, division=file.ticks_per_beat, format=file.type)


def _mido_message(event: TrackEvent) -> Any:
    from mido import Message

    status = event.message[0]
    if status == 0xFF:
        return _mido_meta(event.message)
    if status not in (0xF0, 0xF7):
        return Message.from_bytes(event.message)
    data = payload_of(event.message, 1)
    if status == 0xF7 or data[-1:] != b"\xf7" or not data[:-1].isascii():
        raise BadDataError(f"mido has no message for the system exclusive event at tick {event.tick}")
    return Message("sysex", data=data[:-1])


def _mido_meta(message: bytes) -> Any:
    """Return the meta that mido knows, or an unknown one where mido would refuse or change the payload."""
    from mido import MetaMessage, UnknownMetaMessage

    payload = payload_of(message, 2)
    unknown = UnknownMetaMessage(message[1], payload)
    try:
        known = MetaMessage.from_bytes(unknown.bytes())
        return known if known.bytes() == unknown.bytes() else unknown
    except Exception:  # its checks raise what they happen to meet, KeySignatureError and TypeError among them
        return unknown


def _event(tick: int, message: Any) -> TrackEvent:
    data = bytes(message.bytes())
    if data[0] == 0xF0:
        data = data[:1] + variable_length(len(data) - 1) + data[1:]
    payload = payload_of(data, 2) if data[0] == 0xFF else b""
    if data[:2] == bytes([0xFF, SET_TEMPO]) and payload == bytes(3):
        raise BadDataError(f"a tempo of 0 microseconds a beat at tick {tick}")
    return TrackEvent(tick, data, payload)
