"""Performances move as their recordings do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.audio.effects.augment import Effects
from maestrokit.audio.effects.midi import moved
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.performance import Performance
from maestrokit.music.timing import tempo_map, tick2second
from strategies import file_bytes, performances, track_bytes


def two_notes() -> Performance:
    """Return C4 at 0 s and C8 at 1 s, at the tempo that holds where none is set."""
    events = [(0, b"\x90\x3c\x40"), (480, b"\x80\x3c\x40"), (480, b"\x90\x6c\x40"), (480, b"\x80\x6c\x40")]
    return parse_midi(file_bytes([track_bytes(events)], division=480), name="two notes")


def onsets(performance: Performance) -> np.ndarray:
    return tick2second(performance.notes.onset_tick, tempo_map(performance))


def test_times_are_multiplied_and_survive_the_file() -> None:
    slower = moved(two_notes(), Effects(stretch_factor=1.25))
    assert onsets(slower).tolist() == [0.0, 1.25]
    assert parse_midi(dump_midi(slower), name="again") == slower


def test_detuning_moves_times_and_no_pitch() -> None:
    sharper = moved(two_notes(), Effects(detune_cents=100.0))
    assert onsets(sharper)[1] == pytest.approx(2 ** (-1 / 12), abs=2e-6)
    assert sharper.notes.pitch.tolist() == [60, 108]


def test_pitches_move_and_those_off_the_piano_go() -> None:
    higher = moved(two_notes(), Effects(semitones=2.0))
    assert higher.notes.pitch.tolist() == [62]


@given(performance=performances(), factor=st.floats(0.5, 2))
@settings(max_examples=8, deadline=None)
def test_every_time_is_multiplied_and_nothing_else_changes(performance: Performance, factor: float) -> None:
    try:
        slower = moved(performance, Effects(stretch_factor=factor))
    except BadDataError:
        return  # a tempo that no file can hold, or fixed ticks
    assert np.array_equal(slower.notes.onset_tick, performance.notes.onset_tick)
    assert np.array_equal(slower.notes.pitch, performance.notes.pitch)
    assert len(slower.others) == len(performance.others)
    before, after = tempo_map(performance), tempo_map(slower)
    microseconds = after.seconds_per_tick * performance.division * 1e6
    expected = np.interp(after.tick, before.tick, np.arange(len(before.tick)))
    exact = before.seconds_per_tick[np.rint(expected).astype(int)] * performance.division * 1e6 * factor
    assert np.abs(microseconds - exact).max() <= 0.5 + 1e-6


def test_half_semitones_are_refused() -> None:
    with pytest.raises(UsageError, match="between keys"):
        moved(two_notes(), Effects(semitones=0.5))


def test_no_effects_change_nothing() -> None:
    assert moved(two_notes(), Effects()) == two_notes()
