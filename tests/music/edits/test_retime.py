"""Beats in seconds become the tempo map of a performance."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maestrokit.errors import BadDataError
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.edits.retime import parse_beats, retimed
from maestrokit.music.performance import TIME_SIGNATURE, Performance
from maestrokit.music.timing import second2tick, tempo_map, tick2second
from strategies import file_bytes, performances, track_bytes

rising = st.lists(st.floats(0.02, 3), min_size=2, max_size=20).map(np.cumsum)
EMPTY = parse_midi(file_bytes([track_bytes([])]), name="empty")


@settings(max_examples=40)
@given(performances(), rising)
def test_events_keep_their_seconds_to_the_nearest_tick(performance: Performance, beats: np.ndarray) -> None:
    result = retimed(performance, beats)
    old, new = tempo_map(performance), tempo_map(result)
    wanted = tick2second(performance.controls.tick, old)
    assert result.controls.value.tolist() == performance.controls.value.tolist()
    assert result.controls.tick.tolist() == second2tick(wanted, new).tolist()
    error = np.abs(tick2second(result.controls.tick, new) - wanted)
    assert error.max(initial=0) <= new.seconds_per_tick.max() / 2 + 1e-9


@settings(max_examples=40)
@given(rising, st.sampled_from([96, 480, 1000]))
def test_beats_are_beats_of_the_new_tempo_map_to_the_microsecond(beats: np.ndarray, division: int) -> None:
    result = retimed(EMPTY.replace(division=division), beats)
    assert result.division == division
    tempo = tempo_map(result)
    ticks = second2tick(beats, tempo)
    assert (ticks % division == 0).all()
    assert (np.diff(ticks) == division).all()
    assert np.abs(tick2second(ticks, tempo) - beats).max() < 1e-6


@settings(max_examples=40)
@given(performances(), rising)
def test_retiming_again_changes_nothing(performance: Performance, beats: np.ndarray) -> None:
    once = retimed(performance, beats)
    assert dump_midi(retimed(once, beats)) == dump_midi(once)


@given(rising)
def test_lead_in_beats_are_as_long_as_the_first_interval_but_for_the_very_first(beats: np.ndarray) -> None:
    second = tempo_map(retimed(EMPTY, beats)).second
    interval = beats[1] - beats[0]
    lead = np.diff(second[: np.searchsorted(second, beats[0] - 1e-6) + 1])
    assert np.allclose(lead[1:], interval, atol=2e-6)
    assert lead[0] < 1.5 * interval + 2e-6


def test_a_first_beat_at_0_needs_no_lead_in() -> None:
    result = retimed(EMPTY, [0, 0.5, 1.5])
    assert result.tempos.tick.tolist() == [0, 480]
    assert result.tempos.microseconds_per_beat.tolist() == [500_000, 1_000_000]


def test_old_tempos_and_time_signatures_go_and_key_signatures_move() -> None:
    track = [(0, b"\xff\x51\x03\x01\x00\x00"), (0, b"\xff\x58\x04\x04\x02\x18\x08"), (480, b"\xff\x59\x02\x00\x00")]
    performance = parse_midi(file_bytes([track_bytes(track)]), name="signatures")
    result = retimed(performance, [0, 1])
    assert TIME_SIGNATURE not in result.others.kind
    assert result.others.tick.tolist() == [round(65536e-6 * 480)]
    assert result.tempos.microseconds_per_beat.tolist() == [1_000_000]


@pytest.mark.parametrize("division", [24, -25 << 8 | 40])
def test_coarse_and_smpte_divisions_become_480(division: int) -> None:
    assert retimed(EMPTY.replace(division=division), [0, 1]).division == 480


@settings(max_examples=40)
@given(performances())
def test_a_note_gets_no_length_0(performance: Performance) -> None:
    assume(len(performance.notes))
    notes = retimed(performance, [0, 16, 32]).notes
    assert (notes.offset_tick > notes.onset_tick).all()


@pytest.mark.parametrize(
    "beats",
    [
        [],
        [1],
        [1, 1],
        [2, 1],
        [-1, 1],
        [0, float("nan")],
        [0, float("inf")],
        [0, 17],
        [0, 0.001],
        [0, 1e9],
        [1e300, 2e300],
    ],
)
def test_what_are_no_beats(beats: list[float]) -> None:
    with pytest.raises(BadDataError):
        retimed(EMPTY, beats)


def test_a_late_first_beat_stays_within_what_a_tempo_can_hold() -> None:
    result = retimed(EMPTY, [40, 56])
    assert result.tempos.microseconds_per_beat.max() <= 0xFFFFFF
    assert tempo_map(result).second.tolist() == [0, 8, 24, 40]


@pytest.mark.parametrize(
    "text",
    [
        "0.5\n1\n",
        "0.5\t0.5\tdb,3/4,0\n1.0\t1.0\tb\n",
        "# beats\n\n0.5 db\n\n1.0 b\n",
        "time,label\n0.5,db\n1,b\n",
        "onset\tlabel\r\n0.5\tdb\r\n1.0\tb\r\n",
    ],
)
def test_beats_in_files(text: str) -> None:
    assert parse_beats(text, name="beats.txt").tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5\nx\n", "cannot read 'beats.txt': line 2 begins with 'x', which is no time"),
        ("", "cannot use 'beats.txt': 0 beats make no tempo"),
        ("0.5\n0.4\n", "cannot use 'beats.txt': the beat at 0.4 s does not follow the one before it by 10 ms"),
        ("0.5\n60\n", "cannot use 'beats.txt': the beats at 0.5 s and 60 s are further apart than 16.7 s"),
    ],
)
def test_files_that_hold_no_beats(text: str, message: str) -> None:
    with pytest.raises(BadDataError) as caught:
        parse_beats(text, name="beats.txt")
    assert caught.value.fact == message
