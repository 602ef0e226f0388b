"""Melodies: the same in any key, farther when shuffled, whatever the order of the reference; and their diversity."""

import numpy as np
import pytest

from maestrokit.metrics import score_sets
from maestrokit.metrics.pairs import melody as pairs
from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance
from maestrokit.metrics.sets import melody_similarity as melody
from maestrokit.metrics.sets.diversity import diversity

SCORES = (melody.nearest_by_subsequence, melody.nearest_by_warping)


def piece(seed: int, chords: int = 60) -> Piece:
    """Return a wandering melody over a bass."""
    generator = np.random.default_rng(seed)
    top = 72 + np.cumsum(generator.integers(-4, 5, chords)) % 24
    onset = np.repeat(np.cumsum(generator.uniform(0.1, 0.5, chords)), 2) + np.tile([0.0, 0.01], chords)
    return notes_in_seconds(onset, onset + 0.3, np.stack([top, top - 24], axis=1).ravel())


REFERENCE = np.array([melody.melody(piece(seed)) for seed in range(6)])


def test_the_skyline_is_the_highest_note_of_each_chord() -> None:
    onset, pitch = np.array([0, 0.02, 0.5, 1.0, 1.01]), np.array([60, 72, 40, 74, 50])
    assert melody.skyline_intervals(notes_in_seconds(onset, onset + 0.1, pitch)).tolist() == [-32, 34]


@pytest.mark.parametrize("score", SCORES)
def test_a_piece_of_the_reference_in_another_key_and_tempo_scores_1(score) -> None:
    known = piece(3)
    moved = known.replace(pitch=known.pitch + 5, onset=known.onset * 1.5)
    assert score(np.array([melody.melody(moved)]), REFERENCE).tolist() == [1.0]


@pytest.mark.parametrize("score", SCORES)
def test_others_score_less_and_the_order_of_the_reference_does_not_matter(score) -> None:
    others = np.array([melody.melody(piece(seed)) for seed in range(20, 26)])
    values = score(others, REFERENCE)
    assert ((values > 0.2) & (values < 0.95)).all()
    np.testing.assert_array_equal(values, score(others, REFERENCE[::-1]))


def test_a_shuffled_melody_is_less_like_its_original() -> None:
    for seed in range(6):
        own = piece(seed)
        shuffled = own.replace(pitch=np.random.default_rng(seed).permutation(own.pitch))
        for score in SCORES:
            assert score(np.array([melody.melody(shuffled)]), REFERENCE[seed : seed + 1])[0] < 0.9


def test_no_melody_no_value() -> None:
    lone = np.array([melody.melody(notes_in_seconds(np.zeros(1), np.ones(1), np.array([60])))])
    for score in SCORES:
        assert np.isnan(score(lone, REFERENCE)).all()
        assert np.isnan(score(REFERENCE, melody.with_melody(lone))).all()


def test_pairs_compare_each_with_its_own_reference() -> None:
    first, second = (NotesAndPedal(piece(seed), None) for seed in (0, 1))
    assert pairs.scores(first, first, tolerance=Tolerance()) == {"melody_similarity": 1.0, "melody_similarity_dtw": 1.0}
    crossed = pairs.scores(first, second, tolerance=Tolerance())
    assert crossed == pairs.scores(second, first, tolerance=Tolerance())
    assert 0.2 < crossed["melody_similarity"] < 0.9 and 0.2 < crossed["melody_similarity_dtw"] < 0.95
    nothing = NotesAndPedal(first.notes.select(slice(0)), None)
    assert pairs.scores(first, nothing, tolerance=Tolerance()) == {}


def test_diversity_is_the_mean_over_pairs_and_0_for_one_melody() -> None:
    share = melody.subsequence_shares(REFERENCE, REFERENCE)
    expected = np.mean(1 - share[np.triu_indices(6, 1)])
    assert diversity(REFERENCE, None, np.ones((1, 6)))[0] == pytest.approx(expected)
    assert diversity(REFERENCE[[1, 1, 1]], None, np.ones((1, 3)))[0] == 0
    weights = np.array([[3.0, 1, 2, 0, 0, 0]])  # the pairs of the first three, weighted
    by_hand = ((1 - share[0, 1]) * 3 + (1 - share[0, 2]) * 6 + (1 - share[1, 2]) * 2) / 11
    assert diversity(REFERENCE, None, weights)[0] == pytest.approx(by_hand)


def test_the_diversity_of_a_set_has_an_interval_and_the_references_beside_it() -> None:
    chosen = score_sets.metrics(["diversity"])
    summaries = [{"diversity": row} for row in REFERENCE]
    _, (row,) = score_sets.score(summaries, summaries[::-1], chosen, generator=np.random.default_rng(0))
    assert row.low < row.value < row.high and row.reference == pytest.approx(row.value) and row.n == 6
