"""Scores of simulated panels, whose true opinions are known."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

import simulated_panels as panels
from maestrokit.metrics.ratings.bootstrap import exact_interval, mean_interval, resamples_of, share_interval
from maestrokit.metrics.ratings.bradley_terry import bradley_terry
from maestrokit.metrics.ratings.exclusion import exclusions
from maestrokit.metrics.ratings.score import comparisons, score, signed_ranks


def scores_of(seed: int, **sizes: int):
    return score(panels.simulated(seed, **sizes), generator=np.random.default_rng(seed))


def rows_of(scores) -> dict:
    return {(name, row.metric): row for name, rows in scores.systems.items() for row in rows}


@pytest.mark.slow
def test_known_preferences_are_within_the_intervals_of_all_systems_in_95_of_100_panels() -> None:
    truths = panels.STRENGTHS - panels.STRENGTHS.mean()
    recovered = 0
    for seed in range(100):
        rows = rows_of(scores_of(seed))
        found = [rows[name, "coherence.strength"] for name in panels.SYSTEMS]
        recovered += all(row.low <= truth <= row.high for row, truth in zip(found, truths, strict=True))
    assert recovered >= 95


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "expected", "interval", "most"),
    [(0, "expected_opinions", mean_interval, 0.975), (1, "expected_shares", share_interval, 0.995)],
)
def test_95_percent_of_the_intervals_of_means_hold_the_true_ones(
    measure: int, expected: str, interval: Callable, most: float
) -> None:
    truths, count = getattr(panels, expected)(), 1500  # listeners are the same for all systems: 400 would be too few
    hits = np.zeros(len(panels.SYSTEMS))
    for seed in range(count):
        ratings = panels.simulated(seed).ratings[measure]
        drawn = resamples_of(*ratings.shape[1:], generator=np.random.default_rng(seed))
        ends = np.array([interval(values, drawn) for values in ratings])
        hits += (ends[:, 0] <= truths) & (truths <= ends[:, 1])
    assert 0.95 <= hits.mean() / count < most


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "level", "spread"),
    [((20, 8), 3.0, 1.0), ((20, 8), -4.0, 1.5), ((20, 8), 4.0, 0.5), ((50, 16), 3.5, 1.0), ((12, 4), 2.5, 1.0)],
)
def test_95_percent_of_the_intervals_of_shares_near_0_and_1_hold_the_true_ones(
    sizes: tuple[int, int], level: float, spread: float
) -> None:
    log_odds = level + np.sqrt(2) * spread * np.random.default_rng(9).normal(size=400_000)
    truth, hits, count = float(expit(log_odds).mean()), 0, 400
    for seed in range(count):
        generator = np.random.default_rng(seed)
        logits = level + spread * (generator.normal(size=(sizes[0], 1)) + generator.normal(size=sizes[1]))
        values = (generator.uniform(size=sizes) < expit(logits)).astype(np.float64)
        low, high = share_interval(values, resamples_of(*sizes, generator=generator, count=200))
        hits += low <= truth <= high
    assert hits / count >= 0.95


def test_where_all_answers_are_the_same_clips_say_how_sure_they_are() -> None:
    drawn = resamples_of(20, 8, generator=np.random.default_rng(0), count=50)
    ones, zeros = (share_interval(np.full((20, 8), value), drawn) for value in (1.0, 0.0))
    assert ones == pytest.approx((0.025 ** (1 / 8), 1.0), abs=1e-9)
    assert zeros == pytest.approx((0.0, 1 - ones[0]), abs=1e-9)
    assert np.isnan(share_interval(np.ones((1, 8)), drawn)).all()


def test_one_other_answer_of_many_is_an_interval_within_0_and_1() -> None:
    values = np.ones((20, 8))
    values[3, 2] = 0.0
    low, high = share_interval(values, resamples_of(20, 8, generator=np.random.default_rng(0)))
    assert 0.9 < low < 0.99 < values.mean() < high < 1.0
    mirrored = share_interval(1 - values, resamples_of(20, 8, generator=np.random.default_rng(0)))
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_answers_that_are_all_independent_count_all() -> None:
    values = np.tile(np.eye(4), (2, 1))  # no listener and no clip differs from another
    drawn = resamples_of(8, 4, generator=np.random.default_rng(0), count=50)
    assert share_interval(values, drawn) == pytest.approx(exact_interval(0.25, 32))


def test_known_opinions_of_one_panel_are_found_and_ordered() -> None:
    scores = scores_of(1)
    rows = rows_of(scores)
    for metric, truths in (("coherence", panels.expected_opinions()), ("judged_human", panels.expected_shares())):
        values = [rows[name, metric].value for name in panels.SYSTEMS]
        assert values == sorted(values, reverse=True)
        for name, truth in zip(panels.SYSTEMS, truths, strict=True):
            assert rows[name, metric].low <= truth <= rows[name, metric].high
            assert rows[name, metric].reference == rows["human", metric].value
    assert ("human", "turing_success_rate") not in rows
    assert rows["transformer", "turing_success_rate"].value > rows["noise", "turing_success_rate"].value
    found = {(comparison.first, comparison.second, comparison.metric): comparison for comparison in scores.comparisons}
    assert len(found) == 6 * 2
    assert found["human", "noise", "coherence"].p_holm < 0.001
    assert found["human", "noise", "coherence"].effect_size > 0.95


def test_order_of_systems_and_listeners_does_not_matter() -> None:
    panel = panels.simulated(2)
    turned = replace(
        panel, systems=panel.systems[::-1], listeners=panel.listeners[::-1], ratings=panel.ratings[:, ::-1, ::-1],
        again=panel.again[:, ::-1, ::-1], preferences=panel.preferences[:, ::-1, ::-1, ::-1],
    )  # fmt: skip
    rows, turned_rows = (rows_of(score(side, generator=np.random.default_rng(0))) for side in (panel, turned))
    assert {key: round(row.value, 6) for key, row in rows.items()} == {
        key: round(row.value, 6) for key, row in turned_rows.items()
    }


def test_intervals_are_wider_with_few_clips_however_many_listeners() -> None:
    few, many = (rows_of(scores_of(4, listeners=40, clips=clips))["lstm", "coherence"] for clips in (3, 30))
    assert few.high - few.low > 2 * (many.high - many.low)


def test_preferences_are_compared_with_one_half_where_there_are_no_ratings() -> None:
    panel = panels.simulated(5)
    panel = replace(panel, ratings=np.full(panel.ratings.shape, np.nan))
    (comparison, *_) = comparisons(panel)
    share = panel.preferences[0, 0, 1].mean()
    assert (comparison.first, comparison.second, comparison.metric) == ("human", "transformer", "coherence")
    assert comparison.difference == pytest.approx(share - 0.5)


def test_strengths_are_those_of_all_comparisons() -> None:
    panel = panels.simulated(6)
    wins = np.nansum(panel.preferences[0], axis=(2, 3))
    rows = rows_of(score(panel, generator=np.random.default_rng(0)))
    strengths = [rows[name, "coherence.strength"].value for name in panels.SYSTEMS]
    assert strengths == pytest.approx(bradley_terry(wins, prior=1.0).tolist())


def test_a_system_that_always_wins_has_a_wide_interval() -> None:
    panel = panels.simulated(1, listeners=20, clips=8)
    panel.preferences[0, 0], panel.preferences[0, :, 0] = 1, 0
    panel.preferences[0, 0, 0] = np.nan
    rows = rows_of(score(panel, generator=np.random.default_rng(0)))
    best, other = rows["human", "coherence.strength"], rows["transformer", "coherence.strength"]
    # Half a win of 161 comparisons against each of three: each difference has a standard error of about 1.4.
    assert 1.0 < (best.high - best.low) / 2 < 2.0
    assert best.high - best.low > 1.5 * (other.high - other.low)


def test_ratings_that_are_all_the_same_have_no_interval_but_for_shares() -> None:
    panel = panels.simulated(1, listeners=20)
    panel.ratings[:, 3], panel.again[:, 3, :, 0] = np.reshape([1, 0], (2, 1, 1)), np.reshape([1, 0], (2, 1))
    rows = rows_of(score(panel, generator=np.random.default_rng(0)))
    opinion, share = rows["noise", "coherence"], rows["noise", "judged_human"]
    assert opinion.value == 1 and np.isnan([opinion.low, opinion.high]).all()
    assert (share.value, share.low) == (0, 0)
    assert share.high == pytest.approx(1 - 0.025 ** (1 / panel.ratings.shape[3]))


def test_who_breaks_a_rule_is_excluded_by_the_first_one_only() -> None:
    panel = panels.simulated(7, listeners=6)
    panel.attention[1] = [1, 0, 0]
    panel.attention[2] = [1, 1, 0]
    panel.is_finished[3] = panel.attention[3, 0] = False
    panel.attention[3] = 0
    panel.again[0, :, 4, 0] = np.where(panel.ratings[0, :, 4, 0] > 3, 1, 5)
    panel.ratings[:, :, 5], panel.again[:, :, 5] = 1, np.nan
    found = {rule: np.flatnonzero(mask).tolist() for rule, mask in exclusions(panel).items()}
    assert found == {"unfinished": [3], "attention": [1], "repeats": [4], "constant": [5]}
    rows = {row.metric: row for row in score(panel, generator=np.random.default_rng(0)).panel}
    assert (rows["listeners"].value, rows["listeners"].n, rows["excluded.attention"].value) == (2, 6, 1)


def test_who_takes_all_clips_for_human_is_excluded_from_no_turing_test() -> None:
    panel = panels.simulated(7, listeners=6)
    turing = replace(panel, measures=panel.measures[1:], ratings=panel.ratings[1:].copy(), again=panel.again[1:])
    turing.ratings[:, :, 2], turing.again[:, :, 2, 0] = 1, 1
    assert not np.any(list(exclusions(turing).values()))


@pytest.mark.parametrize("listeners", [0, 1])
def test_a_panel_of_one_or_none_has_no_intervals(listeners: int) -> None:
    scores = scores_of(8, listeners=listeners)
    rows = rows_of(scores)
    assert all(np.isnan(row.low) for (_, metric), row in rows.items() if metric != "turing_success_rate")
    assert len(rows) == (4 * 4 + 3) * listeners


def test_signed_ranks_of_equal_ratings_differ_in_nothing() -> None:
    assert signed_ranks(np.zeros(5)) == (1.0, 0.0)
    p, size = signed_ranks(np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0]))
    assert p < 0.05 and size == pytest.approx(0.8)
