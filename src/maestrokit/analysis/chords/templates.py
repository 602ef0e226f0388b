"""Chord qualities, and the share of each pitch class in what sounds of each chord.

The numbers were found by coordinate search on the even-numbered songs of POP909 and every other movement of the Mozart
sonatas annotated by DCML, for chords and roots together; tests/benchmarks/chords.py scores the other halves apart.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.errors import UsageError

NO_CHORD = -1  # root, quality and bass of a span without a chord
DEGREE_SHARE = (0.448, 0.39, 0.30, 0.075)  # of what sounds: root, third (or second, fourth), fifth, seventh
OTHER_SHARE = 0.0233  # each pitch class outside the chord
BASS_ROOT_SHARE, BASS_DEGREE_SHARE, BASS_OTHER_SHARE = 0.302, 0.268, 0.0139  # the same for the lowest note
BASS_WEIGHT = 0.457  # of the lowest note, against all that sounds
NO_CHORD_SCORE = -4.66  # worse than any chord whose notes sound, better than chords of quite other notes


class Quality(NamedTuple):
    """One kind of chord."""

    name: str
    """As in Harte's syntax."""
    degrees: tuple[int, ...]
    """Semitones above the root."""
    penalty: float
    """How much rarer than a major triad: logarithm, per unit of time as chords.py counts it."""


QUALITIES = (
    Quality("maj", (0, 4, 7), 0.0),
    Quality("min", (0, 3, 7), 0.0),
    Quality("dim", (0, 3, 6), 0.56),
    Quality("aug", (0, 4, 8), 1.12),
    Quality("7", (0, 4, 7, 10), 0.3),
    Quality("maj7", (0, 4, 7, 11), 0.3),
    Quality("min7", (0, 3, 7, 10), 0.3),
    Quality("hdim7", (0, 3, 6, 10), 0.7),
    Quality("dim7", (0, 3, 6, 9), 0.7),
    Quality("sus2", (0, 2, 7), 1.8),
    Quality("sus4", (0, 5, 7), 1.8),
)
QUALITY_NAMES = tuple(quality.name for quality in QUALITIES)


class Templates(NamedTuple):
    """Expected shares of pitch classes; the last column of each table is no chord."""

    tone: Floats
    """Logarithm of the share of each pitch class, shape (12, chords + 1)."""
    bass: Floats
    """The same for the lowest note, weighted, shape (12, chords + 1)."""
    penalty: Floats
    """Per unit of time, shape (chords + 1,)."""
    root: Integers
    quality: Integers
    """Of each chord, shape (chords + 1,); an index into ``QUALITIES``."""


def templates(qualities: Iterable[str] = QUALITY_NAMES) -> Templates:
    """Return the templates of chords of some qualities on all twelve roots.

    Raises
    ------
    UsageError
        If there is no such quality, or none at all.
    """
    chosen = tuple(sorted({_quality_index(name) for name in qualities}))
    if not chosen:
        raise UsageError("no chord quality given", "qualities are " + ", ".join(QUALITY_NAMES))
    return _templates(chosen)


@lru_cache(maxsize=32)
def _templates(chosen: tuple[int, ...]) -> Templates:
    tone, bass, penalty = [], [], []
    for index in chosen:
        quality = QUALITIES[index]
        shares, bass_shares = np.full(12, OTHER_SHARE), np.full(12, BASS_OTHER_SHARE)
        shares[list(quality.degrees)] = DEGREE_SHARE[: len(quality.degrees)]
        bass_shares[list(quality.degrees)] = BASS_DEGREE_SHARE
        bass_shares[0] = BASS_ROOT_SHARE
        for root in range(12):
            tone.append(np.roll(np.log(shares / shares.sum()), root))
            bass.append(BASS_WEIGHT * np.roll(np.log(bass_shares / bass_shares.sum()), root))
            penalty.append(quality.penalty)
    return Templates(
        np.column_stack([*tone, np.full(12, NO_CHORD_SCORE)]),
        np.column_stack([*bass, np.zeros(12)]),
        np.array([*penalty, 0.0]),
        np.append(np.tile(np.arange(12), len(chosen)), NO_CHORD),
        np.append(np.repeat(chosen, 12), NO_CHORD),
    )


def _quality_index(name: str) -> int:
    if name not in QUALITY_NAMES:
        raise UsageError(f"'{name}' is no chord quality", "qualities are " + ", ".join(QUALITY_NAMES))
    return QUALITY_NAMES.index(name)
