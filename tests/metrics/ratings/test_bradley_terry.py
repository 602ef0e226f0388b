"""Strengths from comparisons, against published ones."""

import numpy as np
import pytest

from maestrokit.metrics.ratings.bradley_terry import bradley_terry

# Agresti, Categorical Data Analysis, table 10.10: games of the American League's eastern division, 1987; rows won
# against columns: Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore.
BASEBALL = np.array([
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
], np.float64)  # fmt: skip
# Turner and Firth, Bradley-Terry models in R: the package BradleyTerry2, section 3.4; Baltimore is 0.
PUBLISHED = [1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0.0]


def test_published_example() -> None:
    strengths = bradley_terry(BASEBALL)
    assert (strengths - strengths[-1]).tolist() == pytest.approx(PUBLISHED, abs=5e-5)
    assert strengths.mean() == pytest.approx(0, abs=1e-9)


def test_several_tables_at_once_are_the_same_as_each() -> None:
    generator = np.random.default_rng(3)
    tables = generator.integers(1, 20, (5, 4, 4)).astype(np.float64)
    together = bradley_terry(tables)
    for table, strengths in zip(tables, together, strict=True):
        assert strengths.tolist() == pytest.approx(bradley_terry(table).tolist(), abs=1e-8)


def test_a_prior_gives_who_always_wins_a_strength() -> None:
    wins = np.array([[0.0, 10.0], [0.0, 0.0]])
    strengths = bradley_terry(wins, prior=1)
    assert strengths[0] - strengths[1] == pytest.approx(np.log(10.5 / 0.5))
