"""Harmonic development: loops are predictable, and a piece that goes astray does so in its later quarters."""

import numpy as np
import pytest

from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.sets import harmonic_consistency as harmony
from maestrokit.metrics.sets import harmonic_development as development

CADENCE = [(0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7), (9, 0, 4), (2, 5, 9), (7, 11, 2)]


def chords(triads: list[tuple[int, int, int]]) -> Piece:
    onset = np.repeat(np.arange(len(triads)) * 1.0, 4)
    pitch = np.array([note for triad in triads for note in (36 + triad[0], *(60 + tone for tone in triad))])
    return notes_in_seconds(onset, onset + 0.95, pitch)


def summary(triads: list[tuple[int, int, int]]) -> np.ndarray:
    return harmony.changes_by_quarter(chords(triads))[None]


def test_quarters_add_up_to_the_piece() -> None:
    quarters = harmony.by_quarter(summary(CADENCE * 4))[0]
    np.testing.assert_array_equal(quarters.sum(axis=0), harmony.transitions(chords(CADENCE * 4)))
    assert quarters.sum(axis=1).tolist() == [6, 7, 7, 7]


def test_entropy_rate_is_that_of_the_rows_of_the_matrix() -> None:
    counts = harmony.transitions(chords(CADENCE * 3)).reshape(harmony.QUALITIES, -1)
    rate = 0.0
    for row in counts[counts.any(axis=1)]:
        share = row[row > 0] / row.sum()
        rate -= row.sum() / counts.sum() * float((share * np.log2(share)).sum())
    assert rate > 1
    assert development.entropy_rate(summary(CADENCE * 3), None)[0] == pytest.approx(rate)
    assert development.entropy_rate(summary([CADENCE[0], CADENCE[2]] * 8), None)[0] < 1.01
    assert np.isnan(development.entropy_rate(summary(CADENCE[:1]), None)).all()


def test_each_quarter_is_compared_with_that_quarter() -> None:
    reference = np.concatenate([summary(CADENCE * 8)] * 3)
    strange = [(1, 4, 7), (2, 6, 10), (0, 3, 6), (3, 7, 11)]
    astray = summary(CADENCE * 4 + strange * 7)
    values = []
    for quarter in range(4):
        expected = development.expectation_of_quarter(reference, quarter=quarter)
        values.append(development.distance_of_quarter(astray, expected, quarter=quarter)[0])
        same = development.distance_of_quarter(reference, expected, quarter=quarter)
        assert (same < 0.01).all()
    assert max(values[:2]) < 0.15 and min(values[2:]) > 0.5
    nothing = development.expectation_of_quarter(np.zeros_like(reference), quarter=0)
    assert np.isnan(development.distance_of_quarter(astray, nothing, quarter=0)).all()
