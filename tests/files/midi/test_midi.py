"""Reading, writing, and reading again: nothing is lost."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from maestrokit.errors import BadDataError, NoInputError
from maestrokit.files.midi import parse_midi, read_midi
from maestrokit.files.midi.writer import dump_midi, write_midi
from maestrokit.music.performance import NOT_RELEASED, NOTE_ON_ENDS_IT, Performance
from strategies import END_OF_TRACK, file_bytes, midi_bytes, performances, track_bytes

NOTE = [(0, b"\x90\x3c\x40"), (96, b"\x80\x3c\x10")]


def parse(*tracks: bytes, **header: int) -> Performance:
    return parse_midi(file_bytes(list(tracks), **header), name="a.mid")


@settings(max_examples=60, deadline=None)
@given(midi_bytes())
def test_there_and_back_loses_no_event(data: bytes) -> None:
    performance = parse_midi(data, name="generated")
    assert parse_midi(dump_midi(performance), name="again") == performance


@settings(max_examples=30, deadline=None)
@given(performances())
def test_settled_performances_are_read_as_written(performance: Performance) -> None:
    assert parse_midi(dump_midi(performance), name="again") == performance


def test_note_pairs_first_in_first_out() -> None:
    on, off = b"\x90\x3c\x40", b"\x80\x3c\x40"
    notes = parse(track_bytes([(0, on), (1, on), (1, off), (1, off)])).notes
    assert notes.onset_tick.tolist() == [0, 1]
    assert notes.offset_tick.tolist() == [2, 3]


def test_note_on_of_velocity_0_ends_a_note_and_stays_one() -> None:
    data = file_bytes([track_bytes([(0, b"\x90\x3c\x40"), (1, b"\x90\x3c\0")])])
    performance = parse_midi(data, name="a.mid")
    assert performance.notes.release_velocity.tolist() == [NOTE_ON_ENDS_IT]
    assert dump_midi(performance) == data


def test_an_off_without_an_on_stays_another_event_and_an_on_without_an_off_lasts_to_the_end_of_its_track() -> None:
    performance = parse(track_bytes([(0, b"\x80\x3c\x40"), (1, b"\x90\x3c\x40")], end=(7, END_OF_TRACK)))
    assert performance.notes.offset_tick.tolist() == [8]
    assert performance.notes.release_velocity.tolist() == [NOT_RELEASED]
    assert performance.others.message.tolist() == [b"\x80\x3c\x40"]


def test_offs_on_other_channels_tracks_and_keys_end_nothing() -> None:
    performance = parse(
        track_bytes([(0, b"\x90\x3c\x40"), (1, b"\x81\x3c\0"), (1, b"\x80\x3d\0")]), track_bytes([(9, b"\x80\x3c\0")])
    )
    assert performance.notes.release_velocity.tolist() == [NOT_RELEASED]
    assert performance.others.track.tolist() == [0, 0, 1]


def test_running_status_holds_across_metas() -> None:
    body = bytes.fromhex("00903c40 00ff0100 603c00 00ff2f00")
    performance = parse(b"MTrk" + len(body).to_bytes(4, "big") + body)
    assert performance.notes.offset_tick.tolist() == [0x60]


def test_running_status_of_one_data_byte() -> None:
    body = bytes.fromhex("00c005 0006 00ff2f00")
    performance = parse(b"MTrk" + len(body).to_bytes(4, "big") + body)
    assert performance.others.message.tolist() == [b"\xc0\x05", b"\xc0\x06"]


def test_riff_wrapped_files_are_read() -> None:
    data = file_bytes([track_bytes(NOTE)])
    info = b"DISP" + (3).to_bytes(4, "little") + b"abc\0"
    chunks = b"RMID" + info + b"data" + len(data).to_bytes(4, "little") + data
    wrapped = b"RIFF" + len(chunks).to_bytes(4, "little") + chunks
    assert parse_midi(wrapped, name="a.rmi") == parse_midi(data, name="a.mid")


def test_unknown_chunks_are_passed_over() -> None:
    track = track_bytes(NOTE)
    plain = file_bytes([track, track])
    with_chunks = plain[:14] + b"XFIH\0\0\0\x01\x07" + track + b"abcd\0\0\0\0" + track + b"XFKM\0\0\0\x02\0\0"
    assert parse_midi(with_chunks, name="a.mid") == parse_midi(plain, name="a.mid")


def test_longer_header_is_passed_over() -> None:
    plain = file_bytes([track_bytes(NOTE)])
    longer = plain[:4] + (8).to_bytes(4, "big") + plain[8:14] + b"\1\2" + plain[14:]
    assert parse_midi(longer, name="a.mid") == parse_midi(plain, name="a.mid")


@pytest.mark.parametrize("midi_format", [0, 1, 2])
@pytest.mark.parametrize("division", [1, 480, -25 << 8 | 40])
def test_type_and_division_come_through(midi_format: int, division: int) -> None:
    performance = parse(track_bytes(NOTE), division=division, midi_format=midi_format)
    assert (performance.format, performance.division) == (midi_format, division)
    assert parse_midi(dump_midi(performance), name="again") == performance


def test_end_of_track_keeps_its_place() -> None:
    performance = parse(track_bytes(NOTE, end=(1000, END_OF_TRACK)))
    assert performance.track_end_tick.tolist() == [1096]
    assert parse_midi(dump_midi(performance), name="again").track_end_tick.tolist() == [1096]


def test_writer_uses_running_status_again_only_where_the_standard_allows() -> None:
    performance = parse(track_bytes([(0, b"\x90\x3c\x40"), (0, b"\xff\x01\x01a"), (0, b"\x90\x3d\x40")]))
    assert dump_midi(performance)[22:] == bytes.fromhex("00903c40 00ff010161 00903d40 00ff2f00")


@pytest.mark.parametrize(
    ("table", "column", "value", "words"),
    [
        ("notes", "pitch", 128, "pitch 128 is outside 0..127"),
        ("notes", "velocity", 0, "velocity 0 is outside 1..127"),
        ("notes", "release_velocity", -3, "release velocity -3 is outside -2..127"),
        ("notes", "channel", 16, "channel 16 is outside 0..15"),
        ("notes", "onset_tick", -1, "tick -1 is outside"),
        ("notes", "track", 1, "track 1 is outside 0..0"),
        ("notes", "offset_tick", 1 << 28, "268435456 ticks between two events, MIDI counts to 268435455"),
    ],
)
def test_values_that_midi_cannot_hold_are_refused(table: str, column: str, value: int, words: str) -> None:
    performance = parse(track_bytes(NOTE))
    changed = getattr(performance, table).replace(**{column: np.array([value])})
    with pytest.raises(BadDataError, match=words):
        dump_midi(performance.replace(**{table: changed}))


@pytest.mark.parametrize("division", [0, 0x8000, -24 << 8])
def test_divisions_that_midi_cannot_hold_are_refused(division: int) -> None:
    with pytest.raises(BadDataError, match="division"):
        dump_midi(parse(track_bytes(NOTE)).replace(division=division))


def test_type_0_has_one_track() -> None:
    with pytest.raises(BadDataError, match="2 tracks do not fit into a MIDI file of type 0"):
        dump_midi(parse(track_bytes(NOTE), track_bytes(NOTE)).replace(format=0))


def test_read_and_write_by_path(tmp_path: Path) -> None:
    performance = parse(track_bytes(NOTE))
    write_midi(performance, tmp_path / "b.mid")
    assert read_midi(tmp_path / "b.mid") == performance


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(NoInputError, match=r"cannot read '.*none.mid': no such file or directory"):
        read_midi(tmp_path / "none.mid")


def test_unwritable_performance_names_the_file_and_leaves_none(tmp_path: Path) -> None:
    performance = parse(track_bytes(NOTE)).replace(division=0)
    with pytest.raises(BadDataError, match=r"cannot write '.*c.mid': a division of 0"):
        write_midi(performance, tmp_path / "c.mid")
    assert list(tmp_path.iterdir()) == []
