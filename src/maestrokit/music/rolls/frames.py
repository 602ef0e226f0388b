"""Piano rolls and other series of frames.

Frame i covers the time from i * hop to (i + 1) * hop. A note is in every frame that it touches, and in at least one.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.bounds import DAY, LARGEST_COUNT, Within, check
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH

EDGE = 1e-6  # of a frame: an end this close to the edge of a frame does not touch the next


def frame_count(length: float, *, hop: float) -> int:
    """Return the number of frames that cover a length, both in seconds.

    >>> frame_count(1.0, hop=0.02), frame_count(1.01, hop=0.02)
    (50, 51)
    """
    return max(int(np.ceil(length / hop - EDGE)), 0)


def frame_times(count: int, *, hop: float) -> Floats:
    """Return the start of each frame, in seconds."""
    return np.asarray(np.arange(count) * hop, np.float64)


def frame_spans(onset: ArrayLike, offset: ArrayLike, *, hop: float) -> tuple[Integers, Integers]:
    """Return the first frame of each note, and the first after it; no span is empty."""
    first = np.floor(np.asarray(onset, np.float64) / hop + EDGE).astype(np.int64)
    after = np.ceil(np.asarray(offset, np.float64) / hop - EDGE).astype(np.int64)
    return first, np.maximum(after, first + 1)


def piano_roll(
    onset: ArrayLike,
    offset: ArrayLike,
    pitch: ArrayLike,
    value: ArrayLike,
    *,
    hop: float,
    frames: int,
) -> NDArray[np.uint8]:
    """Return notes as a picture of which of the 88 keys are down when.

    Where notes of one key touch the same frame, the one given last wins. Notes outside the keys are left out, and
    what lies outside the frames is cut off.

    Parameters
    ----------
    onset, offset : array_like of float, shape (notes,), in seconds
        Start and end of each note.
    pitch : array_like of int, shape (notes,)
        MIDI number of each note.
    value : array_like of int, shape (notes,)
        What a frame holds while the key is down, 1..255; for instance the velocity.
    hop : float > 0, in seconds
        Length of a frame.
    frames : int >= 0
        Number of frames.

    Returns
    -------
    uint8, shape (frames, 88)
        0 where no note is.

    Raises
    ------
    UsageError
        If a number is out of its bounds.
    """
    check("hop", hop, Within(0, DAY, above=True))
    check("frames", frames, Within(0, LARGEST_COUNT, whole=True))
    first, after = frame_spans(onset, offset, hop=hop)
    key = np.asarray(pitch, np.int64) - LOWEST_PITCH
    roll = np.zeros((KEYS, frames), np.uint8)  # one row a key, so that a note is one stretch of memory
    rows = np.flatnonzero((key >= 0) & (key < KEYS) & (after > 0) & (first < frames))
    columns = key[rows], np.maximum(first[rows], 0), after[rows], np.asarray(value)[rows]
    for row, start, end, number in zip(*(column.tolist() for column in columns), strict=True):
        roll[row, start:end] = number
    return np.ascontiguousarray(roll.T)  # (frames, keys)


def event_counts(onset: ArrayLike, *, hop: float, frames: int) -> Integers:
    """Return how many events begin in each frame; those outside the frames are not counted."""
    frame = np.floor(np.asarray(onset, np.float64) / hop + EDGE).astype(np.int64)
    return np.bincount(frame[(frame >= 0) & (frame < frames)], minlength=frames)


def held_values(time: ArrayLike, value: ArrayLike, at: ArrayLike, *, before: int = 0) -> Integers:
    """Return the last value set at or before each moment, as of a pedal that stays where it was put.

    >>> held_values([1.0, 2.0], [127, 0], [0.5, 1.0, 1.5, 2.5]).tolist()
    [0, 127, 127, 0]
    """
    row = np.searchsorted(np.asarray(time, np.float64), np.asarray(at, np.float64), side="right")
    return np.concatenate([[before], np.asarray(value, np.int64)])[row]


def sounding_time(onset: ArrayLike, offset: ArrayLike, *, hop: float, frames: int) -> Floats:
    """Return the sum over all notes of the time that they sound in each frame, in seconds.

    Divided by the hop this is the mean number of notes at once.

    >>> sounding_time([0.0, 0.5], [1.5, 1.0], hop=1.0, frames=2).tolist()
    [1.5, 0.5]
    """
    edges = frame_times(frames + 1, hop=hop)
    return np.diff(_time_since(onset, edges) - _time_since(offset, edges))


def _time_since(moment: ArrayLike, edges: Floats) -> Floats:
    """Return, for each edge, the sum of the times since all moments before it."""
    moments = np.sort(np.asarray(moment, np.float64))
    before = np.searchsorted(moments, edges)
    return np.asarray(edges * before - np.concatenate([[0.0], np.cumsum(moments)])[before])
