"""Performances go to mido and come back as they were; what mido cannot hold is refused, not changed."""

import io

import mido
import pytest
from hypothesis import assume, given, settings

from maestrokit.errors import BadDataError
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.performance import Performance
from strategies import Event, file_bytes, midi_bytes, performances, track_bytes

HEADER = {"ticks_per_beat": 96, "type": 0}


def of_events(*events: Event) -> Performance:
    return parse_midi(file_bytes([track_bytes(list(events))], midi_format=0), name="generated")


@settings(max_examples=30)
@given(performances())
def test_there_and_back_is_the_same_performance(performance: Performance) -> None:
    assert Performance.from_mido(performance.to_mido()) == performance


@settings(max_examples=30)
@given(midi_bytes())
def test_whatever_mido_holds_comes_back(data: bytes) -> None:
    performance = parse_midi(data, name="generated")
    try:
        file = performance.to_mido()
    except BadDataError:
        assume(False)
    assert Performance.from_mido(file) == performance


@settings(max_examples=30)
@given(performances(midi_formats=(1,)))
def test_mido_writes_what_we_write(performance: Performance) -> None:
    buffer = io.BytesIO()
    performance.to_mido().save(file=buffer)
    assert parse_midi(buffer.getvalue(), name="by mido") == parse_midi(dump_midi(performance), name="by us")


def test_messages_are_those_that_a_user_of_mido_expects() -> None:
    performance = of_events(
        (0, b"\xff\x51\3\x07\xa1\x20"), (10, b"\x90\x3c\x40"), (5, b"\xb0\x40\x7f"), (20, b"\x80\x3c\x11"),
        (0, b"\xf0\x03\x43\x12\xf7"),
    )  # fmt: skip
    (track,) = performance.to_mido().tracks
    assert list(track) == [
        mido.MetaMessage("set_tempo", tempo=500000, time=0),
        mido.Message("note_on", note=60, velocity=64, time=10),
        mido.Message("control_change", control=64, value=127, time=5),
        mido.Message("note_off", note=60, velocity=17, time=20),
        mido.Message("sysex", data=(0x43, 0x12), time=0),
        mido.MetaMessage("end_of_track", time=0),
    ]


def test_metas_that_mido_refuses_or_changes_keep_their_payloads() -> None:
    key, text = b"\xff\x59\2\x09\x05", b"\xff\x51\4\x07\xa1\x20\x00"
    performance = of_events((3, key), (4, text))
    (track,) = performance.to_mido().tracks
    assert [(message.type, message.time) for message in track] == [
        ("unknown_meta", 3), ("unknown_meta", 4), ("end_of_track", 0),
    ]  # fmt: skip
    assert [bytes(message.bytes()) for message in track[:2]] == [key, text]


@pytest.mark.parametrize("message", [b"\xf0\x02\x43\x12", b"\xf7\x02\xf3\x01", b"\xf0\x03\x43\x92\xf7", b"\xf0\x00"])
def test_system_exclusive_events_that_mido_would_change_are_refused(message: bytes) -> None:
    with pytest.raises(BadDataError, match="mido has no message for the system exclusive event at tick 7"):
        of_events((7, message)).to_mido()


def test_text_is_read_in_the_encoding_of_the_file() -> None:
    track = mido.MidiTrack([mido.MetaMessage("text", text="\u017bal")])
    performance = Performance.from_mido(mido.MidiFile(tracks=[track], charset="utf-8", **HEADER))
    assert performance.others.message.tolist() == [b"\xff\x01\x04" + "\u017bal".encode()]


@pytest.mark.parametrize(
    ("message", "fact"),
    [
        (mido.Message("note_on", time=0.5), "a message has time 0.5, not a number of ticks"),
        (mido.Message("note_on", time=-1), "a message has time -1, not a number of ticks"),
        (mido.MetaMessage("set_tempo", tempo=0), "a tempo of 0 microseconds a beat at tick 0"),
    ],
)
def test_what_no_performance_holds_is_named(message: mido.Message, fact: str) -> None:
    with pytest.raises(BadDataError, match=fact):
        Performance.from_mido(mido.MidiFile(tracks=[mido.MidiTrack([message])], **HEADER))
