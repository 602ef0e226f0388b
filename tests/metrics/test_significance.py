"""Permutation tests against scipy's, and against all permutations; Holm by hand; Cohen's d by its formula."""

import itertools

import numpy as np
import pytest
from scipy import stats

from maestrokit.metrics import significance

FIRST = np.random.default_rng(0).normal(0.6, 1, (12, 3))
SECOND = np.random.default_rng(1).normal(0, 1, (12, 3))


def test_paired_p_values_are_those_of_all_signs() -> None:
    difference = FIRST - SECOND
    signs = np.array(list(itertools.product([-1, 1], repeat=12)))
    exact = (np.abs(signs @ difference) >= np.abs(difference.sum(axis=0)) - 1e-9).mean(axis=0)
    found = significance.paired_p_values(FIRST, SECOND, generator=np.random.default_rng(0))
    np.testing.assert_allclose(found, exact, atol=0.02)


def test_unpaired_p_values_are_scipys() -> None:
    for column in range(3):
        test = stats.permutation_test(
            (FIRST[:9, column], SECOND[:, column]), lambda p, q: p.mean() - q.mean(), n_resamples=20000,
            rng=np.random.default_rng(1),
        )  # fmt: skip
        found = significance.p_values(FIRST[:9, [column]], SECOND[:, [column]], generator=np.random.default_rng(column))
        assert found[0] == pytest.approx(test.pvalue, abs=0.02)


@pytest.mark.parametrize("test", [significance.p_values, significance.paired_p_values])
def test_equal_sets_never_differ_and_far_ones_always_do(test) -> None:
    same, far = (test(FIRST, other, generator=np.random.default_rng(0)) for other in (FIRST.copy(), FIRST + 9))
    assert (same == 1).all()
    assert (far < 0.002).all()


@pytest.mark.parametrize("test", [significance.p_values, significance.paired_p_values])
def test_the_order_of_systems_does_not_matter_and_pieces_without_a_value_do_not_count(test) -> None:
    gaps = FIRST.copy()
    gaps[3, 0], gaps[:, 2] = np.nan, np.nan
    p, other = (test(*sides, generator=np.random.default_rng(0)) for sides in ((gaps, SECOND), (SECOND, gaps)))
    np.testing.assert_allclose(p, other, atol=0.02)
    assert np.isnan(p[2]) and np.isfinite(p[:2]).all()
    rows = np.arange(12) != 3
    without = test(FIRST[rows], SECOND[rows] if test is significance.paired_p_values else SECOND,
                   generator=np.random.default_rng(1))  # fmt: skip
    assert p[0] == pytest.approx(without[0], abs=0.02)


def test_p_values_of_equal_distributions_are_even() -> None:
    generator = np.random.default_rng(5)
    first, second = generator.normal(size=(2, 20, 400))
    p = significance.p_values(first, second, generator=generator)
    assert 0.02 < (p < 0.05).mean() < 0.09


def test_holm_multiplies_by_how_many_are_left() -> None:
    p = np.array([[0.01, 0.2], [0.005, np.nan]])
    corrected = significance.holm(p)
    np.testing.assert_allclose(corrected, [[0.02, 0.2], [0.015, np.nan]])
    np.testing.assert_allclose(significance.holm(np.array([0.4, 0.6])), [0.8, 0.8])


def test_effect_size_is_cohens_d() -> None:
    pooled = np.sqrt((FIRST.var(axis=0, ddof=1) * 11 + SECOND[:8].var(axis=0, ddof=1) * 7) / 18)
    expected = (FIRST.mean(axis=0) - SECOND[:8].mean(axis=0)) / pooled
    np.testing.assert_allclose(significance.effect_sizes(FIRST, SECOND[:8]), expected)
    np.testing.assert_allclose(significance.effect_sizes(SECOND[:8], FIRST), -expected)
    flat = np.ones((4, 1))
    assert np.isnan(significance.effect_sizes(flat, flat)).all()
