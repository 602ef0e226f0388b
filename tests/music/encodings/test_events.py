"""Events say what was played: there and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import BadDataError, UsageError
from maestrokit.music.encodings import events as tk
from maestrokit.music.encodings.events import (
    Encoding,
    decode,
    decode_notes,
    encode,
    stretched,
    transposed,
)
from maestrokit.music.note_arrays import performance_from_arrays, timed_notes

STANDARD = Encoding()


def performance(rows, pedal=()):
    """A performance from (onset ms, offset ms, pitch, velocity) rows and (ms, value) pedal values."""
    table = np.array(sorted(rows), np.int64).reshape(-1, 4)
    changes = np.array(pedal, np.int64).reshape(-1, 2)
    return performance_from_arrays(*table.T, pedal_tick=changes[:, 0], pedal_value=changes[:, 1])


notes = st.tuples(st.integers(0, 5000), st.integers(1, 3000), st.integers(21, 108), st.integers(1, 127)).map(
    lambda n: (n[0], n[0] + n[1], n[2], n[3])
)
performances = st.builds(
    performance,
    st.lists(notes, min_size=1, max_size=25),
    st.lists(st.tuples(st.integers(0, 6000), st.sampled_from([0, 40, 64, 127])), max_size=8).map(sorted),
)
encodings = st.builds(
    Encoding,
    step_milliseconds=st.sampled_from([8, 10]),
    velocity_bins=st.sampled_from([16, 32]),
    pedal_events=st.booleans(),
)


def test_the_standard_encoding_has_388_events_and_two_ends():
    assert (STANDARD.begin, STANDARD.end, STANDARD.size) == (388, 389, 390)


def test_one_note_is_wait_velocity_stroke_wait_release():
    events = encode(performance([(500, 1730, 60, 64)]), STANDARD)
    assert events.tolist() == [388, 256 + 49, 356 + 15, 60, 256 + 99, 256 + 22, 128 + 60, 389]


def test_velocity_is_written_only_where_it_changes():
    events = encode(performance([(0, 100, 60, 64), (50, 100, 62, 63), (60, 100, 64, 90)]), STANDARD)
    assert (events >= 356).sum() == 2 + 2


def test_the_pedal_extends_notes_until_it_comes_up_or_the_key_is_struck_again():
    rows = [(0, 100, 60, 64), (0, 100, 64, 64), (500, 600, 60, 64)]
    heard = timed_notes(performance(rows, pedal=[(50, 127), (900, 0)]), pedal_extends=True)
    assert heard.offset.tolist() == [0.5, 0.9, 0.9]


def test_releasing_exactly_when_the_pedal_comes_up_ends_the_note_there():
    heard = timed_notes(performance([(0, 100, 60, 64)], pedal=[(50, 127), (100, 0)]), pedal_extends=True)
    assert heard.offset.tolist() == [0.1]


def test_two_strokes_of_a_key_in_one_step_are_the_louder_one():
    heard = decode_notes(encode(performance([(0, 100, 60, 30), (2, 300, 60, 90)]), STANDARD), STANDARD)
    assert (len(heard.pitch), heard.velocity[0], heard.offset[0]) == (1, 90, 0.3)


def test_a_performance_without_notes_is_begin_and_end():
    assert encode(performance([]), STANDARD).tolist() == [388, 389]
    assert len(decode(np.array([388, 389]), STANDARD).notes) == 0


@settings(max_examples=60, deadline=None)
@given(performances, encodings)
def test_encoding_what_was_decoded_gives_the_same_events(taken, encoding):
    events = encode(taken, encoding)
    assert np.array_equal(encode(decode(events, encoding), encoding), events)


@settings(max_examples=60, deadline=None)
@given(performances, st.integers(-3, 3))
def test_transposing_back_is_the_identity_where_the_keyboard_has_room(taken, semitones):
    events = encode(taken, STANDARD)
    moved = transposed(events, semitones, STANDARD)
    pitch = events[events < 128].astype(int)
    if pitch.min() + semitones >= 21 and pitch.max() + semitones <= 108:
        assert np.array_equal(transposed(moved, -semitones, STANDARD), events)
        assert np.array_equal(moved[moved < 128], pitch + semitones)
    assert moved[moved < 128].min() >= 21
    assert moved[moved < 128].max() <= 108


@settings(max_examples=60, deadline=None)
@given(performances, st.floats(0.5, 2.0))
def test_stretching_multiplies_times_and_changes_nothing_else(taken, factor):
    events = encode(taken, STANDARD)
    slow = stretched(events, factor, STANDARD)
    before, after = decode_notes(events, STANDARD), decode_notes(slow, STANDARD)
    assert np.array_equal(np.sort(before.pitch), np.sort(after.pitch))
    assert np.allclose(np.sort(before.onset * factor), np.sort(after.onset), atol=0.0051)
    assert np.array_equal(stretched(events, 1.0, STANDARD), events)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 391), max_size=60))
def test_any_sequence_decodes_to_notes_that_end(events):
    encoding = Encoding(pedal_events=True)
    heard = decode(np.array(events, np.int64), encoding)
    assert (heard.notes.offset_tick > heard.notes.onset_tick).all()
    assert heard.controls.value[-1:].sum() == 0


def test_a_step_that_does_not_divide_the_second_is_refused():
    with pytest.raises(UsageError, match="step_milliseconds is 7"):
        Encoding(step_milliseconds=7)


def test_a_performance_of_more_than_a_day_is_refused():
    with pytest.raises(BadDataError, match="more than a day"):
        encode(performance([(0, 1000 * 60 * 60 * 25, 60, 64)]), STANDARD)


@pytest.mark.slow
def test_all_of_maestro_comes_back_within_10_ms_and_one_velocity_bin(shared_data):
    from maestrokit.files.midi import read_midi

    paths = sorted((shared_data / "maestro-v3.0.0").rglob("*.midi"))
    lost = total = 0
    for path in paths:
        sung = timed_notes(read_midi(path), pedal_extends=True)
        back = decode_notes(encode(read_midi(path), STANDARD), STANDARD)
        lost += _matched(sung, back, path)
        total += len(sung.pitch)
    assert len(paths) == 1099
    assert lost <= total * 1e-4  # second strokes of one key within 10 ms


def _matched(sung, back, name) -> int:
    """Check each decoded note against its original; return how many originals were merged into another."""
    onset, offset = np.rint(sung.onset * 100), np.rint(sung.offset * 100)
    step = np.where(offset <= onset, np.floor(sung.onset * 100), onset)
    rows = np.lexsort((-sung.velocity, step, sung.pitch))
    step = step[rows]
    first = np.append(True, (np.diff(sung.pitch[rows]) != 0) | (np.diff(step) != 0))
    kept = rows[first]
    order = np.lexsort((back.onset, back.pitch))
    assert len(kept) == len(order), name
    assert np.array_equal(sung.pitch[kept], back.pitch[order]), name
    assert np.abs(sung.onset[kept] - back.onset[order]).max() <= 0.01, name
    longest = np.maximum.reduceat(sung.offset[rows], np.flatnonzero(first))
    assert np.abs(longest - back.offset[order]).max() <= 0.01 + 1e-9, name
    assert np.abs(sung.velocity[kept] - back.velocity[order]).max() < 128 // STANDARD.velocity_bins, name
    return len(rows) - len(kept)


def test_the_longest_wait_is_written_in_seconds():
    events = encode(performance([(0, 10, 60, 64), (3010, 3020, 60, 64)]), STANDARD)
    assert (events == STANDARD.first_velocity - 1).sum() == 3
    assert tk.decode_notes(events, STANDARD).onset.tolist() == [0.0, 3.01]
