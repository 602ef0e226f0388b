"""Ticks and seconds against a plain loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import BadDataError
from maestrokit.files.midi import parse_midi
from maestrokit.music.performance import Performance
from maestrokit.music.timing import second2tick, tempo_map, tick2second
from strategies import file_bytes, performances, track_bytes


def by_hand(performance: Performance, tick: int) -> float:
    """Return the time of a tick, counted tick for tick."""
    tempos = performance.tempos
    changes = {}
    for row in np.lexsort((tempos.order, tempos.track, tempos.tick)):
        changes[int(tempos.tick[row])] = int(tempos.microseconds_per_beat[row])
    seconds, tempo = 0.0, 500_000
    for place in range(tick):
        tempo = changes.get(place, tempo)
        seconds += tempo / 1e6 / performance.division
    return seconds


@settings(max_examples=25)
@given(performances(max_notes=0), st.integers(0, 6000))
def test_time_of_a_tick(performance: Performance, tick: int) -> None:
    assert tick2second(tick, tempo_map(performance)) == pytest.approx(by_hand(performance, tick), abs=1e-6)


@settings(max_examples=40)
@given(performances(max_notes=0), st.lists(st.integers(0, 10**9), max_size=20))
def test_ticks_come_back_from_seconds(performance: Performance, ticks: list[int]) -> None:
    tempo = tempo_map(performance)
    assert second2tick(tick2second(np.array(ticks, np.int64), tempo), tempo).tolist() == ticks


def test_without_a_tempo_there_are_120_beats_a_minute() -> None:
    performance = parse_midi(file_bytes([track_bytes([])], division=96), name="empty")
    assert tick2second(96, tempo_map(performance)) == 0.5


@pytest.mark.parametrize(("frames", "rate"), [(24, 24), (25, 25), (29, 29.97), (30, 30)])
def test_smpte_ticks_are_parts_of_frames_whatever_the_tempo(frames: int, rate: float) -> None:
    tempo = [(0, b"\xff\x51\x03\x01\x00\x00")]
    performance = parse_midi(file_bytes([track_bytes(tempo)], division=-frames << 8 | 40), name="smpte")
    assert tick2second(40, tempo_map(performance)) == pytest.approx(1 / rate)


def test_of_two_tempos_at_one_tick_the_last_counts() -> None:
    tempos = [(0, b"\xff\x51\x03\x00\x00\x01"), (0, b"\xff\x51\x03\x0f\x42\x40")]
    performance = parse_midi(file_bytes([track_bytes(tempos)], division=480), name="two")
    assert tick2second(480, tempo_map(performance)) == 1.0


def sequences(*tempos: int | None) -> Performance:
    """Return a file of type 2 whose sequences set tempos, in microseconds a beat, or none."""
    tracks = [track_bytes([(0, b"\xff\x51\x03" + tempo.to_bytes(3, "big"))] if tempo else []) for tempo in tempos]
    return parse_midi(file_bytes(tracks, midi_format=2), name="sequences")


def test_sequences_that_set_different_tempos_are_refused() -> None:
    with pytest.raises(BadDataError, match="have different tempos"):
        tempo_map(sequences(1_000_000, 500_000))


@pytest.mark.parametrize("tempos", [(1_000_000,), (1_000_000, 1_000_000), (1_000_000, None), (None, 1_000_000)])
def test_sequences_that_set_one_tempo_are_timed_by_it(tempos: tuple[int | None, ...]) -> None:
    assert tick2second(480, tempo_map(sequences(*tempos))) == 1.0
