"""Pieces made comparable: stretches of one length, the pedal applied to all or to none; and pieces without music."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.errors import UsageError
from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.score_sets import FEWEST

LONGEST = 60.0  # seconds of a stretch, where nobody chose a length
MOST_SHORTER = 0.1  # of the pieces of a system may be shorter than the stretch

Item = TypeVar("Item")


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return a number of items, spread evenly over all.

    >>> spread("abcde", 3), spread("ab", 3)
    (['a', 'c', 'e'], ['a', 'b'])
    """
    return [items[index] for index in np.linspace(0, len(items) - 1, min(count, len(items))).astype(int)]


def onset_seconds(piece: Piece) -> float:
    """Return the time from the first onset to the last, by which a piece is long enough or not."""
    return float(np.ptp(piece.onset)) if len(piece) else 0.0


def common_seconds(lengths: Sequence[Floats]) -> float:
    """Return the length of stretches of which each system has nearly all, at most a minute, in whole seconds if it can.

    Parameters
    ----------
    lengths : sequence of float64, shape (pieces,), in seconds
        Of the pieces of each system. A tenth of them may be shorter, so that one piece that broke off does not decide.

    >>> common_seconds([np.array([300.0, 200.0]), np.array([30.5] * 19 + [2.0])])
    30.0
    """
    shortest = min(float(np.quantile(of_system, MOST_SHORTER, method="lower")) for of_system in lengths)
    return min(float(np.floor(shortest)) if shortest >= 1 else shortest, LONGEST)


@dataclass(frozen=True)
class Selection:
    """Which pieces are compared, by their rows, and how long a stretch of each."""

    systems: Mapping[str, Sequence[int]]
    """Of each system as many, spread evenly over all."""
    ceiling: Sequence[int]
    """As many of the reference, drawn by chance."""
    corpus: Sequence[int]
    """The other pieces of the reference that are long enough."""
    seconds: float


def select(
    systems: Mapping[str, Sequence[float]],
    reference: Sequence[float],
    *,
    pieces: int | None,
    seconds: float | None,
    generator: np.random.Generator,
) -> Selection:
    """Return which pieces are compared, by the seconds of those of each system and of the reference.

    Parameters
    ----------
    pieces : int, optional
        Of each system. Default is what every one has, at most half of the reference.
    seconds : float, optional
        Of each piece. Default is :func:`common_seconds`.

    Raises
    ------
    UsageError
        If a system or the reference has fewer pieces, or too few for a distribution.
    """
    if not all(map(len, systems.values())):
        raise UsageError("a system has no piece that can be read", parameter="system")
    length = seconds or common_seconds([np.array(of_system) for of_system in systems.values()])
    candidates = [row for row, seconds_there in enumerate(reference) if seconds_there >= length]
    least = min(systems, key=lambda name: len(systems[name]))
    size, half, needed = len(systems[least]), len(candidates) // 2, pieces or FEWEST
    if size < needed:
        fact = f"'{least}' has {size} pieces, and {needed} are compared"
        raise UsageError(fact, "give more of it" + (", or fewer `pieces`" if needed > FEWEST else ""))
    if half < needed:
        fact = f"the reference has {len(candidates)} pieces of {length:g} s, and needs {2 * needed}"
        raise UsageError(fact, "half of the reference are the ceiling; give fewer `pieces`, or shorter by `seconds`")
    count = pieces or min(size, half)
    order = generator.permutation(len(candidates)).tolist()
    ceiling, corpus = ([candidates[index] for index in sorted(part)] for part in (order[:count], order[count:]))
    chosen = {name: np.linspace(0, len(rows) - 1, count).astype(int).tolist() for name, rows in systems.items()}
    return Selection(chosen, ceiling, corpus, length)


def stretch(piece: Piece, seconds: float, *, extends_by_pedal: bool, generator: np.random.Generator) -> Piece:
    """Return a stretch of a piece that begins with a note, from somewhere in it; a shorter piece is whole.

    Times count from its first onset, bars are of 2 s, and what sounds on is cut at its end.

    Parameters
    ----------
    seconds : float > 0
    extends_by_pedal : bool
        Whether notes last as long as the sustain pedal holds them; either way, the pedal is no part of the result.
    """
    if len(piece) == 0:
        return piece
    latest = max(piece.onset[-1] - seconds, piece.onset[0])
    start = piece.onset[np.searchsorted(piece.onset, generator.uniform(piece.onset[0], latest))]
    part = piece.select((piece.onset >= start) & (piece.onset < start + seconds))
    offset = part.sounding_offset if extends_by_pedal else part.offset
    ends = np.maximum(np.minimum(offset, start + seconds), part.onset)
    return notes_in_seconds(part.onset - start, ends - start, part.pitch, part.velocity)


def without_music(piece: Piece, histogram: Floats, *, generator: np.random.Generator) -> Piece:
    """Return as many notes of the same durations and velocities, shuffled evenly in time, with pitches of a histogram.

    Parameters
    ----------
    histogram : float64, shape (128,)
        How often each pitch is struck in the corpus.
    """
    if len(piece) == 0 or not histogram.any():
        return piece
    onset = generator.uniform(piece.onset[0], piece.onset[-1], len(piece))
    pitch = generator.choice(128, len(piece), p=histogram / histogram.sum())
    return notes_in_seconds(onset, onset + piece.offset - piece.onset, pitch, piece.velocity)
