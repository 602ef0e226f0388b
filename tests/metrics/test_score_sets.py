"""Sets against sets: any metric, any piece, even none."""

import pickle

import numpy as np
import pytest

from maestrokit import registry
from maestrokit.errors import UsageError
from maestrokit.metrics import intervals, score_sets
from maestrokit.metrics.piece import Piece, notes_in_seconds

EMPTY = notes_in_seconds(np.empty(0), np.empty(0), np.empty(0, np.int64))


def piece(seed: int, notes: int = 200) -> Piece:
    generator = np.random.default_rng(seed)
    onset = np.sort(generator.uniform(0, 40, notes))
    return notes_in_seconds(onset, onset + generator.exponential(0.5, notes), generator.integers(40, 90, notes))


def summary(notes: Piece) -> dict:
    """Return a summary with vectors in place of what a model makes of the piece."""
    vectors = np.random.default_rng(len(notes)).normal(
        notes.pitch.mean() if len(notes) else 0, 1, (2 * (len(notes) > 0), 4)
    )
    return score_sets.summarize(notes, score_sets.metrics()) | {"frechet_composers": vectors}


SUMMARIES = [summary(piece(seed, 200 + seed)) for seed in range(8)]


def rows(generated: list, reference: list) -> dict:
    scored = score_sets.score(generated, reference, score_sets.metrics(), generator=np.random.default_rng(0))[1]
    return {row.metric: row for row in scored}


@pytest.mark.parametrize("name", registry.names(score_sets.FOLDER))
def test_every_file_is_a_metric_that_copes_with_anything(name: str) -> None:
    module = registry.load(score_sets.FOLDER, name)
    assert module.__doc__ and module.METRICS
    lone = notes_in_seconds(np.array([1.0]), np.array([1.0]), np.array([60]))
    far = notes_in_seconds(np.array([0.0, 1e7]), np.array([1.0, 1e7 + 1]), np.array([60, 64]))
    for metric in module.METRICS.values():
        assert (metric.summary is None) == (metric.embedding is not None)
        shapes = {metric.summary(notes).shape for notes in (EMPTY, lone, far, piece(0)) if metric.summary}
        assert len(shapes) <= 1 or metric.is_ragged
        assert metric.better in ("higher", "lower", "closer")


def test_what_metrics_share_is_sent_to_other_processes_once() -> None:
    sent = pickle.loads(pickle.dumps(score_sets.summarize(piece(1), score_sets.metrics())))
    assert sent["harmonic_consistency"] is sent["harmonic_similarity"] is sent["harmonic_development_4"]
    assert sent["melody_similarity"] is sent["melody_similarity_dtw"]


def test_without_a_reference_only_what_pieces_say_themselves() -> None:
    alone = rows(SUMMARIES, [])
    assert "pitch_range" in alone and "harmonic_consistency" not in alone
    assert not any("." in name for name in alone)


def test_the_set_itself_overlaps_more_than_another() -> None:
    low = [summary(notes.replace(pitch=notes.pitch // 4 + 20)) for notes in map(piece, range(9, 17))]
    same, other = rows(SUMMARIES[:4], SUMMARIES[4:]), rows(low, SUMMARIES[4:])
    for name in ("pitch_range", "pitch_entropy"):
        assert same[f"{name}.overlapped_area"].value > other[f"{name}.overlapped_area"].value
        assert same[f"{name}.kl"].value < other[f"{name}.kl"].value
        assert same[name].low <= same[name].value <= same[name].high


def test_pieces_without_a_value_are_not_counted() -> None:
    found = rows([*SUMMARIES, summary(EMPTY)], SUMMARIES)
    assert found["pitch_range"].n == 8
    assert np.isfinite(found["pitch_range"].value)


def test_unknown_metrics_are_named() -> None:
    with pytest.raises(UsageError, match="no metric 'beauty'"):
        score_sets.metrics(["beauty"])


def test_intervals_cover_the_mean_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        low, high = intervals.mean_interval(generator.normal(3, 1, 40), generator=generator)
        covered += low <= 3 <= high
    assert 0.88 < covered / 200 < 0.99
