"""Notes that no note-off ends: where they end, how they are counted, and the note-offs that they can get."""

import pytest
from hypothesis import given, settings

from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.event_order import reorder_events
from maestrokit.music.note_offs import endless_notes, with_note_offs
from maestrokit.music.performance import NOT_RELEASED, NOTE_ON_ENDS_IT, Performance
from strategies import END_OF_TRACK, Event, file_bytes, midi_bytes, track_bytes

ON, OFF, SECOND = b"\x90\x3c\x50", b"\x80\x3c\x40", b"\x90\x3c\x5a"


def played(*events: Event, end: int = 480) -> Performance:
    data = file_bytes([track_bytes(list(events), end=(end, END_OF_TRACK))])
    performance = parse_midi(data, name="played")
    assert dump_midi(performance) == data  # what came in comes out
    return performance


def spans(performance: Performance) -> list[tuple[int, int, int]]:
    notes = performance.notes
    return list(zip(notes.onset_tick.tolist(), notes.offset_tick.tolist(), notes.pitch.tolist(), strict=True))


def test_notes_without_note_offs_last_to_the_end_of_their_track() -> None:
    performance = played(*((480 * (pitch > 60), bytes([0x90, pitch, 100])) for pitch in range(60, 68)))
    assert spans(performance) == [(480 * number, 3840, 60 + number) for number in range(8)]
    assert endless_notes(performance) == "8 notes without a note-off last to the end of their track"


def test_a_key_struck_twice_and_released_once_sounds_twice() -> None:
    performance = played((0, ON), (480, SECOND), (480, OFF), (0, b"\x90\x40\x46"), (480, b"\x80\x40\x40"))
    assert spans(performance) == [(0, 480, 60), (480, 960, 60), (960, 1440, 64)]
    assert performance.notes.release_velocity.tolist() == [NOT_RELEASED, 64, 64]
    assert endless_notes(performance) == "1 note without a note-off lasts to the next note of its key"


def test_a_missing_note_off_changes_no_later_note_of_its_key() -> None:
    performance = played((0, ON), (100, ON), (50, OFF), (50, ON), (50, OFF), (50, ON), (50, OFF))
    assert spans(performance) == [(0, 100, 60), (100, 150, 60), (200, 250, 60), (300, 350, 60)]


def test_overlapping_notes_of_one_key_still_end_first_in_first_out() -> None:
    performance = played((0, ON), (10, ON), (10, SECOND), (10, OFF), (10, OFF))
    assert spans(performance) == [(0, 10, 60), (10, 30, 60), (20, 40, 60)]


@pytest.mark.parametrize("number", [120, 123, 124, 125, 126, 127])
def test_a_control_change_ends_all_notes_of_its_channel(number: int) -> None:
    stop = bytes([0xB0, number, 0])
    performance = played(
        (0, ON), (0, b"\x90\x40\x50"), (0, b"\x91\x41\x50"), (480, stop),
        (480, b"\x90\x43\x50"), (480, b"\x80\x43\x40"),
        end=0,
    )  # fmt: skip
    assert spans(performance) == [(0, 480, 60), (0, 480, 64), (0, 1440, 65), (960, 1440, 67)]
    assert endless_notes(performance) == "1 note without a note-off lasts to the end of its track"


def test_a_note_off_after_all_notes_were_ended_ends_nothing() -> None:
    performance = played((0, ON), (10, b"\xb0\x7b\0"), (10, OFF), (10, ON), (10, OFF))
    assert spans(performance) == [(0, 10, 60), (30, 40, 60)]
    assert performance.others.message.tolist() == [OFF]
    assert endless_notes(performance) == ""


def test_other_control_changes_end_no_note() -> None:
    performance = played((0, ON), *((1, bytes([0xB0, number, 0])) for number in (64, 119, 121, 122)))
    assert spans(performance) == [(0, 484, 60)]


def test_both_kinds_of_end_are_told_of_in_one_sentence() -> None:
    performance = played((0, ON), (5, SECOND))
    assert endless_notes(performance) == (
        "2 notes without a note-off last to the next note of their key or to the end of their track"
    )


def test_note_offs_are_given_where_the_notes_end() -> None:
    performance = played((0, ON), (100, SECOND), (100, b"\x90\x40\x46"), (10, b"\xb1\x07\x07"))
    ended = with_note_offs(performance)
    assert spans(ended) == [(0, 100, 60), (100, 690, 60), (200, 690, 64)]
    assert set(ended.notes.release_velocity) == {NOTE_ON_ENDS_IT}
    assert parse_midi(dump_midi(ended), name="ended") == ended


def test_notes_that_a_control_change_ends_need_no_note_off() -> None:
    performance = played((0, ON), (100, b"\xb0\x7b\0"))
    assert with_note_offs(performance) is performance


@settings(max_examples=60)
@given(midi_bytes().map(lambda data: reorder_events(parse_midi(data, name="generated"))))
def test_any_notes_that_get_note_offs_keep_their_ends(performance: Performance) -> None:
    ended = with_note_offs(performance)
    assert spans(ended) == spans(performance)
    assert endless_notes(ended) == ""
    assert parse_midi(dump_midi(ended), name="ended") == ended
    assert reorder_events(ended) == ended
