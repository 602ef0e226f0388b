"""Velocity normalisation: V' = (V - Vmin) / (Vmax - Vmin)."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.arrays import Floats
from maestrokit.errors import UsageError
from maestrokit.music.performance import Performance

SOFTEST, LOUDEST = 1, 127  # of a note-on; 0 would end the note
MIDDLE = 0.5  # V' of velocities that are all the same


def velocity_range(performances: Iterable[Performance]) -> tuple[int, int]:
    """Return the lowest and the highest velocity of all notes; (127, 1) if there are no notes.

    Ranges of parts make the range of the whole by min and max, the empty one too.

    Parameters
    ----------
    performances : iterable of Performance
        The corpus.

    Returns
    -------
    lowest, highest : int
        The range, for :func:`with_normalized_velocity`.
    """
    lowest, highest = LOUDEST, SOFTEST
    for performance in performances:
        lowest = min(lowest, int(performance.notes.velocity.min(initial=LOUDEST)))
        highest = max(highest, int(performance.notes.velocity.max(initial=SOFTEST)))
    return lowest, highest


def normalized_velocities(velocity: ArrayLike, lowest: int, highest: int) -> tuple[Floats, int]:
    """Return V' = (V - lowest) / (highest - lowest), within 0..1, and how many velocities were outside the range.

    Those outside become 0 or 1. Where lowest and highest are equal V' is not defined by the formula; it is 0.5.

    >>> normalized_velocities([40, 60, 90], 40, 80)
    (array([0. , 0.5, 1. ]), 1)
    """
    values = np.asarray(velocity, np.float64)
    outside = int(((values < lowest) | (values > highest)).sum())
    if highest <= lowest:
        return np.full(values.shape, MIDDLE), outside
    return np.clip((values - lowest) / (highest - lowest), 0.0, 1.0), outside


def with_normalized_velocity(performance: Performance, lowest: int, highest: int) -> tuple[Performance, int]:
    """Return the performance with velocities 1 + round(126 V'), and how many were outside the range.

    A whole performance (or corpus) with its own range is spread onto 1..127, and left as it is the second time. With
    another range twice is not once: the second time stretches what is there by then.

    Parameters
    ----------
    performance : Performance
        Whose velocities to normalise.
    lowest, highest : int, 1..127
        The range that becomes 1..127.

    Returns
    -------
    performance : Performance
        The normalised performance.
    outside : int
        Number of notes whose velocity was outside the range.
    """
    normal, outside = normalized_velocities(performance.notes.velocity, lowest, highest)
    velocity = SOFTEST + np.rint(normal * (LOUDEST - SOFTEST)).astype(np.int64)
    return performance.replace(notes=performance.notes.replace(velocity=velocity)), outside


def parse_velocity_range(text: str) -> tuple[int, int]:
    """Return the range in a text such as ``20,110``.

    Raises
    ------
    UsageError
        If it is not two whole numbers within 0..127, the second one greater.

    >>> parse_velocity_range("20,110")
    (20, 110)
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts):
        lowest, highest = int(parts[0]), int(parts[1])
        if lowest < highest <= LOUDEST:
            return lowest, highest
    raise UsageError(
        f"'{text}' is no range of velocities",
        "file, corpus, or two numbers such as 20,110",
        parameter="normalize_velocity",
    )
