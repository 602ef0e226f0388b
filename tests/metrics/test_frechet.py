"""Frechet distance against scipy's matrix square root, and the covariance against scikit-learn's."""

import numpy as np
import pytest
from scipy import linalg
from sklearn.covariance import ledoit_wolf

from maestrokit.metrics import frechet


def pieces(seed: int, *, shift: float = 0.0, count: int = 12, size: int = 5) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    mixing = np.random.default_rng(9).normal(size=(size, size))
    return [generator.normal(shift, 1, (1 + row % 3, size)) @ mixing for row in range(count)]


@pytest.mark.parametrize("count", [4, 30, 3000])
def test_covariance_is_that_of_ledoit_and_wolf(count: int) -> None:
    vectors = np.random.default_rng(count).normal(size=(count, 8)) @ np.diag(np.arange(1.0, 9))
    expected, _ = ledoit_wolf(vectors)
    np.testing.assert_allclose(frechet.shrunken_covariance(vectors, np.ones(count)), expected, rtol=1e-9, atol=1e-9)


def test_a_vector_that_counts_twice_is_there_twice() -> None:
    vectors, weights = np.random.default_rng(0).normal(size=(6, 3)), np.array([2.0, 1, 1, 3, 1, 1])
    repeated = np.repeat(vectors, weights.astype(int), axis=0)
    expected = frechet.shrunken_covariance(repeated, np.ones(len(repeated)))
    np.testing.assert_allclose(frechet.shrunken_covariance(vectors, weights), expected)


def test_distance_is_the_formula_with_a_matrix_square_root() -> None:
    first_vectors, second_vectors = np.concatenate(pieces(0)), np.concatenate(pieces(1, shift=0.5))
    first, second = np.cov(first_vectors.T), np.cov(second_vectors.T)
    root = linalg.sqrtm(first @ second)
    expected = np.sum((first_vectors.mean(0) - second_vectors.mean(0)) ** 2) + np.trace(first + second - 2 * root.real)
    found = frechet.distance(
        frechet.Normal(first_vectors.mean(0), first), frechet.Normal(second_vectors.mean(0), second)
    )
    assert found == pytest.approx(expected)


def test_a_set_is_at_0_from_itself_and_farther_from_what_is_farther() -> None:
    ones = np.ones((1, 12))
    same = frechet.distances(pieces(0), pieces(0)[::-1], ones)[0]
    near, far = (frechet.distances(pieces(0), pieces(1, shift=shift), ones)[0] for shift in (0.0, 3.0))
    assert same == pytest.approx(0, abs=1e-9)
    assert same < near < far


def test_resamples_are_of_whole_pieces() -> None:
    compared, reference = pieces(0, count=3), pieces(1)
    twice = frechet.distances(compared, reference, np.array([[2.0, 0, 1]]))
    np.testing.assert_allclose(
        twice, frechet.distances([compared[0], compared[0], compared[2]], reference, np.ones((1, 3)))
    )
