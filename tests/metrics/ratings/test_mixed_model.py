"""Means by a mixed model: against what is known of balanced ratings."""

import numpy as np
import pytest

import simulated_panels as panels
from maestrokit.metrics.ratings.bootstrap import mean_interval, resamples_of
from maestrokit.metrics.ratings.mixed_model import mixed_means
from maestrokit.metrics.ratings.score import score

pytest.importorskip("statsmodels", reason="statsmodels is not installed")


def test_means_of_balanced_ratings_are_plain_ones_with_intervals_like_those_by_resamples() -> None:
    ratings = panels.simulated(3, listeners=30).ratings[0]
    means = mixed_means(ratings)
    assert means is not None
    assert means.mean.tolist() == pytest.approx(ratings.mean(axis=(1, 2)).tolist(), abs=1e-6)
    for row, values in enumerate(ratings):
        resamples = resamples_of(*values.shape, generator=np.random.default_rng(0))
        low, high = mean_interval(values, resamples)
        assert 0.4 < (means.high[row] - means.low[row]) / (high - low) < 1.6


def test_a_severe_listener_who_rated_one_system_only_does_not_pull_it_down() -> None:
    generator = np.random.default_rng(4)
    ratings = 3 + generator.normal(0, 0.3, (2, 12, 8)) + generator.normal(0, 0.1, (2, 1, 8))
    ratings += np.linspace(-1.5, 1.5, 12)[None, :, None]
    ratings[0, 6:] = np.nan  # the lenient half rated the other system only
    means = mixed_means(ratings)
    assert means is not None
    assert np.nanmean(ratings[0]) < 2.6
    assert abs(means.mean[0] - means.mean[1]) < 0.3


def test_scores_have_a_row_of_it_for_scales_but_not_for_two_answers() -> None:
    scores = score(panels.simulated(3, listeners=20), generator=np.random.default_rng(0))
    names = {row.metric for rows in scores.systems.values() for row in rows}
    assert "coherence.mixed_model" in names and "judged_human.mixed_model" not in names


@pytest.mark.parametrize("shape", [(2, 1, 4), (2, 4, 1), (2, 0, 4)])
def test_too_few_ratings_have_no_model(shape: tuple[int, ...]) -> None:
    assert mixed_means(np.ones(shape)) is None
    assert mixed_means(np.full((2, 5, 5), np.nan)) is None
