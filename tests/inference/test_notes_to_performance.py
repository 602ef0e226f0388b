"""Notes written down as performances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.inference.notes_to_performance import TEMPO_UNKNOWN, performance_of, tracked_transcript, transcript
from maestrokit.music.encodings.events import Encoding, encode, encode_notes
from maestrokit.music.encodings.step_notes import reconciled
from maestrokit.music.note_arrays import TimedNotes, timed_notes
from maestrokit.music.sustain import pedal_intervals
from maestrokit.music.timing import tempo_map, tick2second
from maestrokit.synth.keys_and_pedals import dampings
from maestrokit.synth.schedule import damping_rate

ROWS = st.lists(st.tuples(st.floats(0, 100), st.floats(0.02, 5), st.integers(1, 127)), max_size=12)
NOTHING = TimedNotes(*(np.empty(0, kind) for kind in (float, float, np.int64, np.int64)))


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, tempo=st.none() | st.floats(30, 300))
def test_notes_come_back_in_time(rows: list[tuple[float, float, int]], tempo: float | None) -> None:
    onset, length, velocity = (np.array([row[i] for row in rows]) for i in range(3))
    notes = TimedNotes(onset, onset + length, 30 + np.arange(len(rows)), velocity.astype(np.int64))
    back = timed_notes(parse_midi(dump_midi(transcript(notes, tempo=tempo)), name="x"), pedal_extends=False)
    order = np.argsort(back.pitch)
    assert np.abs(back.onset[order] - notes.onset).max(initial=0) < 0.003
    assert np.abs(back.offset[order] - notes.offset).max(initial=0) < 0.003
    assert np.array_equal(back.velocity[order], notes.velocity)


def test_an_unknown_tempo_is_said_to_be_so() -> None:
    assert TEMPO_UNKNOWN.encode() in dump_midi(transcript(NOTHING))
    told = transcript(NOTHING, tempo=90)
    assert TEMPO_UNKNOWN.encode() not in dump_midi(told)
    assert told.tempos.microseconds_per_beat.tolist() == [pytest.approx(60e6 / 90, abs=1)]


STEPS = st.lists(
    st.tuples(st.integers(0, 120), st.integers(1, 150), st.integers(21, 108), st.integers(0, 31)),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(rows=STEPS, rise=st.integers(1, 90), encoding=st.sampled_from([Encoding(), Encoding(8, 16)]))
def test_a_supposed_pedal_changes_no_note_that_sounds(
    rows: list[tuple[int, int, int, int]], rise: int, encoding: Encoding
) -> None:
    onset, length, pitch, velocity = np.array(rows).T
    end = np.where(length > 60, (onset // rise + 1) * rise, onset + length)  # some end together
    notes = reconciled(onset, end, pitch, velocity % encoding.velocity_bins)
    for way in ("cc64", "extend"):
        written = parse_midi(dump_midi(performance_of(notes, encoding, pedal=way)), name="x")
        assert np.array_equal(encode(written, encoding), encode_notes(notes, encoding))


def test_keys_are_released_in_a_supposed_pedal_and_not_beside_it() -> None:
    columns = np.array([[0, 40, 48], [50, 200, 64], [100, 200, 67], [150, 200, 72], [300, 340, 48]]).T
    notes = reconciled(*columns, np.full(5, 16))
    assert pedal_intervals(performance_of(notes, Encoding())).size == 0  # three notes are no handful
    more = reconciled(*np.c_[columns, [0, 200, 60], [160, 200, 76]], np.full(7, 16))
    played = performance_of(more, Encoding())
    assert pedal_intervals(played).tolist() == [[0.55, 2.0]]
    assert dict(zip(played.notes.pitch[1:].tolist(), played.notes.offset_tick[1:].tolist(), strict=True)) == {
        60: 1000, 64: 1000, 67: 1500, 72: 2000, 76: 2000, 48: 3400
    }  # fmt: skip
    nothing = performance_of(reconciled(*np.empty((4, 0), np.int64)), Encoding())
    assert len(nothing.notes) == len(nothing.controls) == 0


def test_dampers_silence_a_chord_before_the_next_pedal_as_they_do_for_people() -> None:
    first = [[20 * number, 200, 50 + number] for number in range(6)]
    second = [[200 + onset, 400, pitch + 10] for onset, _, pitch in first]
    played = performance_of(reconciled(*np.array(first + second).T, np.full(12, 16)), Encoding())
    (damping,) = dampings(played).values()
    before, after = damping.at(np.array([2.0, 3.9]))
    assert after - before == pytest.approx(0.15, abs=0.01)
    decibels = 20 * np.log10(np.e) * (after - before) * damping_rate(np.array([40, 55, 70]))
    assert (decibels > [18, 30, 45]).all()


def even(count: int, *, interval: float, start: float = 0.7) -> TimedNotes:
    """Return strokes of a bass note and three of the right hand on each beat of bars of three."""
    onset = np.repeat(start + interval * np.arange(count), 2)
    first = np.repeat(np.arange(count) % 3 == 0, 2)
    is_low = np.tile([True, False], count)
    pitch = np.where(is_low, np.where(first, 36, 52), 60 + 4 * (np.repeat(np.arange(count), 2) % 3))
    velocity = np.where(first, 80, 50)
    length = np.where(first & is_low, 2.5, 0.8) * interval
    return TimedNotes(onset, onset + length, pitch, velocity)


def test_tracked_beats_are_the_tempo_map_and_move_nothing() -> None:
    notes = even(48, interval=0.6)
    performance, beats = tracked_transcript(notes)
    back = parse_midi(dump_midi(performance), name="x")
    timed, clock = timed_notes(back, pedal_extends=False), tempo_map(back)
    tick = clock.seconds_per_tick.max()
    assert np.abs(timed.onset - notes.onset).max() <= tick < 0.001
    assert np.abs(timed.offset - notes.offset[np.lexsort((notes.pitch, notes.onset))]).max() <= tick
    on_beat = tick2second(back.division * np.arange(60), clock)
    assert all(np.abs(on_beat - beat).min() < 1e-4 for beat in beats.time)
    assert TEMPO_UNKNOWN.encode() not in dump_midi(performance)


def test_a_long_rest_is_filled_with_beats() -> None:
    first, second = even(24, interval=0.5), even(24, interval=0.5, start=60.0)
    notes = TimedNotes(*(np.concatenate(columns) for columns in zip(first, second, strict=True)))
    performance, _ = tracked_transcript(notes)
    timed = timed_notes(performance, pedal_extends=False)
    assert np.abs(np.sort(timed.onset) - np.sort(notes.onset)).max() < 0.001
    assert performance.tempos.microseconds_per_beat.max() < 5e6


def test_too_few_notes_have_no_beats() -> None:
    performance, beats = tracked_transcript(even(1, interval=0.5))
    assert len(beats.time) == 0 and TEMPO_UNKNOWN.encode() in dump_midi(performance)


@settings(max_examples=25, deadline=None)
@given(tempo=st.none() | st.floats(4, 300), moves=st.lists(st.floats(0.06, 2), min_size=2, max_size=8))
def test_pedal_goes_there_and_back(tempo: float | None, moves: list[float]) -> None:
    pedal = np.cumsum(moves[: len(moves) // 2 * 2]).reshape(-1, 2)
    back = pedal_intervals(transcript(NOTHING, pedal, tempo=tempo))
    assert np.abs(back - pedal).max() < 0.002
