"""A score's file as it is played: all notes, in order, at their times, and the score still in its ticks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.event_order import reorder_events
from maestrokit.music.note_arrays import note_seconds, performance_from_arrays
from maestrokit.music.performance import SUSTAIN, TIME_SIGNATURE, Controls, Others
from maestrokit.music.scores.performance_parameters import beat_times, parameters_of
from maestrokit.music.scores.performed_score import performed_score
from maestrokit.music.scores.score import score_of
from maestrokit.music.sustain import pedal_intervals
from played_scores import NONE, played, score_file


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


def of_two_tracks(pitches):
    """Return a file of quarters, the same on two tracks of one channel, and its score."""
    count = 2 * len(pitches)
    onset = 480 * np.tile(np.arange(len(pitches)), 2)
    file = performance_from_arrays(
        onset, onset + 480, np.tile(pitches, 2), np.full(count, 64), pedal_tick=NONE, pedal_value=NONE
    ).replace(division=480, track_end_tick=np.full(2, 480 * len(pitches)), format=1)
    track = np.repeat([0, 1], len(pitches))[np.argsort(onset, kind="stable")]
    file = reorder_events(file.replace(notes=file.notes.replace(track=track)))
    return file, score_of(file)


def test_a_key_of_two_tracks_is_struck_once_at_one_onset_and_released_before_it_is_struck_again():
    file, score = of_two_tracks(np.array([60, 60, 60]))
    onset = score.notes.onset + 0.02 * (file.notes.track[score.notes.row] == 1)
    result = performed(file, played(score)._replace(onset=onset, offset=onset + 3.0))
    starts, ends = result.notes.onset_tick.reshape(2, 3), result.notes.offset_tick.reshape(2, 3)
    assert result.notes.track.tolist() == [0, 0, 0, 1, 1, 1] and np.array_equal(*starts)
    assert (ends[:, :-1] < starts[:, 1:]).all() and (ends[:, -1] > starts[:, -1] + 480).all()


def test_each_track_has_the_pedal():
    file, score = of_two_tracks(np.array([60, 62, 64]))
    notes = played(score)
    controls = performed(file, notes).controls
    assert len(notes.pedal) and controls.track.tolist() == np.repeat([0, 1], 2 * len(notes.pedal)).tolist()
    first, second = (controls.select(controls.track == track) for track in (0, 1))
    assert first.tick.tolist() == second.tick.tolist() and first.value.tolist() == second.value.tolist()


def test_neither_note_offs_of_no_note_nor_controls_end_a_note_that_lasts_longer_now():
    file = score_file(2, chords=False)
    ends = file.notes.offset_tick
    message = np.array([bytes([0x80, pitch, 0]) for pitch in file.notes.pitch.tolist()], object)
    last = np.full(len(ends), 10**6)
    stop = np.array([[960], [123], [0], [0], [0], [10**6]])
    others, controls = Others(ends, 0 * ends + 0x80, message, 0 * ends, last), Controls(*stop)
    file = reorder_events(file.replace(others=others, controls=controls))
    score = score_of(file)
    onset = score.notes.onset
    result = parse_midi(dump_midi(performed(file, played(score)._replace(onset=onset, offset=onset + 0.45))), name="a")
    starts, stops = note_seconds(result)
    assert len(file.others) == len(stops) == 12 and 123 not in result.controls.number
    assert stops - starts == pytest.approx(0.45, abs=0.002)


def test_grace_notes_at_one_onset_follow_one_another_as_in_the_file():
    pitch, length = np.array([60, 62, 64, 65, 67]), np.array([10, 10, 10, 480, 480])
    onset = np.array([0, 0, 0, 0, 480])
    file = performance_from_arrays(
        onset, onset + length, pitch, 0 * pitch + 64, pedal_tick=NONE, pedal_value=NONE
    ).replace(division=480)
    score = score_of(file)
    assert score.notes.pitch.tolist() == [65, 64, 62, 60, 67]
    times = np.array([1.0, 0.7, 0.8, 0.9, 1.5])
    notes = played(score)._replace(onset=times, offset=times + 0.1, pedal=np.empty((0, 2)))
    result = performed(file, notes)
    order = np.argsort(result.notes.onset_tick)
    assert result.notes.pitch[order].tolist() == [60, 62, 64, 65, 67]
    assert np.diff(note_seconds(result)[0][order]) == pytest.approx([0.1, 0.1, 0.1, 0.5], abs=0.002)
