"""The sustain pedal, and what lifts it."""

from maestrokit.features import describe, note_view
from maestrokit.files.midi import parse_midi
from maestrokit.music.performance import Performance
from maestrokit.music.sustain import pedal_changes, pedal_intervals, sustained_offset_tick
from strategies import END_OF_TRACK, file_bytes, track_bytes

DOWN, RESET = b"\xb0\x40\x7f", b"\xb0\x79\x00"
NOTE = [(10, b"\x90\x3c\x40"), (20, b"\x80\x3c\x40")]


def played(*events: tuple[int, bytes]) -> Performance:
    return parse_midi(file_bytes([track_bytes(list(events), end=(900, END_OF_TRACK))]), name="played")


def test_resetting_all_controllers_lifts_the_pedal() -> None:
    performance = played((0, DOWN), *NOTE, (70, RESET))
    assert pedal_changes(performance, channel=0).tick.tolist() == [0, 100]
    assert sustained_offset_tick(performance).tolist() == [100]
    assert pedal_intervals(performance).shape == (1, 2)
    assert describe(note_view(performance), names=["pedal"])["pedal"]["sustain"]["down"] == 0.1


def test_resetting_another_channel_lifts_no_pedal() -> None:
    performance = played((0, DOWN), *NOTE, (70, b"\xb1\x79\x00"))
    assert pedal_changes(performance, channel=0).tick.tolist() == [0]
    assert sustained_offset_tick(performance).tolist() == [1000]


def test_resetting_lifts_what_is_not_down_into_nothing() -> None:
    assert pedal_changes(played((0, RESET), *NOTE), channel=0).tick.tolist() == []
