"""Which note-off ends which note-on."""

import numpy as np
from numpy.typing import NDArray

from maestrokit.music.columns import Integers, Mask


def pair_notes(key: NDArray[np.integer], is_on: Mask) -> tuple[Integers, Integers]:
    """Return the rows of the note-ons that are notes, rising, and the rows of the note-offs that end them.

    First in, first out: an off ends the oldest on of its key that still sounds, and none if none sounds.

    Parameters
    ----------
    key : integers, shape (events,)
        What an on and its off have in common: track, channel and pitch as one number.
    is_on : bool, shape (events,)

    >>> pair_notes(np.array([60, 60, 64, 60, 60]), np.array([True, True, False, False, True]))
    (array([0]), array([3]))
    """
    rows = np.argsort(key, kind="stable")
    sorted_key, sorted_on = key[rows], is_on[rows]
    if _alternates(sorted_key, sorted_on):
        on, off = rows[0::2], rows[1::2]
    else:
        is_paired = _paired(sorted_key, sorted_on)
        on, off = rows[is_paired & sorted_on], rows[is_paired & ~sorted_on]
    partner = np.full(len(key), -1)
    partner[on] = off
    ons = np.flatnonzero(partner >= 0)
    return ons, partner[ons]


def _alternates(key: NDArray[np.integer], is_on: Mask) -> bool:
    """Whether each key, sorted together, goes on, off, on, off and ends with off."""
    if len(key) % 2:
        return False
    return bool(is_on[0::2].all() and not is_on[1::2].any() and (key[0::2] == key[1::2]).all())


def _paired(key: NDArray[np.integer], is_on: Mask) -> Mask:
    """Return which events, sorted by key, have a partner.

    The sum of ons less offs falls below its lowest so far in that key, 0 included, exactly at the offs that end
    nothing. Of each key, as many of the first ons are notes as other offs there are.
    """
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else np.empty(0, np.int64)
    counts = np.diff(starts, append=len(key))
    group = np.repeat(np.arange(len(starts)), counts)
    fall = 2 * len(key) + 1  # each key starts lower than the one before can reach
    step = np.where(is_on, 1, -1)
    total = np.cumsum(step)
    level = total - (total[starts] - step[starts])[group] - fall * group
    lowest = np.minimum(np.append(0, np.minimum.accumulate(level)[:-1]), -fall * group)
    ends_one = ~is_on & (level >= lowest)
    offs = np.bincount(group[ends_one], minlength=len(starts))
    ons_so_far = np.cumsum(is_on)
    rank: Integers = ons_so_far - (ons_so_far[starts] - is_on[starts])[group]  # of an on in its key, from 1
    return np.asarray(ends_one | (is_on & (rank <= offs[group])))
