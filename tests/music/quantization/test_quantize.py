"""Quantization: properties over generated performances first, then single facts."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maestrokit.errors import BadDataError, UsageError
from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import NOT_RELEASED, NOTE_ON_ENDS_IT, Performance
from maestrokit.music.quantization.clean import sounding_key
from maestrokit.music.quantization.grid import parse_note_values
from maestrokit.music.quantization.quantize import STAY, Durations, Quantization, quantize
from maestrokit.music.timing import tempo_map, tick2second
from strategies import END_OF_TRACK, file_bytes, midi_bytes, performances, track_bytes

SIXTEENTHS = Quantization(note_values=(Fraction(1, 16),))
STEPS = st.sampled_from(["1/1000", "1/100", "3/200", "1/3", "2"]).map(Fraction)
NOTE_VALUES = st.sampled_from(["1/16", "1/12", "1/16,1/12", "1/7", "3/16", "1/4096", "1/8,1/20"]).map(parse_note_values)
any_file = midi_bytes(max_events=20).map(lambda data: reorder_events(parse_midi(data, name="generated")))


@st.composite
def crowded_files(draw: st.DrawFn) -> Performance:
    """Few keys, struck and released in any order within a beat, now and then on another track."""
    message = st.sampled_from(
        [
            b"\x90\x3c\x40",
            b"\x90\x3c\x40",
            b"\x90\x3c\0",
            b"\x80\x3c\x10",
            b"\x90\x3e\x20",
            b"\x80\x3e\x20",
            b"\xb0\x40\x7f",
            b"\xb0\x40\0",
            b"\xb0\x7b\0",
            b"\xff\x01\1a",
            b"\xff\x51\x03\x0f\0\0",
        ]
    )
    event = st.tuples(st.sampled_from([0, 0, 1, 2, 3, 30, 200]), message)
    tracks = [track_bytes(draw(st.lists(event, max_size=18))) for _ in range(draw(st.integers(1, 2)))]
    division = draw(st.sampled_from([3, 96, 480, -25 << 8 | 4]))
    return reorder_events(parse_midi(file_bytes(tracks, division=division), name="crowded"))


def has_one_tempo_map(performance: Performance) -> bool:
    """Whether it is no file of type 2 whose sequences have different tempos; these are refused."""
    return performance.format < 2 or len(set(performance.tempos.track)) < 2


inputs = (performances(max_notes=8) | any_file | crowded_files()).filter(has_one_tempo_map)


@st.composite
def ways(draw: st.DrawFn, *, strengths: tuple[float, ...] = (1.0,)) -> Quantization:
    in_seconds = draw(st.booleans())
    return Quantization(
        step=draw(STEPS) if in_seconds else None,
        note_values=() if in_seconds else draw(NOTE_VALUES),
        durations=draw(st.sampled_from(["keep", "grid", "offsets"])),
        strength=draw(st.sampled_from(strengths)),
        swing=draw(st.sampled_from([0.5, 0.5, 0.6, 2 / 3, 0.95])),
        duplicates=draw(st.booleans()),
        duplicate_window=draw(st.sampled_from([0.0, 0.03, 1.0])),
        overlaps=draw(st.booleans()),
    )


def possible(performance: Performance, how: Quantization) -> bool:
    return performance.division > 0 or not how.note_values


def written(performance: Performance) -> bytes:
    """Return the bytes of a file; where absurdly quick tempos leave too many ticks between events, try another case."""
    try:
        return dump_midi(performance)
    except BadDataError as error:
        assume("ticks between two events" not in error.fact)
        raise


def notes_file(*notes: tuple[int, int, int], division: int = 480, velocity: int = 64) -> Performance:
    """Return a performance of notes (onset, offset, pitch) in ticks."""
    events = sorted((tick, kind, pitch) for on, off, pitch in notes for tick, kind in ((on, 1), (off, 0)))
    ticks = [0, *(tick for tick, _, _ in events)]
    track = [
        (tick - before, bytes([0x90, pitch, velocity * kind]))
        for before, (tick, kind, pitch) in zip(ticks, events, strict=False)
    ]
    return parse_midi(file_bytes([track_bytes(track)], division=division), name="notes")


@settings(max_examples=50)
@given(inputs, ways())
def test_twice_is_once_to_the_byte(performance: Performance, how: Quantization) -> None:
    assume(possible(performance, how))
    once = quantize(performance, how)[0]
    data = written(once)
    assert dump_midi(quantize(once, how)[0]) == data
    assert dump_midi(quantize(parse_midi(data, name="once"), how)[0]) == data


@settings(max_examples=40)
@given(inputs, NOTE_VALUES, st.lists(st.floats(0.02, 3), min_size=2, max_size=8))
def test_twice_is_once_with_given_beats(
    performance: Performance, note_values: tuple[Fraction, ...], intervals: list[float]
) -> None:
    # beyond, quick beats make deltas that MIDI cannot hold
    assume(tick2second(performance.last_tick, tempo_map(performance)) < 100)
    how, beats = Quantization(note_values=note_values), np.cumsum(intervals)
    once = quantize(performance, how, beats=beats)[0]
    again = parse_midi(written(once), name="once")
    assert dump_midi(quantize(again, how, beats=beats)[0]) == dump_midi(once)


ON, OFF = bytes([0x90, 60, 64]), bytes([0x90, 60, 0])


def together(*messages: bytes) -> Performance:
    """Return a performance of some messages at tick 0, on a track of four beats."""
    track = track_bytes([(0, message) for message in messages], end=(1920, END_OF_TRACK))
    return parse_midi(file_bytes([track], division=480), name="together")


def test_a_release_that_ends_nothing_waits_for_the_note_before_it_that_gets_a_length() -> None:
    once = quantize(together(ON, OFF, OFF), SIXTEENTHS)[0]
    assert once.notes.offset_tick.tolist() == [120] and once.others.tick.tolist() == [120]
    assert parse_midi(dump_midi(once), name="again") == once


def test_a_release_that_ends_nothing_overtakes_no_text() -> None:
    once = quantize(together(ON, OFF, OFF, b"\xff\x01\1a"), SIXTEENTHS)[0]
    assert once.others.tick.tolist() == [0, 0] and once.others.message[1] == b"\xff\x01\1a"
    assert once.notes.offset_tick.tolist() == [120]  # struck after the release
    assert parse_midi(dump_midi(once), name="again") == once


def test_a_release_that_ends_nothing_overtakes_no_other_one() -> None:
    other = bytes([0x90, 62, 0])
    once = quantize(together(ON, OFF, OFF, other, b"\x90\x3e\x40"), replace(SIXTEENTHS, duplicates=False))[0]
    assert [message[1] for message in once.others.message] == [60, 62]
    assert once.notes.pitch.tolist() == [60, 62]
    assert parse_midi(dump_midi(once), name="again") == once


def test_a_stroke_without_a_note_off_comes_before_those_at_its_tick_that_have_one() -> None:
    once = quantize(together(ON, OFF, ON), replace(SIXTEENTHS, duplicates=False, overlaps=False))[0]
    assert once.notes.release_velocity.tolist() == [NOT_RELEASED, NOTE_ON_ENDS_IT]
    assert once.notes.offset_tick.tolist() == [0, 120]
    assert parse_midi(dump_midi(once), name="again") == once


def test_two_notes_of_no_length_on_one_key_and_two_releases_are_quantized_once() -> None:
    how = replace(SIXTEENTHS, duplicates=False, overlaps=False)
    once = quantize(together(ON, OFF, ON, OFF, OFF, OFF, b"\xff\x01\1a"), how)[0]
    assert once.notes.offset_tick.tolist() == [120, 120]
    assert parse_midi(dump_midi(once), name="again") == once
    assert quantize(once, how)[0] == once


def test_a_note_that_a_control_change_ends_still_ends_with_it() -> None:
    track = [(0, ON), (3, b"\xb0\x7b\0"), (200, ON), (100, OFF), (0, b"\xb0\x7b\0")]
    performance = parse_midi(file_bytes([track_bytes(track)], division=480), name="stopped")
    once = quantize(performance, replace(SIXTEENTHS, durations="offsets"))[0]
    assert once.notes.onset_tick.tolist() == [0, 240]
    assert once.controls.tick.tolist() == [4, 340]
    assert once.notes.offset_tick.tolist() == [4, 340]  # not 360, which is after all notes were ended
    assert parse_midi(dump_midi(once), name="again") == once


def test_a_note_without_a_note_off_gets_one_where_its_key_is_struck_on_another_track() -> None:
    first, second = track_bytes([(0, ON)], end=(1920, END_OF_TRACK)), track_bytes([(485, ON), (90, OFF)])
    performance = parse_midi(file_bytes([first, second], division=480), name="two tracks")
    result, report = quantize(performance, SIXTEENTHS)
    assert result.notes.offset_tick.tolist() == [480, 570] and report.overlaps == 1
    assert result.notes.is_released.all()


@settings(max_examples=40)
@given(inputs, ways(strengths=(1.0, 0.5)))
def test_the_result_is_read_back_as_it_is(performance: Performance, how: Quantization) -> None:
    assume(possible(performance, how))
    result = quantize(performance, how)[0]
    assert parse_midi(written(result), name="result") == result


@settings(max_examples=40)
@given(inputs, STEPS, st.sampled_from(["keep", "grid", "offsets"]))
def test_onsets_are_the_ticks_nearest_to_multiples_of_the_step(
    performance: Performance, step: Fraction, durations: Durations
) -> None:
    result, _ = quantize(performance, Quantization(step=step, durations=durations))
    tempo, onset = tempo_map(result), result.notes.onset_tick
    before, second, after = (tick2second(onset + change, tempo) for change in (-1, 0, 1))
    off = np.abs(np.rint(second / float(step)) * float(step) - second)
    assert (off <= np.maximum(second - before, after - second) / 2 + 1e-9 * (1 + second)).all()


@settings(max_examples=40)
@given(inputs, ways())
def test_events_that_are_no_notes_keep_what_they_say_and_their_order(
    performance: Performance, how: Quantization
) -> None:
    assume(possible(performance, how))
    result, _ = quantize(performance, how)
    assert performance.controls.replace(tick=0, order=0) == result.controls.replace(tick=0, order=0)
    assert performance.tempos.replace(order=0) == result.tempos.replace(order=0)
    for track in range(len(performance.track_end_tick)):
        before, after = (
            p.others.select((p.others.track == track) & ~np.isin(p.others.kind, STAY)) for p in (performance, result)
        )
        assert before.message.tolist() == after.message.tolist()
        before, after = (
            p.others.select((p.others.track == track) & np.isin(p.others.kind, STAY)) for p in (performance, result)
        )
        assert before.replace(order=0) == after.replace(order=0)


@settings(max_examples=40)
@given(inputs, ways())
def test_cleaned_notes_are_a_choice_of_the_old_ones_in_their_order(performance: Performance, how: Quantization) -> None:
    assume(possible(performance, how))
    result, report = quantize(performance, how)
    assert len(performance.notes) - len(result.notes) == report.duplicates
    assert (result.notes.offset_tick > result.notes.onset_tick)[result.notes.is_released].all()
    before, key = (sounding_key(p.notes, midi_format=p.format) for p in (performance, result))
    assert set(before.tolist()) == set(key.tolist())
    onset, offset = result.notes.onset_tick, result.notes.offset_tick
    rows = np.lexsort((onset, key))
    same = key[rows[1:]] == key[rows[:-1]]
    if how.duplicates:
        assert (onset[rows[1:]] > onset[rows[:-1]])[same].all()
        seconds = tick2second(onset[rows], tempo_map(result))
        assert (np.diff(seconds) > how.duplicate_window)[same].all()
    if how.duplicates and how.overlaps:
        assert (offset[rows[:-1]] <= onset[rows[1:]])[same].all()
    if not how.duplicates:
        assert report.duplicates == 0
        columns = ["velocity", "pitch", "channel", "track"] + ["release_velocity"] * (not how.overlaps)
        assert all(sorted(getattr(performance.notes, c)) == sorted(getattr(result.notes, c)) for c in columns)


@pytest.mark.slow
@pytest.mark.parametrize(
    "test",
    [
        test_twice_is_once_to_the_byte,
        test_the_result_is_read_back_as_it_is,
        test_events_that_are_no_notes_keep_what_they_say_and_their_order,
        test_cleaned_notes_are_a_choice_of_the_old_ones_in_their_order,
    ],
)
def test_at_length_with_examples_that_are_new_each_time(test: Any) -> None:
    check = given(inputs, ways())(test.hypothesis.inner_test)
    settings(max_examples=3000, derandomize=False)(check)()


@settings(max_examples=40)
@given(inputs, ways(strengths=(0.0,)))
def test_strength_0_moves_no_onset_and_no_pedal(performance: Performance, how: Quantization) -> None:
    assume(possible(performance, how))
    how = replace(how, duplicates=False, overlaps=False)
    result, report = quantize(performance, how)
    assert report.moved == 0
    assert result.notes.onset_tick.tolist() == performance.notes.onset_tick.tolist()
    assert result.controls.tick.tolist() == performance.controls.tick.tolist()


@settings(max_examples=40)
@given(performances())
def test_a_pedal_stays_on_its_side_of_every_onset(performance: Performance) -> None:
    how = replace(SIXTEENTHS, duplicates=False)
    result, _ = quantize(performance, how)
    onsets = [np.sort(p.notes.onset_tick)[:, None] for p in (performance, result)]
    pedals = [np.sort(p.controls.tick) for p in (performance, result)]
    assert ((onsets[1] <= pedals[1])[onsets[0] <= pedals[0]]).all()
    assert ((onsets[1] >= pedals[1])[onsets[0] >= pedals[0]]).all()


def test_sixteenths() -> None:
    performance = notes_file((5, 100, 60), (115, 230, 62), (181, 300, 64), (470, 471, 65))
    result, report = quantize(performance, SIXTEENTHS)
    assert result.notes.onset_tick.tolist() == [0, 120, 240, 480]
    assert result.notes.offset_tick.tolist() == [95, 235, 359, 481]
    assert (report.notes, report.moved, report.duplicates, report.overlaps) == (4, 4, 0, 0)
    assert report.farthest == pytest.approx(59 / 960)


@pytest.mark.parametrize(
    ("durations", "offsets"),
    [
        ("keep", [95, 235, 359, 481]),
        ("grid", [120, 240, 360, 600]),
        ("offsets", [120, 240, 360, 600]),
    ],
)
def test_durations(durations: Durations, offsets: list[int]) -> None:
    performance = notes_file((5, 100, 60), (115, 230, 62), (181, 300, 64), (470, 471, 65))
    result, _ = quantize(performance, replace(SIXTEENTHS, durations=durations))
    assert result.notes.offset_tick.tolist() == offsets


def test_several_grids_are_the_nearest_of_any() -> None:
    performance = notes_file((118, 130, 60), (165, 170, 62), (245, 250, 64), (330, 340, 65))
    result, _ = quantize(performance, Quantization(note_values=parse_note_values("1/16,1/12")))
    assert result.notes.onset_tick.tolist() == [120, 160, 240, 320]


def test_grid_that_does_not_divide_the_beat_is_rounded_from_the_exact_point() -> None:
    performance = notes_file(*((tick, tick + 5, 60) for tick in range(100, 5000, 271)))
    result, _ = quantize(performance, Quantization(note_values=(Fraction(1, 7),)))
    exact = [Fraction(4 * 480, 7) * n for n in range(20)]
    assert set(result.notes.onset_tick.tolist()) <= {round(point) for point in exact}


def test_half_strength_goes_half_the_way() -> None:
    result, _ = quantize(notes_file((20, 60, 60), (100, 120, 62)), replace(SIXTEENTHS, strength=0.5))
    assert result.notes.onset_tick.tolist() == [10, 110]


def test_swing_delays_every_second_step() -> None:
    performance = notes_file(*((tick, tick + 30, 60) for tick in (0, 240, 480, 720)))
    result, _ = quantize(performance, Quantization(note_values=(Fraction(1, 8),), swing=2 / 3))
    assert result.notes.onset_tick.tolist() == [0, 320, 480, 800]


def test_step_is_in_seconds_of_the_tempo_map() -> None:
    track = [
        (0, b"\xff\x51\x03\x0f\x42\x40"),
        (100, b"\x90\x3c\x40"),
        (100, b"\x80\x3c\0"),
        (280, b"\xff\x51\x03\x07\xa1\x20"),
        (100, b"\x90\x3e\x40"),
        (20, b"\x80\x3e\0"),
    ]
    performance = parse_midi(file_bytes([track_bytes(track)]), name="two tempos")
    result, _ = quantize(performance, Quantization(step=Fraction(1, 10)))
    assert result.notes.onset_tick.tolist() == [96, 480 + 96]  # 0.208 s to 0.2 s; 1.104 s to 1.1 s


def test_signatures_stay_and_lyrics_go_with_their_notes() -> None:
    note = [(0, b"\x90\x3c\x40"), (50, b"\x90\x3c\0")]
    track = [(7, b"\xff\x58\x04\x03\x02\x18\x08"), (3, b"\xff\x05\x01a"), *note]
    performance = parse_midi(file_bytes([track_bytes(track)]), name="song")
    result, _ = quantize(performance, SIXTEENTHS)
    assert result.others.kind.tolist() == [0xFF05, 0xFF58]
    assert result.others.tick.tolist() == [0, 7]


def test_strokes_that_the_grid_brings_together_are_one_note() -> None:
    result, report = quantize(notes_file((2, 10, 60), (14, 70, 60)), SIXTEENTHS)
    assert (len(result.notes), report.duplicates) == (1, 1)
    assert (result.notes.onset_tick[0], result.notes.offset_tick[0]) == (0, 68)


def test_smpte_files_have_no_note_values() -> None:
    with pytest.raises(BadDataError, match="SMPTE"):
        quantize(notes_file((0, 5, 60), division=-25 << 8 | 40), SIXTEENTHS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": Fraction(1), "note_values": (Fraction(1),)},
        {"durations": "x"},
        {"strength": 1.1},
        {"strength": float("nan")},
        {"swing": 1.0},
        {"swing": 0.4},
        {"duplicate_window": -1.0},
    ],
)
def test_senseless_ways_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Quantization(**wrong)


def test_beats_and_step_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="beats and step"):
        quantize(notes_file((0, 5, 60)), Quantization(step=Fraction(1)), beats=[0, 1])


def test_sequences_with_tempos_of_their_own_need_no_time_that_all_share() -> None:
    tempos = [b"\xff\x51\x03" + microseconds.to_bytes(3, "big") for microseconds in (4_000_000, 500_000)]
    tracks = [track_bytes([(0, tempo), (40, ON), (400, OFF)], end=(0, END_OF_TRACK)) for tempo in tempos]
    performance = parse_midi(file_bytes(tracks, division=480, midi_format=2), name="sequences")
    same, report = quantize(performance, Quantization())
    assert dump_midi(same) == dump_midi(performance) and report.moved == 0
    moved, report = quantize(performance, Quantization(note_values=parse_note_values("1/16")))
    assert moved.notes.onset_tick.tolist() == [0, 0]
    assert (report.farthest, report.moved_far) == (pytest.approx(40 / 480 * 4), 1)  # 333 ms and 42 ms
    with pytest.raises(BadDataError, match="have different tempos"):
        quantize(performance, Quantization(step=Fraction(1, 100)))


def test_a_window_for_duplicates_is_of_each_sequences_time() -> None:
    tempos = [b"\xff\x51\x03" + microseconds.to_bytes(3, "big") for microseconds in (4_000_000, 500_000)]
    strokes = [(0, ON), (40, OFF), (0, ON), (400, OFF)]
    tracks = [track_bytes([(0, tempo), *strokes], end=(0, END_OF_TRACK)) for tempo in tempos]
    performance = parse_midi(file_bytes(tracks, division=480, midi_format=2), name="sequences")
    left, report = quantize(performance, Quantization(duplicate_window=0.1))
    assert left.notes.track.tolist() == [0, 0, 1] and report.duplicates == 1
