"""Paths through states: the best of all that there are."""

import numpy as np
import pytest

from maestrokit.analysis.viterbi import banded_path

STEPS, STATES, LONGEST = 4, 4, 2
MOVES = np.array([-0.9, -0.2, 0.1, -0.3, -0.7])  # other scores downwards than upwards


@pytest.mark.parametrize("seed", range(5))
def test_the_path_in_a_band_is_the_best_of_all(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(STEPS, STATES))
    paths = np.stack(np.meshgrid(*[range(STATES)] * STEPS, indexing="ij"), -1).reshape(-1, STEPS)
    moves = np.diff(paths, axis=1)
    paths, moves = (rows[(np.abs(moves) <= LONGEST).all(axis=1)] for rows in (paths, moves))
    sums = scores[np.arange(STEPS), paths].sum(axis=1) + MOVES[moves + LONGEST].sum(axis=1)
    assert banded_path(scores, MOVES).tolist() == paths[sums.argmax()].tolist()


@pytest.mark.parametrize("steps", [0, 1])
def test_short_paths_need_no_moves(steps: int) -> None:
    assert banded_path(np.eye(3)[[1]][:steps], np.zeros(3)).tolist() == [1][:steps]


def test_a_move_beyond_the_band_is_impossible() -> None:
    scores = np.array([[9.0, 0, 0, 0], [0, 0, 0, 1.0]])
    assert banded_path(scores, np.zeros(5)).tolist() == [0, 0]
