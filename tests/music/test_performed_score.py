"""A score's file as it is played: all notes, in order, at their times, and the score still in its ticks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.note_arrays import note_seconds
from maestrokit.music.performance import SUSTAIN, TIME_SIGNATURE
from maestrokit.music.performed_score import performed_score
from maestrokit.music.score_performance import beat_times, parameters_of
from maestrokit.music.scores import score_of
from maestrokit.music.sustain import pedal_intervals
from played_scores import played, score_file


def performed(file, notes, score=None):
    score = score or score_of(file)
    return performed_score(file, score, notes, beat_times(score, parameters_of(score, notes)))


@given(st.integers(0, 10**6), st.integers(1, 10))
def test_no_note_is_lost_or_added_and_each_sounds_when_it_is_played(seed, bars):
    file = score_file(bars, seed=seed)
    score, notes = score_of(file), played(score_of(file), seed=seed)
    result = parse_midi(dump_midi(performed(file, notes)), name="a.mid")
    assert len(result.notes) == len(file.notes)
    onset, offset = note_seconds(result)
    rows, wanted = np.lexsort((onset, result.notes.pitch)), np.lexsort((notes.onset, score.notes.pitch))
    assert result.notes.pitch[rows].tolist() == score.notes.pitch[wanted].tolist()
    assert result.notes.velocity[rows].tolist() == notes.velocity[wanted].tolist()
    moved = onset[rows] - notes.onset[wanted]
    assert np.ptp(moved) < 0.003
    assert (offset > onset).all()


def test_ticks_are_positions_in_the_score_still_and_what_else_is_in_the_file_stays():
    file = score_file(6)
    score, notes = score_of(file), played(score_of(file))
    result = performed(file, notes)
    quarters = result.notes.onset_tick / result.division
    nearest = np.rint(2 * quarters) / 2
    assert sorted(zip(nearest, result.notes.pitch, strict=True)) == sorted(
        zip(score.notes.onset, score.notes.pitch, strict=True)
    )
    assert (result.others.kind == TIME_SIGNATURE).sum() == 1
    assert len(result.tempos) > 10


def test_notes_before_the_first_beat_move_no_other_from_its_place_in_the_score():
    file = score_file(6)
    notes = played(score_of(file))
    early = notes.onset.copy()
    early[1:3] -= 0.4  # the lower notes of the first chord, which is broken
    result = performed(file, notes._replace(onset=early))
    onset = result.notes.onset_tick / result.division
    top = result.notes.pitch > 60
    assert result.notes.onset_tick[0] == 0
    assert np.abs(onset[top] - np.rint(2 * onset[top]) / 2)[1:].max() < 0.01
    assert np.diff(np.sort(note_seconds(result)[0][top]))[0] == pytest.approx(
        np.diff(notes.onset[[0, 3]])[0], abs=0.002
    )


def test_the_pedal_replaces_that_of_the_file_and_comes_up_at_the_end():
    file = score_file(6)
    notes = played(score_of(file))
    once = performed(file, notes)
    assert len(pedal_intervals(once)) == pytest.approx(len(notes.pedal), abs=1)
    again = performed(once, notes, score_of(file))
    pedal = again.controls.select(again.controls.number == SUSTAIN)
    assert len(pedal) == 2 * len(notes.pedal) and pedal.value[-1] == 0


def test_onsets_of_one_part_keep_the_order_of_the_score():
    file = score_file(6, chords=False)
    notes = played(score_of(file))
    wild = notes._replace(onset=notes.onset + np.random.default_rng(1).normal(0, 0.3, len(notes.onset)))
    result = performed(file, wild._replace(offset=wild.onset + 0.5))
    order = np.argsort(result.notes.onset_tick, kind="stable")
    assert result.notes.pitch[order].tolist() == score_of(file).notes.pitch.tolist()
    assert (np.diff(result.notes.onset_tick[order]) > 0).all()


def test_a_file_that_lasts_nearly_as_long_as_midi_counts_can_still_be_written():
    file = score_file(2)
    late = file.replace(track_end_tick=file.track_end_tick * 0 + 0x0FFFFFFF + 300)
    result = parse_midi(dump_midi(performed(late, played(score_of(late)))), name="a.mid")
    assert len(result.notes) == len(file.notes)


def test_a_key_is_released_before_it_is_struck_again():
    file = score_file(4, chords=False)
    file = file.replace(notes=file.notes.replace(pitch=0 * file.notes.pitch + 60))
    notes = played(score_of(file))
    result = performed(file, notes._replace(offset=notes.onset + 3.0))
    assert (result.notes.offset_tick[:-1] <= result.notes.onset_tick[1:]).all()
