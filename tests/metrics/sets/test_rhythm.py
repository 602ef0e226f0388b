"""Entropies of durations and of rhythm patterns, counted by hand."""

from collections import Counter

import numpy as np
import pytest

from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.sets.duration_entropy import duration_entropy
from maestrokit.metrics.sets.rhythm_pattern_entropy import rhythm_pattern_entropy


def with_intervals(intervals: list[float]) -> Piece:
    onset = np.concatenate([[0], np.cumsum(intervals)])
    return notes_in_seconds(onset, onset + 0.1, np.full(len(onset), 60))


def bits(things: list) -> float:
    share = np.array(list(Counter(things).values())) / len(things)
    return float(-(share * np.log2(share)).sum())


def test_durations_of_four_lengths_have_two_bits_at_any_tempo() -> None:
    duration = np.tile([0.11, 0.22, 0.44, 0.88], 5)
    for tempo in (1.0, 2.0):
        notes = notes_in_seconds(np.arange(20.0), np.arange(20) + duration * tempo, np.full(20, 60))
        assert duration_entropy(notes)[0] == pytest.approx(2)
    assert np.isnan(duration_entropy(notes.select(slice(0))))


def test_patterns_are_counted_at_every_onset_in_any_tempo() -> None:
    # classes against the median 0.5: half, same, same, twice, four times or more
    intervals, classes = [0.25, 0.5, 0.52, 1.0, 2.5, 0.5, 0.25, 0.5, 0.52], [1, 2, 2, 3, 4, 2, 1, 2, 2]
    expected = bits([tuple(classes[row : row + 4]) for row in range(6)])
    for tempo in (1.0, 1.7):
        assert rhythm_pattern_entropy(with_intervals([tempo * interval for interval in intervals]))[0] == pytest.approx(
            expected
        )


def test_a_pulse_has_no_entropy_and_shuffling_a_rhythm_adds_some() -> None:
    assert rhythm_pattern_entropy(with_intervals([0.4] * 30))[0] == 0
    rhythm = [0.5, 0.25, 0.25, 1.0] * 20
    shuffled = np.random.default_rng(0).permutation(rhythm).tolist()
    assert rhythm_pattern_entropy(with_intervals(rhythm))[0] == pytest.approx(2, abs=0.01)
    assert rhythm_pattern_entropy(with_intervals(shuffled))[0] > 4
    assert np.isnan(rhythm_pattern_entropy(with_intervals([0.5] * 3)))
