"""Which clips each listener hears, and in which order: balanced over listeners, blind, with repeats and checks.

References
----------
Williams, E. J. Experimental designs balanced for the estimation of residual effects of treatments. Australian Journal
of Scientific Research A 2, 1949.
ITU-R BS.1534-3: Method for the subjective assessment of intermediate quality level of audio systems. 2015.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from maestrokit.arrays import Integers
from maestrokit.errors import UsageError
from maestrokit.listening.scales import COUNT, DESIGNS, Scale

REPEATS = 2  # trials that each listener meets again
ATTENTION = 3  # items that only attentive listeners answer rightly
MOST_CLIPS = 200  # of each system
MOST_TRIALS = 1000  # that one listener meets
MOST_LISTENERS = 240  # after whom the orders come again, at least
RATED, CHECK = "rated", "attention"


@dataclass(frozen=True)
class Clip:
    """A clip before it is blinded: a system and the number of its piece; attention items have no system."""

    system: str
    index: int


@dataclass(frozen=True)
class Trial:
    """What is heard and judged together."""

    kind: str
    clips: tuple[Clip, ...]
    scales: tuple[str, ...]


@dataclass(frozen=True)
class Presentation:
    """A trial in the order of one listener, and the order of its clips."""

    trial: int
    order: tuple[int, ...]


@dataclass(frozen=True)
class Design:
    """All trials, and for each listener in turn the order of them; after the last the first comes again."""

    name: str
    scales: tuple[Scale, ...]
    trials: tuple[Trial, ...]
    sequences: tuple[tuple[Presentation, ...], ...]


def balanced_latin_square(size: int) -> Integers:
    """Return orders of as many things, shape (rows, size): each is equally often at each place and behind each other.

    Of an even size there are as many rows, of an odd one twice as many.

    >>> balanced_latin_square(4).tolist()
    [[0, 1, 3, 2], [1, 2, 0, 3], [2, 3, 1, 0], [3, 0, 2, 1]]
    """
    first = np.array([(position + 1) // 2 if position % 2 else -position // 2 for position in range(size)])
    rows = (first[None, :] + np.arange(size)[:, None]) % size
    return np.concatenate([rows, rows[:, ::-1]]) if size % 2 and size > 1 else rows


def make_design(
    name: str, systems: Sequence[str], *, clips: int, scales: Sequence[Scale] | None = None, seed: int = 0
) -> Design:
    """Return the design of a listening test.

    Listeners in turn meet the systems, and their pieces, in the orders of balanced Latin squares. Each block of trials
    has one clip of each system (in ``pairs`` one trial of each two systems), and each of another piece. Two trials
    come again near the end, and three attention items are strewn between.

    Parameters
    ----------
    name : {'mos', 'pairs', 'mushra', 'turing'}
    systems : sequence of str
        In ``mushra`` the anchor is one of them.
    clips : int > 0
        Of each system.
    scales : sequence of Scale, optional
        Default: those of the design.

    Raises
    ------
    UsageError
        If one listener would meet more than 1000 trials.
    """
    chosen = tuple(scales or DESIGNS[name])
    names = tuple(scale.name for scale in chosen)
    groups = _groups(name, systems)
    trials = [
        Trial(RATED, tuple(Clip(system, index) for system in group), names)
        for group in groups
        for index in range(clips)
    ]
    checks = [Trial(CHECK, (Clip("", index),), (COUNT.name,)) for index in range(ATTENTION)]
    if len(trials) > MOST_TRIALS:
        fact = f"each listener would meet {len(trials)} trials, and {MOST_TRIALS} are the most"
        raise UsageError(fact, "give fewer `clips`, or fewer systems", parameter="clips")
    squares = [balanced_latin_square(size) for size in (len(groups), clips, len(groups[0]))]
    orders = _orders(squares)
    sequences = [
        _with_checks(
            _blocks(squares, listener, orders, clips, seed), len(trials), np.random.default_rng([seed, listener])
        )
        for listener in range(orders * len(squares[2]))
    ]
    return Design(name, chosen, (*trials, *checks), tuple(sequences))


def _orders(squares: Sequence[Integers]) -> int:
    """Return after how many listeners the orders of trials come again.

    Those of the systems are balanced over so many; those of pieces, too, unless there would be far too many.
    """
    groups, pieces, within = (len(square) for square in squares)
    combined = math.lcm(groups, pieces)
    if combined * within <= max(MOST_LISTENERS, groups * within):
        return combined
    return groups * max(1, MOST_LISTENERS // (groups * within))


def _groups(design: str, systems: Sequence[str]) -> list[tuple[str, ...]]:
    """Return which systems are heard in one trial."""
    if design == "pairs":
        return list(combinations(systems, 2))
    return [tuple(systems)] if design == "mushra" else [(system,) for system in systems]


def _blocks(squares: Sequence[Integers], listener: int, orders: int, clips: int, seed: int) -> list[Presentation]:
    """Return the trials of a listener; after as many listeners as there are orders, each comes with other sides.

    So over the listeners a system is on each side equally often at each place, and for one listener equally often in
    all, at places that are by chance.
    """
    groups, pieces, within = squares
    order = listener % orders
    piece_order, offset = pieces[order % len(pieces)], order + listener // orders
    generator = np.random.default_rng([seed, order, 3])
    sides = [generator.permutation(np.arange(clips) % len(within)) for _ in range(len(groups[0]))]
    presented = []
    for block in range(clips):
        group_order = groups[(order + block) % len(groups)].tolist()
        for group in group_order:
            piece = int(piece_order[(block + group) % clips])
            side = within[(offset + int(sides[group][block])) % len(within)]
            presented.append(Presentation(group * clips + piece, tuple(side.tolist())))
    return presented


def _with_checks(
    presented: list[Presentation], trials: int, generator: np.random.Generator
) -> tuple[Presentation, ...]:
    """Return a sequence with trials of its first half again in its last quarter, and attention items between."""
    count, own = len(presented), list(presented)
    again = generator.choice(max(count // 2, 1), min(REPEATS, count // 2), replace=False)
    for row in sorted(again.tolist()):
        position = int(generator.integers(math.ceil(0.75 * count), len(own) + 1))
        own.insert(position, Presentation(presented[row].trial, presented[row].order[::-1]))
    for check in range(ATTENTION):
        low, high = (len(own) * share // (ATTENTION + 1) for share in (check + 1, check + 2))
        position = int(generator.integers(low, max(high, low + 1)))
        own.insert(position, Presentation(trials + check, (0,)))
    return tuple(own)
