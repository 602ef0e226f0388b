"""Annotated chords as what a network learns: roots, basses, qualities and pitch classes over time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from maestrokit.analysis.chords.templates import NO_CHORD, QUALITIES
from maestrokit.arrays import Columns, Floats, Integers, Mask
from maestrokit.errors import BadDataError

UNKNOWN = -2  # root of a span whose chord is not known; quality of a chord that is none of ``QUALITIES``


class ChordLabel(NamedTuple):
    """One annotated chord."""

    root: int
    """Pitch class; ``NO_CHORD`` of no chord, ``UNKNOWN`` of one that is not known."""
    quality: int
    """Index into ``QUALITIES``; ``NO_CHORD`` without a chord, ``UNKNOWN`` of another quality."""
    bass: int
    """Pitch class of the lowest tone, as the root."""
    tones: tuple[int, ...]
    """Pitch classes of the chord."""


@dataclass(frozen=True, eq=False)
class ChordLabels(Columns):
    """Annotated chords, sorted by time; between them may be spans that nothing is known of.

    Parameters
    ----------
    start, end : float64, shape (chords,), in seconds
    root, quality, bass : int64, shape (chords,)
        As in :class:`ChordLabel`.
    tones : bool, shape (chords, 12)
        Whether each pitch class belongs to the chord.
    """

    start: Floats
    end: Floats
    root: Integers
    quality: Integers
    bass: Integers
    tones: Mask


def chord_labels(start: Iterable[float], end: Iterable[float], labels: Collection[ChordLabel]) -> ChordLabels:
    """Return annotated chords as columns.

    BadDataError says that one of them does not end after it begins, or begins before the one before it has ended.
    """
    starts, ends = np.array([*start], np.float64), np.array([*end], np.float64)
    is_wrong = ~(ends > starts) | ~np.isfinite(starts) | ~np.isfinite(ends)
    is_wrong[1:] |= starts[1:] < ends[:-1] - 1e-3
    if is_wrong.any():
        row = int(is_wrong.argmax())
        span = f"from {starts[row]:g} to {ends[row]:g} s"
        raise BadDataError(f"chord {row + 1}, {span}, does not follow the one before it")
    root, quality, bass = np.array([label[:3] for label in labels], np.int64).reshape(-1, 3).T
    tones = np.zeros((len(labels), 12), np.bool_)
    for row, label in enumerate(labels):
        tones[row, list(label.tones)] = True
    return ChordLabels(starts, ends, root, quality, bass, tones)


def harte_label_of(text: str) -> ChordLabel:
    """Return the chord that a label in Harte's syntax names; BadDataError if it is none.

    >>> harte_label_of("Eb:min7/b3"), harte_label_of("N").root
    (ChordLabel(root=3, quality=6, bass=6, tones=(1, 3, 6, 10)), -1)
    """
    from mir_eval import chord

    try:
        root, tones, bass = chord.encode(text)
    except (chord.InvalidChordException, ValueError, KeyError, IndexError):
        raise BadDataError(f"'{text}' is no chord in Harte's syntax") from None
    if root < 0:
        none = NO_CHORD if text == chord.NO_CHORD else UNKNOWN
        return ChordLabel(none, none, none, ())
    return label_of((root + np.flatnonzero(tones > 0)).tolist(), root=int(root), bass=int(root + bass) % 12)


def label_of(tones: Iterable[int], *, root: int, bass: int) -> ChordLabel:
    """Return the chord of pitch classes in any octave, with the quality that explains most of them.

    >>> label_of([0, 4, 7, 9], root=0, bass=4)
    ChordLabel(root=0, quality=0, bass=4, tones=(0, 4, 7, 9))
    """
    classes = sorted({tone % 12 for tone in tones})
    degrees = {(tone - root) % 12 for tone in classes}
    fitting = [index for index, quality in enumerate(QUALITIES) if degrees >= set(quality.degrees)]
    quality = max(fitting, key=lambda index: len(QUALITIES[index].degrees), default=UNKNOWN)
    return ChordLabel(root, quality, bass, tuple(classes))
