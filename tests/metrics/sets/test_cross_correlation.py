"""Cross-correlation: 1 with itself at any lag and in any key, less when shuffled; against a loop over lags."""

import numpy as np
import pytest

from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.sets import cross_correlation as crossing

STEPS, CURVES = crossing.STEPS, crossing.CURVES
MAJOR = np.array([0, 4, 7, 12, 5, 9, 2, 7, 11, 0])


def piece(seed: int, notes: int = 120) -> Piece:
    generator = np.random.default_rng(seed)
    onset = np.sort(generator.uniform(0, 25, notes))
    return notes_in_seconds(onset, onset + 0.4, 60 + generator.choice(MAJOR, notes))


def correlations(pieces: list[Piece], reference: list[Piece]) -> np.ndarray:
    own, references = (np.array([crossing.curves(piece) for piece in side]) for side in (pieces, reference))
    return crossing.mean_correlations(own, crossing.transforms(references))


def test_a_piece_with_itself_has_1_in_another_key_and_later() -> None:
    later = piece(0).replace(pitch=piece(0).pitch + 3, onset=piece(0).onset + 9.0, offset=piece(0).offset + 9.0)
    assert correlations([piece(0)], [later])[0] == pytest.approx(1, abs=1e-5)


def test_it_is_the_highest_of_all_lags_and_the_mean_over_the_reference() -> None:
    pieces = [piece(seed) for seed in range(3)]
    curves = [crossing.curves(piece).reshape(CURVES, STEPS).astype(float) for piece in pieces]
    best = [
        np.sum([np.correlate(a, b, "full") for a, b in zip(curves[0], other, strict=True)], axis=0).max()
        for other in curves[1:]
    ]
    assert correlations(pieces[:1], pieces[1:])[0] == pytest.approx(np.mean(best), abs=1e-5)
    np.testing.assert_allclose(correlations(pieces[:1], pieces[:0:-1])[0], np.mean(best), atol=1e-5)


def test_shuffled_times_correlate_less_with_their_original() -> None:
    for seed in range(4):
        own = piece(seed)
        shuffled = np.sort(np.random.default_rng(seed).uniform(0, 25, len(own)))
        noise = notes_in_seconds(shuffled, shuffled + 0.4, np.random.default_rng(seed).permutation(own.pitch))
        assert correlations([noise], [own])[0] < 0.8


def test_no_onsets_no_value() -> None:
    empty = piece(0).select(slice(0))
    assert np.isnan(correlations([empty], [piece(0)])).all()
    assert np.isnan(correlations([piece(0)], [empty])).all()
