"""Excerpts of performances as rolls: what networks that classify performances see."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH
from maestrokit.music.rolls.frames import frame_spans, piano_roll

HOP = 0.05  # seconds
FRAMES = 400
SECONDS = HOP * FRAMES  # of an excerpt
ROLLS = ("onset", "sounding")
LARGEST_VELOCITY = 127

Roll = NDArray[np.float32]
"""The velocity of the notes that begin, 0..1, and whether a key sounds: shape (rolls, frames, keys)."""


class ExcerptVariation(NamedTuple):
    """How an excerpt differs from what was played."""

    semitones: int = 0
    """Transposition; notes that leave the piano are left out."""
    tempo: float = 1.0
    """Factor of the tempo: above 1, more music is in an excerpt."""


AS_PLAYED = ExcerptVariation()


def roll_of(notes: TimedNotes, start: float, variation: ExcerptVariation = AS_PLAYED) -> Roll:
    """Return the rolls of the excerpt that begins at a time.

    Parameters
    ----------
    notes : TimedNotes
        The performance, sorted by onset; offsets are where the sound ends.
    start : float, in seconds
        Of the performance as it was played.
    variation : Variation
        Transposition and tempo. Default is as it was played.
    """
    before = int(np.searchsorted(notes.onset, start + SECONDS * variation.tempo))
    rows = np.flatnonzero(notes.offset[:before] > start)
    onset, offset = ((times[rows] - start) / variation.tempo for times in (notes.onset, notes.offset))
    pitch, velocity = notes.pitch[rows] + variation.semitones, notes.velocity[rows]
    roll = np.zeros((len(ROLLS), FRAMES, KEYS), np.float32)
    frame, _ = frame_spans(onset, offset, hop=HOP)
    key = pitch - LOWEST_PITCH
    begins = (frame >= 0) & (frame < FRAMES) & (key >= 0) & (key < KEYS)
    np.maximum.at(roll[0], (frame[begins], key[begins]), velocity[begins].astype(np.float32) / LARGEST_VELOCITY)
    roll[1] = piano_roll(onset, offset, pitch, np.ones(len(rows), np.int64), hop=HOP, frames=FRAMES)
    return roll


def excerpt_starts(notes: TimedNotes, *, most: int | None = None) -> Floats:
    """Return where excerpts begin that cover a performance and overlap by about a half, in seconds.

    The first begins with the first onset; of a performance that is shorter than one, it is the only one. A performance
    without notes has none.

    Parameters
    ----------
    notes : TimedNotes
        The performance.
    most : int > 0, optional
        Largest number of excerpts; these are spread over the performance. Default is no limit.
    """
    if not len(notes.onset):
        return np.empty(0)
    return covering_starts(float(notes.onset[0]), float(notes.onset[-1]), most=most)


def covering_starts(first: float, last: float, *, most: int | None = None) -> Floats:
    """Return where excerpts begin that cover a span of time, in seconds; see :func:`excerpt_starts`.

    >>> covering_starts(1.0, 41.0).tolist(), covering_starts(1.0, 2.0).tolist()
    ([1.0, 11.0, 21.0], [1.0])
    """
    room = max(0.0, last - first - SECONDS)
    count = 1 + int(np.ceil(room / (SECONDS / 2)))
    return first + np.linspace(0.0, room, count if most is None else min(count, most))
