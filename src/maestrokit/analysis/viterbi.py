"""The best sequence of states (Viterbi 1967), for transitions of two kinds."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maestrokit.arrays import Floats, Integers

BLOCK = 512  # steps whose sums are kept at a time


def best_path(scores: Floats, change_cost: ArrayLike) -> Integers:
    """Return the state at each step whose scores, less the cost of each change, are greatest in sum.

    This is Viterbi's algorithm for a transition matrix with two values: only staying and coming from the best
    state so far need comparing, so a step takes time in proportion to the states, not to their square.

    Scores, shape (steps, states), are usually logarithms of probabilities. A change into each step has its own cost,
    shape (steps,) or (), that of the first not being used. Staying is preferred where both are equally good.

    >>> best_path(np.array([[2.0, 0], [0, 1], [2, 0], [0, 9]]), 1.5).tolist()
    [0, 0, 0, 1]
    """
    steps, states = scores.shape
    cost = np.broadcast_to(np.asarray(change_cost, np.float64), (steps,))
    came_from = np.zeros(steps, np.int64)  # the best state before each step
    changed = np.full(steps, -np.inf)  # the sum when coming from there
    stayed = np.empty((steps, states), np.bool_)
    total = np.zeros((BLOCK + 1, states))  # before each step of a block, and after the last
    for start in range(0, steps, BLOCK):
        block = slice(start, min(start + BLOCK, steps))
        _follow(total, scores[block], cost[block], came_from[block], changed[block], is_first=start == 0)
        size = block.stop - start
        np.greater_equal(total[:size], changed[block, None], out=stayed[block])
        total[0] = total[size]
    path = np.empty(steps, np.int64)
    for step in range(steps - 1, -1, -1):
        if step == steps - 1:
            path[step] = total[0].argmax()
        else:
            state = path[step + 1]
            path[step] = state if stayed[step + 1, state] else came_from[step + 1]
    return path


def banded_path(scores: NDArray[np.floating[Any]], move_scores: Floats) -> Integers:
    """Return the state at each step with the greatest sum of scores and of those of the moves between states in a row.

    :func:`best_path` has one cost for all changes; here it depends on how far a move goes, and none goes further than
    the band: `move_scores` are those of moves by -longest .. longest states. Of equally good states before another the
    lowest is preferred.

    >>> banded_path(np.array([[3.0, 0, 0], [0, 0, 1], [0, 0, 1]]), np.array([-0.1, 0.0, -0.1])).tolist()
    [0, 1, 2]
    """
    steps, states = scores.shape
    longest = len(move_scores) // 2
    from_below = move_scores[::-1]  # by the state before, from the lowest: the farthest move upwards comes first
    # Greatest sums up to each step, with room at both sides for moves from states that do not exist.
    total = np.full((steps, states + 2 * longest), -np.inf)
    inside = slice(longest, longest + states)
    moved = np.lib.stride_tricks.sliding_window_view(total, states, axis=1)  # (steps, moves, states)
    sums = np.empty((len(move_scores), states))
    for step in range(steps):
        if step == 0:
            total[0, inside] = scores[0]
        else:
            np.add(moved[step - 1], from_below[:, None], out=sums)
            np.add(sums.max(axis=0), scores[step], out=total[step, inside])
    path = np.empty(steps, np.int64)
    for step in range(steps - 1, -1, -1):
        if step == steps - 1:
            path[step] = total[step, inside].argmax()
        else:
            state = path[step + 1]
            path[step] = state - longest + (total[step, state : state + len(from_below)] + from_below).argmax()
    return path


def runs(path: Integers) -> list[tuple[int, int, int]]:
    """Return the stretches of equal states: first step, step after the last, state.

    >>> runs(np.array([3, 3, 5]))
    [(0, 2, 3), (2, 3, 5)]
    """
    starts = np.flatnonzero(np.diff(path, prepend=-1)).tolist()
    return [(first, after, int(path[first])) for first, after in zip(starts, [*starts[1:], len(path)], strict=True)]


def _follow(
    total: Floats, scores: Floats, cost: Floats, came_from: Integers, changed: Floats, *, is_first: bool
) -> None:
    """Fill in the sums of a block of steps from those before it, and what changing comes to."""
    rows = list(total)
    for step, (score, price) in enumerate(zip(list(scores), cost.tolist(), strict=True)):
        before, after = rows[step], rows[step + 1]
        if step or not is_first:
            best = before.argmax()
            came_from[step], changed[step] = best, (sum_there := before[best] - price)
            np.maximum(before, sum_there, out=after)
            after += score
        else:
            np.add(before, score, out=after)


def segment_path(scores: Floats, duration_scores: Floats) -> list[tuple[int, int, int]]:
    """Return the stretches of equal states whose scores, with those of their lengths, are greatest in sum.

    Other than :func:`best_path`, it knows how long states last: a stretch of n steps adds the n-th of the duration
    scores; what is longer adds the last of them for the first so many steps, and the difference of the last two for
    each further one. This is Viterbi's algorithm for a semi-Markov chain [1] with equally likely changes. Returned are
    first step, step after the last, and state, as of :func:`runs`.

    >>> scores = np.array([[1.0, 0], [1, 0], [0, 1], [2, 0], [0, 2], [0, 2]])
    >>> segment_path(scores, np.array([-5.0, 0.0, 0.0, 0.0]))
    [(0, 4, 0), (4, 6, 1)]

    References
    ----------
    .. [1] K. P. Murphy, "Hidden semi-Markov models (HSMMs)", MIT AI Lab 2002.
    """
    steps, states = scores.shape
    longest, tail = len(duration_scores), float(duration_scores[-1] - duration_scores[-2])
    sums = np.concatenate([np.zeros((1, states)), np.cumsum(scores, axis=0)])
    best = np.full(steps + 1, -np.inf)  # of all paths with a change at a step
    best[0] = 0.0
    came_from, state = np.zeros(steps + 1, np.int64), np.zeros(steps + 1, np.int64)
    long, long_from = np.full(states, -np.inf), np.zeros(states, np.int64)  # of stretches of the longest or more
    from_longest = duration_scores[::-1, None]
    for step in range(1, steps + 1):
        first = max(0, step - longest)
        ends = best[first:step, None] - sums[first:step] + from_longest[first - step :] + sums[step]
        long += tail + scores[step - 1]
        if step >= longest:
            is_new = ends[0] >= long
            long = np.where(is_new, ends[0], long)
            long_from[is_new] = first
        row, column = divmod(int(ends.argmax()), states)
        best[step], came_from[step], state[step] = ends[row, column], first + row, column
        lasting = int(long.argmax())
        if long[lasting] > best[step]:
            best[step], came_from[step], state[step] = long[lasting], long_from[lasting], lasting
    stretches = list[tuple[int, int, int]]()
    while steps:
        stretches.append((int(came_from[steps]), steps, int(state[steps])))
        steps = stretches[-1][0]
    return stretches[::-1]
