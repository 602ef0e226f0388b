"""Notes that a piano cannot play: one key struck twice at once, or struck again while it sounds."""

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.music.performance import NOTE_ON_ENDS_IT, Notes


def sounding_key(notes: Notes, *, midi_format: int) -> Integers:
    """Return for each note the number of the key that sounds: pitch and channel, on any track.

    Tracks of a file of type 2 are separate pieces, so there the track counts too.
    """
    key = (notes.channel << 7) | notes.pitch
    return (notes.track << 11) | key if midi_format == 2 else key


def by_key(notes: Notes, *, midi_format: int) -> Notes:
    """Return the notes sorted by key, then onset; the order in which they can be cleaned."""
    key, onset = sounding_key(notes, midi_format=midi_format), notes.onset_tick
    if len(key) and int(key.max()) <= np.iinfo(np.uint16).max and (onset[1:] >= onset[:-1]).all():
        return notes.select(np.argsort(key.astype(np.uint16), kind="stable"))  # short numbers are sorted by counting
    return notes.select(np.lexsort((onset, key)))


def without_duplicates(notes: Notes, *, key: Integers, onset: Floats | Integers, window: float = 0.0) -> Notes:
    """Return the notes with onsets of one key at the same time made one.

    Of the onsets of a key that are no later than the window after the first of them, the first stays: it takes the
    velocity of the loudest, and the release (time and velocity) of the one that ends last, among those that have one.
    If none is removed, the same object is returned.

    Notes, their keys and their onsets, in the unit of the window, come sorted by key and onset (:func:`by_key`).
    """
    leads = _leads(key, onset, window)
    if leads.all():
        return notes
    first = np.flatnonzero(leads)
    last = np.lexsort((notes.offset_tick, notes.is_released, np.cumsum(leads)))[np.append(first[1:], len(key)) - 1]
    return notes.select(first).replace(
        velocity=np.maximum.reduceat(notes.velocity, first),
        offset_tick=notes.offset_tick[last],
        release_velocity=notes.release_velocity[last],
    )


def without_overlaps(notes: Notes, *, key: Integers) -> tuple[Notes, int]:
    """Return the notes, sorted by key and onset, cut where their own key is struck again, and how many were cut.

    Onsets at the same tick do not cut one another, so nothing gets length 0: those are duplicates. A note without a
    note-off gets one where it is cut.
    """
    again = onsets_at(notes.onset_tick, key, next_group(key, notes.onset_tick))
    is_cut = notes.offset_tick > again
    if not is_cut.any():
        return notes, 0
    cut = notes.replace(
        offset_tick=np.where(is_cut, again, notes.offset_tick),
        release_velocity=np.where(is_cut & ~notes.is_released, NOTE_ON_ENDS_IT, notes.release_velocity),
    )
    return cut, int(np.count_nonzero(is_cut))


def onsets_at(onset: Integers, key: Integers, rows: Integers) -> Integers:
    """Return for each note the onset of the note in some row, if that is of the same key; else the largest integer."""
    at = np.minimum(rows, len(key) - 1)
    return np.where((rows < len(key)) & (key.take(at) == key), onset.take(at), np.iinfo(np.int64).max)


def next_group(*columns: Floats | Integers) -> Integers:
    """Return for each row of a sorted table the first later row that differs in any column; their number if none does.

    >>> next_group(np.array([1, 1, 1, 2]), np.array([5, 5, 7, 7])).tolist()
    [2, 2, 3, 4]
    """
    changes = _changes(*columns)
    return np.append(np.flatnonzero(changes), len(changes)).take(np.cumsum(changes))


def _changes(*columns: Floats | Integers) -> Mask:
    """Return which rows differ from the row before in any column; the first one does."""
    changes = np.zeros(len(columns[0]), bool)
    changes[:1] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return changes


def _leads(key: Integers, onset: Floats | Integers, window: float) -> Mask:
    """Return which onsets begin a group: the first of its key, and the first later than the window of a leader.

    Onsets come sorted by key and time.
    """
    leads = _changes(key)
    leads[1:] |= np.diff(onset) > window
    if window == 0:
        return leads
    while True:
        leader = np.maximum.accumulate(np.where(leads, np.arange(len(key)), 0))
        beyond = ~leads & (onset - onset[leader] > window)
        if not beyond.any():
            return leads
        leads = leads | (beyond & ~np.append(False, beyond[:-1]))
