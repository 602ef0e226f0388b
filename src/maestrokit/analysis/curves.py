"""Paths through states in a row, where a long step costs more than a short one."""

import numpy as np

from maestrokit.arrays import Floats, Integers


def smooth_path(scores: Floats, *, step_cost: float, longest_step: int) -> Integers:
    """Return the sequence of states with the greatest sum of scores, less the cost of moving (Viterbi 1967).

    :func:`maestrokit.analysis.viterbi.best_path` has one cost for all changes; here a move by n states costs n times
    ``step_cost``, and none is longer than ``longest_step``.

    Parameters
    ----------
    scores : float64, shape (times, states)
    step_cost : float >= 0
    longest_step : int

    Returns
    -------
    int64, shape (times,)

    >>> smooth_path(np.array([[3.0, 0, 0], [0, 0, 1], [0, 0, 1]]), step_cost=0.1, longest_step=1).tolist()
    [0, 1, 2]
    """
    times, states = scores.shape
    costs = step_cost * np.abs(np.arange(-longest_step, longest_step + 1))
    # Greatest sums up to each time, with room at both sides for moves from states that do not exist.
    reached = np.full((times + 1, states + 2 * longest_step), -np.inf)
    inside = slice(longest_step, longest_step + states)
    reached[0, inside] = 0.0
    moved = np.lib.stride_tricks.sliding_window_view(reached, states, axis=1)  # (times + 1, moves, states)
    through = np.empty((len(costs), states))
    for time in range(times):
        np.subtract(moved[time], costs[:, None], out=through)
        np.add(through.max(axis=0), scores[time], out=reached[time + 1, inside])
    path = np.empty(times, np.int64)
    state = int(reached[times, inside].argmax()) if times else 0
    for time in range(times - 1, -1, -1):
        path[time] = state
        state += int((reached[time, state : state + len(costs)] - costs).argmax()) - longest_step
    return path


def runs(path: Integers) -> list[tuple[int, int, int]]:
    """Return the stretches of equal states: first time, time after the last, state.

    >>> runs(np.array([3, 3, 5]))
    [(0, 2, 3), (2, 3, 5)]
    """
    starts = np.flatnonzero(np.diff(path, prepend=-1)).tolist()
    return [(first, after, int(path[first])) for first, after in zip(starts, [*starts[1:], len(path)], strict=True)]
