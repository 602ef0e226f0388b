"""Alignment of scores and performances: the score comes back, and what was not played or was added is named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrokit.music.note_arrays import TimedNotes, performance_from_arrays, timed_notes
from maestrokit.music.scores.alignment import align
from maestrokit.music.scores.performance_parameters import beat_times, parameters_of
from maestrokit.music.scores.performed_score import performed_score
from maestrokit.music.scores.score import score_of
from played_scores import played, score_file


def example(seed=0, bars=12):
    """Return a score, its notes as they are played, sorted, and which note of the score each is."""
    score = score_of(score_file(bars, seed=seed))
    notes = played(score, seed=seed)
    rows = np.lexsort((score.notes.pitch, notes.onset))
    columns = (part[rows] for part in (notes.onset, notes.offset, score.notes.pitch, notes.velocity))
    return score, TimedNotes(*columns), rows


@given(st.integers(0, 10**6), st.integers(1, 12))
def test_every_note_of_a_faithful_performance_finds_its_place(seed, bars):
    score, notes, rows = example(seed, bars)
    alignment = align(score, notes)
    assert alignment.score.tolist() == list(range(len(rows)))
    assert rows[alignment.performance].tolist() == alignment.score.tolist()
    assert len(alignment.missing) == len(alignment.extra) == 0


def test_a_performance_of_a_score_gives_the_score_back():
    file = score_file(12)
    score, notes = score_of(file), played(score_of(file))
    result = performed_score(file, score, notes, beat_times(score, parameters_of(score, notes)))
    again = timed_notes(result, pedal_extends=False)
    alignment = align(score, again)
    pairs = again.pitch[alignment.performance].tolist()
    assert pairs == score.notes.pitch.tolist() and len(alignment.extra) == 0


def test_a_wild_performance_of_all_notes_gives_the_score_back_exactly():
    score = score_of(score_file(30, seed=3))
    onset = np.sort(np.random.default_rng(0).exponential(0.3, len(score.notes)).cumsum())
    wild = TimedNotes(onset, onset + 0.1, score.notes.pitch, np.full(len(onset), 64))
    found = align(score, wild)
    assert np.array_equal(found.performance, np.arange(len(onset)))
    assert not len(found.missing) and not len(found.extra)


def test_notes_that_are_left_out_or_added_have_no_partner():
    score, notes, rows = example()
    generator = np.random.default_rng(3)
    left_out = np.sort(generator.choice(len(rows), 12, replace=False))
    kept = np.setdiff1d(np.arange(len(rows)), left_out)
    strange = TimedNotes(*(part[kept[::9]] for part in notes))
    strange = strange._replace(onset=strange.onset + 0.05, offset=strange.offset + 0.05, pitch=strange.pitch + 37)
    columns = [np.concatenate(parts) for parts in zip(notes.select(kept), strange, strict=True)]
    order = np.lexsort((columns[2], columns[0]))
    alignment = align(score, TimedNotes(*(part[order] for part in columns)))
    assert sorted(alignment.missing.tolist()) == sorted(rows[left_out].tolist())
    assert sorted(order[alignment.extra].tolist()) == list(range(len(kept), len(order)))


def test_a_passage_that_is_played_twice_is_matched_once():
    score, notes, rows = example(bars=10)
    half = notes.onset < np.median(notes.onset)
    length = float(notes.onset[half].max()) + 0.3
    later = notes._replace(onset=notes.onset + length, offset=notes.offset + length)
    twice = TimedNotes(*(np.concatenate(parts) for parts in zip(notes.select(half), later, strict=True)))
    alignment = align(score, twice)
    assert len(alignment.score) > 0.95 * len(rows)
    assert len(alignment.extra) == pytest.approx(half.sum(), abs=0.1 * len(rows))


def in_sixteenths(pitch):
    """Return a score of one note after the other."""
    onset, nothing = 120 * np.arange(len(pitch)), np.empty(0, np.int64)
    file = performance_from_arrays(onset, onset + 60, pitch, 0 * pitch + 64, pedal_tick=nothing, pedal_value=nothing)
    return score_of(file.replace(division=480))


def test_a_note_that_is_played_far_from_its_place_is_matched_between_others_of_its_key():
    pitch = np.tile(np.arange(50, 80), 4)
    time = 0.2 * np.arange(len(pitch))
    time[10::20] += 0.5
    order = np.argsort(time)
    alignment = align(in_sixteenths(pitch), TimedNotes(time[order], time[order] + 0.1, pitch[order], 0 * pitch + 64))
    assert len(alignment.missing) == len(alignment.extra) == 0
    assert order[alignment.performance].tolist() == alignment.score.tolist()


def test_a_passage_whose_onsets_are_nearer_than_those_of_a_chord_is_aligned():
    pitch = np.random.default_rng(0).integers(40, 90, 400)
    time = np.cumsum(np.where(np.arange(len(pitch)) < 200, 0.025, 0.2))
    alignment = align(in_sixteenths(pitch), TimedNotes(time, time + 0.02, pitch, 0 * pitch + 64))
    assert alignment.performance.tolist() == alignment.score.tolist() == list(range(len(pitch)))
