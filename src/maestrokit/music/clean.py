"""Notes that a piano cannot play: one key struck twice at once, or struck again while it sounds."""

import numpy as np

from maestrokit.music.columns import Floats, Integers, Mask
from maestrokit.music.performance import Notes, Performance


def sounding_key(performance: Performance) -> Integers:
    """Return for each note a number for what sounds as one key: pitch and channel, whatever the track.

    Tracks of a file of type 2 are pieces of their own, so there the track counts too.
    """
    notes = performance.notes
    key = (notes.channel << 7) | notes.pitch
    return (notes.track << 11) | key if performance.format == 2 else key


def without_duplicates(notes: Notes, *, key: Integers, onset: Floats | Integers, window: float = 0.0) -> Notes:
    """Return the notes with strokes of one key at the same time made one.

    Of the strokes of a key that are no later than the window after the first of them, the first stays: it takes the
    velocity of the loudest, and the release (time and velocity) of the one that ends last.

    Parameters
    ----------
    notes : Notes
    key : int64, shape (notes,)
        Equal for notes that sound as one key (see :func:`sounding_key`).
    onset : shape (notes,)
        Times of the strokes, in the unit of the window.
    window : float >= 0
        Default is 0: only strokes at the same time.
    """
    rows = np.lexsort((onset, key))
    leads = _leads(key[rows], onset[rows], window)
    if leads.all():
        return notes
    start = np.flatnonzero(leads)
    group = np.cumsum(leads) - 1
    last = np.lexsort((notes.offset_tick[rows], group))[np.append(start[1:], len(rows)) - 1]
    ends_last = rows[last]
    survivor = rows[start]
    merged = notes.take(survivor).replace(
        velocity=np.maximum.reduceat(notes.velocity[rows], start),
        offset_tick=notes.offset_tick[ends_last],
        release_velocity=notes.release_velocity[ends_last],
    )
    return merged.take(np.argsort(survivor))


def without_overlaps(notes: Notes, *, key: Integers) -> tuple[Notes, int]:
    """Return the notes cut where their own key is struck again, and how many were cut.

    Strokes at the same tick do not cut one another, so nothing gets length 0: those are duplicates.
    """
    again = next_stroke(notes.onset_tick, key)
    overlaps = notes.offset_tick > again
    return notes.replace(offset_tick=np.minimum(notes.offset_tick, again)), int(overlaps.sum())


def next_stroke(onset: Integers, key: Integers) -> Integers:
    """Return the first later onset of the same key for each note; the largest integer where there is none."""
    rows = np.lexsort((onset, key))
    following = next_group(key[rows], onset[rows])
    there = np.minimum(following, len(rows) - 1)
    is_same_key = (following < len(rows)) & (key[rows[there]] == key[rows])
    again = np.empty_like(onset)
    again[rows] = np.where(is_same_key, onset[rows[there]], np.iinfo(np.int64).max)
    return again


def next_group(*columns: Floats | Integers) -> Integers:
    """Return for each row of a sorted table the first later row that differs in any column; their number if none does.

    >>> next_group(np.array([1, 1, 1, 2]), np.array([5, 5, 7, 7])).tolist()
    [2, 2, 3, 4]
    """
    changes = _changes(*columns)
    return np.append(np.flatnonzero(changes), len(changes))[np.cumsum(changes)]


def _changes(*columns: Floats | Integers) -> Mask:
    """Return which rows differ from the row before in any column; the first one does."""
    changes = np.zeros(len(columns[0]), bool)
    changes[:1] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return changes


def _leads(key: Integers, onset: Floats | Integers, window: float) -> Mask:
    """Return which strokes begin a group: the first of its key, and the first later than the window of a leader.

    Strokes come sorted by key and time.
    """
    leads = _changes(key)
    leads[1:] |= np.diff(onset) > window
    while True:
        leader = np.maximum.accumulate(np.where(leads, np.arange(len(key)), 0))
        beyond = ~leads & (onset - onset[leader] > window)
        if not beyond.any():
            return leads
        leads = leads | (beyond & ~np.append(False, beyond[:-1]))
