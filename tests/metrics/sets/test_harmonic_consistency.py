"""Chord changes of real music are told from those of shuffled music, whatever the length of the piece."""

from pathlib import Path

import numpy as np
import pytest

from maestrokit.files.midi import read_midi
from maestrokit.metrics.piece import Piece, notes_in_seconds, piece_of
from maestrokit.metrics.sets import harmonic_consistency as harmony

CADENCE = [(0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7)]  # I IV V I


def chords(triads: list[tuple[int, int, int]], shift: int = 0) -> Piece:
    onset = np.repeat(np.arange(len(triads)) * 1.0, 4)
    pitch = np.array([note for triad in triads for note in (36 + triad[0], *(60 + tone for tone in triad))]) + shift
    return notes_in_seconds(onset, onset + 0.95, pitch)


def test_the_reference_itself_scores_100_in_any_key() -> None:
    summaries = np.array([harmony.transitions(chords(CADENCE * 8))])
    expected, usual = harmony.expectation(summaries), harmony.percentile_rank(summaries)
    assert harmony.similarity(harmony.transitions(chords(CADENCE * 8, shift=5)), expected) == 100
    assert harmony.similarity(harmony.transitions(chords(CADENCE)), expected) > 80
    assert harmony.consistency(harmony.transitions(chords([CADENCE[2], CADENCE[3]])), usual) > 20


def test_changes_that_the_reference_never_has_score_0() -> None:
    summaries = np.array([harmony.transitions(chords(CADENCE * 8))])
    strange = harmony.transitions(chords([(0, 3, 6), (1, 4, 7), (2, 5, 8)]))
    assert strange.sum() == 2
    assert harmony.similarity(strange, harmony.expectation(summaries)) == pytest.approx(0, abs=1e-9)
    assert harmony.consistency(strange, harmony.percentile_rank(summaries)) == 0


def test_samples_of_the_reference_score_alike_at_any_length() -> None:
    generator = np.random.default_rng(0)
    matrix = generator.dirichlet(np.full(harmony.CHANGES, 0.05))
    expected = harmony.expectation(np.round(matrix * 1e6)[None])
    means = [np.mean([harmony.similarity(generator.multinomial(n, matrix).astype(float), expected) for _ in range(20)])
             for n in (10, 100, 1000)]  # fmt: skip
    assert min(means) > 90  # not 100: chance that is over 100 is cut off


def test_no_chords_no_value() -> None:
    silence = harmony.transitions(notes_in_seconds(np.empty(0), np.empty(0), np.empty(0, np.int64)))
    expected = harmony.expectation(silence[None])
    assert np.isnan(harmony.similarity(silence, expected)) and np.isnan(harmony.consistency(silence, np.zeros(1452)))


@pytest.mark.slow
def test_humans_rank_above_shuffled_controls(shared_data: Path) -> None:
    root = shared_data / "maestro-v3.0.0"
    files = sorted(root.rglob("*.midi"))[::60]
    pieces = [piece_of(read_midi(path)) for path in files]
    corpus, human = pieces[::2], pieces[1::2]
    summaries = np.array([harmony.transitions(piece) for piece in corpus])
    generator = np.random.default_rng(0)
    controls = [piece.replace(pitch=generator.permutation(piece.pitch)) for piece in human]
    for expected, score in ((harmony.expectation(summaries), harmony.similarity),
                            (harmony.percentile_rank(summaries), harmony.consistency)):  # fmt: skip
        values = [[score(harmony.transitions(piece), expected) for piece in part] for part in (human, controls)]
        assert np.nanmean(values[0]) > np.nanmean(values[1])
