"""Every fault of a file is named, with its place; and what can be salvaged is."""

import pytest

from maestrokit.errors import BadDataError, DataWarning
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.performance import NOTE_ON_ENDS_IT, Performance
from strategies import END_OF_TRACK, file_bytes, track_bytes

ON, OFF = b"\x90\x3c\x40", b"\x80\x3c\x40"
TRACK = track_bytes([(0, ON), (96, OFF)])
WHOLE = file_bytes([TRACK])


def patched(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


FAULTS = {
    "cut within a track": (WHOLE[:-3], "track 1 is cut off at byte 31, 3 bytes before its end"),
    "cut within the track's header": (WHOLE[:18], "no track where track 1 should begin, at byte 14"),
    "too few tracks": (patched(WHOLE, 10, b"\0\2"), "the header promises 2 tracks, but the file has 1"),
    "too many tracks": (WHOLE + TRACK, "the header promises 1 track, but the file has 2"),
    "garbage like a chunk": (WHOLE + b"words that follow", "17 bytes of garbage after the last chunk, at byte 34"),
    "garbage": (WHOLE + b"\0\0\0", "3 bytes of garbage after the last chunk, at byte 34"),
    "no end of track": (file_bytes([track_bytes([(0, ON)], end=None)]), "track 1: no end of track at byte 26"),
    "event after the end": (
        file_bytes([track_bytes([(0, END_OF_TRACK), (0, ON)])]),
        "track 1: 8 bytes after the end of track, at byte 23",
    ),
    "running status without status": (
        file_bytes([track_bytes([(0, b"\x3c\x40")])]),
        "track 1: running status without a status at byte 23",
    ),
    "undefined status": (file_bytes([track_bytes([(0, b"\xf4")])]), "track 1: the undefined status 0xf4 at byte 23"),
    "data byte": (
        file_bytes([track_bytes([(0, b"\x90\x3c\xc8"), (1, OFF)])]),
        "track 1: a data byte above 127 at byte 24",
    ),
    "long delta": (
        file_bytes([b"MTrk\0\0\0\x06\x80\x80\x80\x80\0\x90"]),
        "track 1: a number of more than four bytes at byte 22",
    ),
    "long text": (
        file_bytes([track_bytes([(0, b"\xff\x01\x20abc")])]),
        "track 1: an event claims 32 bytes at byte 23, but only 7 follow",
    ),
    "tempo of 0": (
        file_bytes([track_bytes([(0, b"\xff\x51\x03\0\0\0")])]),
        "track 1: a tempo of 0 microseconds a beat at byte 23",
    ),
    "division of 0": (patched(WHOLE, 12, b"\0\0"), "the header claims 0 ticks a beat, at byte 12"),
    "SMPTE of 31 frames": (
        patched(WHOLE, 12, b"\xe1\x28"),
        "the header claims 31 frames a second of 40 ticks, at byte 12",
    ),
    "type 3": (patched(WHOLE, 8, b"\0\3"), "MIDI file type 3 is unknown, at byte 8"),
    "type 0 of two tracks": (file_bytes([TRACK, TRACK], midi_format=0), "a file of type 0 has one track, this one 2"),
    "header length": (patched(WHOLE, 4, b"\0\0\1\0"), "the header claims a length of 256 bytes"),
    "bytes before the header": (b"junk" + WHOLE, "not a MIDI file (MThd not found)"),
}


@pytest.mark.parametrize(("data", "fact"), FAULTS.values(), ids=FAULTS)
def test_faults_are_named_with_their_cure(data: bytes, fact: str) -> None:
    with pytest.raises(BadDataError) as caught:
        parse_midi(data, name="a.mid")
    assert caught.value.fact == f"cannot read 'a.mid': {fact}"
    assert caught.value.hint == "try `repair`, which keeps what can be salvaged"


@pytest.mark.parametrize(("data", "_"), FAULTS.values(), ids=FAULTS)
def test_repaired_files_are_sound(data: bytes, _: str) -> None:
    performance = parse_midi(data, name="a.mid", repair=True)
    assert parse_midi(dump_midi(performance), name="again") == performance


@pytest.mark.parametrize(
    ("data", "fact"),
    [
        (b"", "the file is empty"),
        (b"Hello", "not a MIDI file (MThd not found)"),
        (b"MThd\0\0\0\6\0\1", "the header is cut off at byte 10"),
        (b"RIFF\x10\0\0\0XXXXfmt \0\0\0\0", "not a MIDI file (MThd not found)"),
    ],
)
@pytest.mark.parametrize("repair", [False, True])
def test_what_is_no_midi_file_cannot_be_cured(data: bytes, fact: str, repair: bool) -> None:
    with pytest.raises(BadDataError) as caught:
        parse_midi(data, name="-", repair=repair)
    assert (caught.value.fact, caught.value.hint) == (f"cannot read '-': {fact}", None)


def repaired(fault: str) -> Performance:
    return parse_midi(FAULTS[fault][0], name="a.mid", repair=True)


@pytest.mark.parametrize(
    "fault",
    [
        "cut within a track",
        "too few tracks",
        "garbage",
        "division of 0",
        "type 3",
        "header length",
        "bytes before the header",
    ],
)
def test_repair_keeps_all_events(fault: str) -> None:
    notes = repaired(fault).notes
    assert (notes.onset_tick.tolist(), notes.offset_tick.tolist(), notes.velocity.tolist()) == ([0], [96], [64])


def test_repair_reads_tracks_that_the_header_forgot() -> None:
    assert repaired("too many tracks").notes.track.tolist() == [0, 1]


def test_repair_gives_type_0_of_two_tracks_type_1() -> None:
    assert repaired("type 0 of two tracks").format == 1


def test_repair_ends_hanging_notes_with_their_track() -> None:
    data = file_bytes([track_bytes([(0, ON), (10, b"\x90\x40\x40")], end=(500, END_OF_TRACK))])
    assert dump_midi(parse_midi(data, name="a.mid")) == data
    performance = parse_midi(data, name="a.mid", repair=True)
    assert performance.notes.release_velocity.tolist() == [NOTE_ON_ENDS_IT, NOTE_ON_ENDS_IT]
    assert performance.notes.offset_tick.tolist() == [510, 510]
    assert performance.notes.offset_order.tolist() == [2, 3]
    assert len(performance.others) == 0


def test_repair_keeps_a_cut_track_up_to_the_cut() -> None:
    data = file_bytes([track_bytes([(0, ON), (96, OFF), (4, ON), (96, OFF)])])
    performance = parse_midi(data[:-5], name="a.mid", repair=True)
    assert performance.notes.offset_tick.tolist() == [96, 100]


def test_repair_drops_tempos_of_0_and_keeps_the_others() -> None:
    good = b"\xff\x51\x03\x07\xa1\x20"
    data = file_bytes([track_bytes([(0, b"\xff\x51\x03\0\0\0"), (10, good), (0, ON), (5, OFF)])])
    performance = parse_midi(data, name="a.mid", repair=True)
    assert performance.tempos.microseconds_per_beat.tolist() == [500_000]
    assert performance.notes.onset_tick.tolist() == [10]


@pytest.mark.parametrize("length", [0, 1, 7, 200, 0xFFFFFFFF])
def test_repair_finds_tracks_whose_length_is_wrong(length: int) -> None:
    liar = TRACK[:4] + length.to_bytes(4, "big") + TRACK[8:]
    performance = parse_midi(file_bytes([liar, TRACK]), name="a.mid", repair=True)
    assert performance.notes.track.tolist() == [0, 1]
    assert performance.notes.offset_tick.tolist() == [96, 96]


def test_repair_cuts_velocities_above_127() -> None:
    assert repaired("data byte").notes.velocity.tolist() == [127]


@pytest.mark.parametrize(
    "head", [b"fLaC", b"OggS", b"ID3\x04", b"\xff\xfb\x90", b"RIFF\x10\0\0\0WAVE", b"FORM\0\0\0\x10AIFF"]
)
def test_a_recording_is_called_one_and_the_hint_is_to_transcribe_it(head: bytes) -> None:
    with pytest.raises(BadDataError, match="a recording, not a MIDI file") as caught:
        parse_midi(head + bytes(40), name="take", repair=False)
    assert "transcribe" in caught.value.hint


def test_what_was_repaired_is_said() -> None:
    data = FAULTS["no end of track"][0]
    with pytest.raises(BadDataError) as caught:
        parse_midi(data, name="a.mid")
    with pytest.warns(DataWarning) as warned:
        performance = parse_midi(data, name="a.mid", repair=True)
    fact = caught.value.fact.removeprefix("cannot read 'a.mid': ")
    assert f"'a.mid': {fact}; repaired, with {len(performance.notes)} note" in str(warned[0].message)
