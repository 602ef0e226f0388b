"""Krippendorff's alpha, against the values that he published."""

import numpy as np
import pytest

from maestrokit.metrics.ratings.agreement import krippendorff_alpha

NO = np.nan
# Krippendorff, Computing Krippendorff's alpha-reliability, 2011: section C, four observers and twelve units.
FOUR_OBSERVERS = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NO, NO, NO],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NO, 3],
    [NO, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NO],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NO],
])  # fmt: skip
# Section A: two observers, ten units, binary data.
TWO_OBSERVERS = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]], np.float64)


@pytest.mark.parametrize(("scaling", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_published_example_of_four_observers(scaling: str, published: float) -> None:
    assert krippendorff_alpha(FOUR_OBSERVERS, scaling) == pytest.approx(published, abs=5e-4)


def test_published_example_of_binary_data() -> None:
    assert krippendorff_alpha(TWO_OBSERVERS, "nominal") == pytest.approx(0.095, abs=5e-4)


def test_order_of_raters_and_units_does_not_matter() -> None:
    generator = np.random.default_rng(1)
    mixed = generator.permutation(generator.permutation(FOUR_OBSERVERS, axis=0), axis=1)
    assert krippendorff_alpha(mixed, "ordinal") == pytest.approx(krippendorff_alpha(FOUR_OBSERVERS, "ordinal"))


@pytest.mark.parametrize("ratings", [np.full((3, 4), NO), np.array([[1.0, 2.0]]), np.ones((3, 4))])
def test_nothing_to_compare_has_no_alpha(ratings: np.ndarray) -> None:
    assert np.isnan(krippendorff_alpha(ratings, "interval"))
