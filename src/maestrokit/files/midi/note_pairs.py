"""Which note-off ends which note-on."""

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Integers, Mask


def pair_notes(key: NDArray[np.integer], is_on: Mask) -> tuple[Integers, Integers]:
    """Return the rows of the note-ons, rising, and the rows of the note-offs that end them, -1 where none does.

    The key, of shape (events,), is what an on and its off have in common: track, channel and pitch as one number. An
    off belongs to the nearest on of its key before it that no other off belongs to, and to none if there is none. So of
    a key struck twice and released once, the first on has no off: the second on ends it. The others end first in, first
    out.

    >>> pair_notes(np.array([60, 60, 64, 60, 60]), np.array([True, True, False, False, True]))
    (array([0, 1, 4]), array([-1,  3, -1]))
    """
    rows = np.argsort(key, kind="stable")
    sorted_key, sorted_on = key.take(rows), is_on.take(rows)
    if _alternates(sorted_key, sorted_on):
        on, off = rows[0::2], rows[1::2]
    else:
        is_paired = _paired(sorted_key, sorted_on)
        on, off = rows[is_paired & sorted_on], rows[is_paired & ~sorted_on]
    partner = np.full(len(key), -1)
    partner[on] = off
    ons = np.flatnonzero(is_on)
    return ons, partner.take(ons)


def _alternates(key: NDArray[np.integer], is_on: Mask) -> bool:
    """Whether each key, sorted together, goes on, off, on, off and ends with off."""
    if len(key) % 2:
        return False
    return bool(is_on[0::2].all() and not is_on[1::2].any() and (key[0::2] == key[1::2]).all())


def _paired(key: NDArray[np.integer], is_on: Mask) -> Mask:
    """Return which events, sorted by key, have a partner.

    The sum of ons less offs falls below its lowest so far in that key, 0 included, exactly at the offs that end
    nothing. Without these it is the number of ons that wait for an off, and it never falls below what it is at an on
    exactly where that on has none.
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
    waiting = level - np.minimum(lowest, level) + fall * group  # each key is above the one before it
    least_from_here = np.minimum.accumulate(waiting[::-1])[::-1]
    return np.asarray(ends_one | (is_on & (least_from_here < waiting)))
