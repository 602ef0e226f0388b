"""Densities against scipy's kernel estimates on one fine grid, and what mgeval's formulas make of the same numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from maestrokit.metrics import overlap

FIRST = np.random.default_rng(0).gamma(2, 2, 400)
SECOND = np.random.default_rng(1).gamma(3, 2, 300)


def overlapped_area(first: np.ndarray, second: np.ndarray) -> float:
    """Return the area under the densities of both samples."""
    return overlap.shared_area(*overlap.densities(first, second))


def kullback_leibler(first: np.ndarray, second: np.ndarray) -> float:
    """Return the divergence of the density of the first sample from that of the second, in bits."""
    return overlap.divergence(*overlap.densities(first, second))


def test_area_and_divergence_equal_kernel_estimates_on_one_fine_grid() -> None:
    grid = np.linspace(-20, 60, 40001)
    p, q = (stats.gaussian_kde(sample)(grid) for sample in (FIRST, SECOND))
    step = grid[1] - grid[0]
    assert overlapped_area(FIRST, SECOND) == pytest.approx(np.minimum(p, q).sum() * step, abs=1e-3)
    truth = stats.entropy(p + 1e-300, q + 1e-300, base=2)
    assert kullback_leibler(FIRST, SECOND) == pytest.approx(truth, abs=2e-3)


def test_mgeval_misses_the_tails_and_compares_two_grids() -> None:
    """What the docstring says of mgeval: less than 1 for a set against itself, and another divergence."""
    p, q = stats.gaussian_kde(FIRST), stats.gaussian_kde(SECOND)
    grids = [np.linspace(sample.min(), sample.max(), 1000) for sample in (FIRST, SECOND)]
    area_with_itself = np.trapezoid(p(grids[0]), grids[0])
    assert 0.94 < area_with_itself < 0.99
    two_grids = stats.entropy(p(grids[0]), q(grids[1]), base=2)
    assert two_grids < 0.6 * kullback_leibler(FIRST, SECOND)


samples = st.lists(st.floats(-100, 100), min_size=2, max_size=30).map(np.array)


@given(samples, samples)
@settings(max_examples=50, deadline=None)
def test_area_is_symmetric_and_both_are_bounded(first: np.ndarray, second: np.ndarray) -> None:
    area = overlapped_area(first, second)
    assert 0 <= area <= 1 + 1e-9
    assert area == pytest.approx(overlapped_area(second, first), abs=1e-9)
    assert kullback_leibler(first, second) >= -1e-9
    assert overlapped_area(first, first) == pytest.approx(1)


def test_rows_average_to_the_whole() -> None:
    between = np.random.default_rng(2).gamma(3, 2, (5, 60))
    density = overlap.densities(FIRST, between.ravel())[1]
    np.testing.assert_allclose(overlap.densities_by_row(FIRST, between).mean(axis=0), density, atol=1e-12)


def test_distances_are_euclidean() -> None:
    first, second = np.random.default_rng(0).normal(size=(4, 3)), np.random.default_rng(1).normal(size=(6, 3))
    expected = [[np.linalg.norm(a - b) for b in second] for a in first]
    np.testing.assert_allclose(overlap.distances(first, second), expected)
    assert overlap.within(first).shape == (6,)
