"""The best sequence of states where changing costs the same between any two."""

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.music.columns import Floats, Integers


def best_path(scores: Floats, change_cost: ArrayLike) -> Integers:
    """Return the state at each step whose scores, less the cost of each change, are greatest in sum.

    This is Viterbi's algorithm for a transition matrix with two values: only staying and coming from the best
    state so far need comparing, so a step takes time in proportion to the states, not to their square.

    Parameters
    ----------
    scores : float64, shape (steps, states)
        Greater is better; sums are compared, so usually logarithms of probabilities.
    change_cost : array_like, shape (steps,) or (), >= 0
        Cost of a change into each step; that of the first is not used.

    Returns
    -------
    int64, shape (steps,)
        Staying is preferred where both are equally good.

    >>> best_path(np.array([[2.0, 0], [0, 1], [2, 0], [0, 9]]), 1.5).tolist()
    [0, 0, 0, 1]
    """
    steps, states = scores.shape
    cost = np.broadcast_to(np.asarray(change_cost, np.float64), (steps,))
    came_from = np.empty(steps, np.int64)  # the best state before each step
    stayed = np.ones((steps, states), np.bool_)
    total = np.zeros(states)
    for step in range(steps):
        if step:
            came_from[step] = best = int(total.argmax())
            changed = total[best] - cost[step]
            np.greater_equal(total, changed, out=stayed[step])
            np.maximum(total, changed, out=total)
        total += scores[step]
    path = np.empty(steps, np.int64)
    for step in range(steps - 1, -1, -1):
        if step == steps - 1:
            path[step] = total.argmax()
        else:
            state = path[step + 1]
            path[step] = state if stayed[step + 1, state] else came_from[step + 1]
    return path
