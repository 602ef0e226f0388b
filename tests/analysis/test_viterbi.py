"""Paths through states: the best of all that there are."""

from itertools import pairwise

import numpy as np
import pytest

from maestrokit.analysis.viterbi import banded_path, segment_path

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


def length_score(durations: np.ndarray, length: int) -> float:
    """Return the score of a stretch that may be longer than the longest whose score is listed."""
    beyond = max(0, length - len(durations))
    return durations[min(length, len(durations)) - 1] + beyond * (durations[-1] - durations[-2])


def best_sum(scores: np.ndarray, durations: np.ndarray) -> float:
    """Return the greatest sum of all ways to cut and to label."""
    best = [0.0]
    for end in range(1, len(scores) + 1):
        sums = [
            best[start] + scores[start:end].sum(axis=0).max() + length_score(durations, end - start)
            for start in range(end)
        ]
        best.append(max(sums))
    return best[-1]


@pytest.mark.parametrize("seed", range(12))
def test_stretches_with_durations_are_the_best_of_all(seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.normal(0, 2, (int(generator.integers(1, 40)), 4))
    durations = -generator.uniform(0.5, 6, int(generator.integers(2, 7)))
    durations.sort()
    durations = durations[::-1].copy() if seed % 2 else durations
    stretches = segment_path(scores, durations)
    assert stretches[0][0] == 0 and stretches[-1][1] == len(scores)
    assert all(stretch[1] == following[0] for stretch, following in pairwise(stretches))
    sums = [
        scores[first:after, state].sum() + length_score(durations, after - first) for first, after, state in stretches
    ]
    assert sum(sums) == pytest.approx(best_sum(scores, durations))


def test_no_steps_have_no_stretches() -> None:
    assert segment_path(np.empty((0, 3)), np.array([-1.0, -1.0])) == []
