"""Scores from MIDI: the order of notes, bars, tempo, and what is no score."""

import numpy as np
import pytest

from maestrokit.errors import BadDataError
from maestrokit.music.scores.score import (
    LOWER,
    NO_STAFF,
    UPPER,
    ScoreNotes,
    mean_seconds_per_quarter,
    score_of,
    sorted_score,
)
from played_scores import score_file


def test_notes_are_told_by_onset_from_the_highest_down_and_grace_notes_last():
    onset, duration = np.array([1.0, 0.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0, 1.0])
    notes = ScoreNotes(onset, duration, np.array([60, 48, 90, 72]), np.full(4, np.nan), np.full(4, 2), np.arange(4))
    score = sorted_score(notes, score_of(score_file()).bars, np.full(4, 0.5))
    assert score.notes.pitch.tolist() == [72, 48, 90, 60]
    assert score.group.tolist() == [0, 0, 0, 1] and score.first.tolist() == [0, 3]
    assert score.is_first.tolist() == [True, False, False, True] and score.quarters.tolist() == [0.0, 1.0]


def test_time_signatures_make_bars_and_the_tempo_map_says_how_long_a_quarter_is():
    score = score_of(score_file(bars=4, beats=3, tempo=400_000))
    assert score.bars.onset.tolist()[:4] == [0.0, 3.0, 6.0, 9.0]
    assert set(zip(score.bars.beats, score.bars.unit, strict=True)) == {(3, 4)}
    assert np.allclose(score.tempo, 0.4) and mean_seconds_per_quarter(score_file(tempo=400_000)) == pytest.approx(0.4)
    assert len(score_of(score_file(meter=False)).bars) == 0


def test_what_has_no_beats_or_no_notes_is_no_score():
    file = score_file()
    with pytest.raises(BadDataError, match="SMPTE"):
        score_of(file.replace(division=-25 * 256 + 40))
    with pytest.raises(BadDataError, match="no notes"):
        score_of(file.replace(notes=file.notes.replace(channel=0 * file.notes.channel + 9)))


def test_velocities_that_differ_are_the_dynamics_of_a_score_and_others_mean_nothing():
    file = score_file()
    assert np.isnan(score_of(file).notes.loudness).all()
    velocity = np.where(np.arange(len(file.notes)) < 20, 49, 96)
    score = score_of(file.replace(notes=file.notes.replace(velocity=velocity)))
    assert np.array_equal(score.notes.loudness, velocity[score.notes.row])


def test_two_tracks_or_channels_are_the_staves_of_a_score_the_higher_is_the_upper():
    file = score_file()
    notes = file.notes
    assert set(score_of(file).notes.staff.tolist()) == {NO_STAFF}
    is_low = notes.pitch < 60
    for part in ("track", "channel"):
        other = file.replace(notes=notes.replace(**{part: np.where(is_low, 0, 1)}))
        score = score_of(other)
        assert np.array_equal(score.notes.staff == LOWER, score.notes.pitch < 60)
        assert set(score.notes.staff.tolist()) == {UPPER, LOWER}
    three = file.replace(notes=notes.replace(track=np.arange(len(notes)) % 3, channel=is_low.astype(np.int64)))
    assert set(score_of(three).notes.staff.tolist()) == {NO_STAFF}
