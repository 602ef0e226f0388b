"""Notes that end where their sound ends, and the sustain pedal that holds them.

A transcribed pedal and the ends of transcribed notes are estimated separately and differ by hundredths of a second. If
the pedal then extends notes, their lengths change: a note that ends just before the pedal comes up becomes a little
longer, and one that ends just after the pedal went down lasts until it comes up. So the two are reconciled. Notes of a
model come without a pedal; there, one is supposed that changes no end.
"""

import numpy as np

from maestrokit.arrays import Floats, Mask, following
from maestrokit.music.note_arrays import TimedNotes

PEDAL_WAYS = ("cc64", "extend", "none")  # to write a transcribed pedal
TOGETHER = 0.02  # seconds: ends and pedal changes this close are one event
SHORTEST = 0.03  # seconds that a note or a pedal lasts at least, after it was moved
LEGATO = 0.1  # seconds after its onset from which on the next onset may end a note: before, it is of the same chord
HANDFUL = 4  # notes that sound at once where the pedal is supposed to hold them: with so many it is down as long in all
AFTER_LIFT = 0.15  # seconds from a lift, or the first onset, until it goes down; the median of MAESTRO is 0.14
SHORTEST_PEDAL = 0.25  # seconds from a lift to the next, below which no pedal is supposed between


def reconcile_with_pedal(notes: TimedNotes, pedal: Floats) -> tuple[TimedNotes, Floats]:
    """Return notes and pedal such that the pedal does not change where notes end.

    A note that ends within ``TOGETHER`` of the pedal's rise ends with it, and one that ends in the pedal so shortly
    before the next onset of its key ends with that. The pedal goes down after the notes that end within ``TOGETHER``
    of its fall, so that it does not catch them. Notes that end elsewhere in the pedal died away in it; they keep their
    ends. A pedal in which nothing sounds is none. It comes as sorted intervals, in seconds.

    >>> one = TimedNotes(np.array([0.0, 0.0]), np.array([0.96, 2.01]), np.array([60, 64]), np.array([64, 64]))
    >>> both, pedal = reconcile_with_pedal(one, np.array([[0.95, 2.0]]))
    >>> both.offset.tolist(), pedal.round(3).tolist()
    ([0.96, 2.0], [[0.962, 2.0]])
    """
    pedal = pedal[_sounding(notes, pedal)]
    if not len(pedal):
        return notes, pedal
    down, up = pedal.T
    offset, again = notes.offset.copy(), following(notes.onset, key=notes.pitch, order=notes.onset, otherwise=np.inf)
    is_struck = (again - offset <= TOGETHER) & _held(notes, pedal)[0]
    offset[is_struck] = again[is_struck]
    rise = up[_nearest(up, offset)]
    is_released = ~is_struck & (np.abs(offset - rise) <= TOGETHER) & (rise - notes.onset >= SHORTEST)
    is_released &= rise <= again
    offset[is_released] = rise[is_released]
    row = np.clip(np.searchsorted(down, offset + TOGETHER, side="right") - 1, 0, None)  # the last fall before its end
    is_caught = ~is_released & ~is_struck & (offset - down[row] >= 0) & (offset - down[row] <= TOGETHER)
    later = down.copy()
    np.maximum.at(later, row[is_caught], offset[is_caught] + 0.002)
    moved = np.where(up - later >= SHORTEST, later, down)
    return notes._replace(offset=offset), np.stack([moved, up], axis=1)


def sounding_notes(notes: TimedNotes, pedal: Floats) -> TimedNotes:
    """Return notes that last as long as they sound: those whose keys are released in the pedal, until it comes up.

    A key that is struck again ends its note before. The pedal comes as sorted intervals, in seconds.

    >>> two = TimedNotes(np.array([0.0, 0.0]), np.array([0.5, 2.5]), np.array([60, 64]), np.array([64, 64]))
    >>> sounding_notes(two, np.array([[0.2, 2.0]])).offset.tolist()
    [2.0, 2.5]
    """
    if not len(pedal):
        return notes
    row = np.searchsorted(pedal[:, 0], notes.offset, side="right") - 1
    up = np.where(row >= 0, pedal[np.maximum(row, 0), 1], -np.inf)
    again = following(notes.onset, key=notes.pitch, order=notes.onset, otherwise=np.inf)
    return notes._replace(offset=np.minimum(np.maximum(notes.offset, up), np.maximum(again, notes.offset)))


def supposed_pedal(notes: TimedNotes) -> Floats:
    """Return when a pianist would have the sustain pedal down for notes that sound like these, (intervals, 2), seconds.

    Between two moments at which notes end no other note does, so that the pedal may be down there, until the later one,
    and change no end. It is, where a handful of notes sound. (Where a key is struck again, its note ends in any case.)
    It goes down as late after a lift as people let it, so that dampers silence what was before. Notes are
    sorted by onset.

    >>> chord = TimedNotes(np.arange(5) / 5, np.array([2.0, 2.0, 2.0, 2.0, 3.0]), np.arange(60, 65), np.full(5, 64))
    >>> supposed_pedal(chord).tolist()
    [[0.15, 2.0]]
    """
    again = following(notes.onset, key=notes.pitch, order=notes.onset, otherwise=np.inf)
    lift = np.unique(notes.offset[notes.offset < again])
    begun = np.searchsorted(notes.onset, lift, side="left")
    ended = np.searchsorted(np.sort(notes.offset), lift, side="left")
    before = np.concatenate([notes.onset[:1], lift])[: len(lift)]
    is_down = (begun - ended >= HANDFUL) & (lift - before >= SHORTEST_PEDAL - 1e-6)
    return np.asarray(np.stack([before + AFTER_LIFT, lift], axis=1)[is_down])


def with_key_releases(notes: TimedNotes, pedal: Floats, *, together: float = TOGETHER) -> TimedNotes:
    """Return notes with plausible releases of their keys.

    Where the pedal was down at the end of a note, or came up at most `together` seconds before, the release of its key
    is inaudible. Such a note ends where the next key is struck, but for those of its own chord, and not before the
    pedal went down.

    >>> three = TimedNotes(np.array([0.0, 0.5, 1.0]), np.full(3, 2.0), np.array([60, 64, 67]), np.full(3, 64))
    >>> with_key_releases(three, np.array([[0.2, 2.0]])).offset.tolist()
    [0.5, 1.0, 2.0]
    """
    is_held, down = _held(notes, pedal, together)
    next_row = np.searchsorted(notes.onset, np.maximum(notes.onset + LEGATO, down), side="right")
    next_onset = np.append(notes.onset, np.inf)[next_row]
    return notes._replace(offset=np.where(is_held, np.minimum(notes.offset, next_onset), notes.offset))


def _held(notes: TimedNotes, pedal: Floats, together: float = TOGETHER) -> tuple[Mask, Floats]:
    """Return which notes end while the pedal is down or as it rises, and when it went down for each."""
    if not len(pedal):
        return np.zeros(len(notes.onset), bool), np.zeros(len(notes.onset))
    row = np.searchsorted(pedal[:, 0], notes.offset, side="left") - 1
    down, up = pedal[np.maximum(row, 0)].T
    return (row >= 0) & (notes.offset <= up + together), down


def _sounding(notes: TimedNotes, pedal: Floats) -> Mask:
    """Return in which intervals a note sounds."""
    begun = np.searchsorted(np.sort(notes.onset), pedal[:, 1], side="left")
    ended = np.searchsorted(np.sort(notes.offset), pedal[:, 0], side="right")
    return np.asarray(begun > ended)


def _nearest(moments: Floats, of: Floats) -> np.ndarray:
    """Return the row of the moment that is nearest to each of others."""
    after = np.clip(np.searchsorted(moments, of), 1, max(len(moments) - 1, 1))
    after = np.minimum(after, len(moments) - 1)
    before = np.maximum(after - 1, 0)
    return np.where(of - moments[before] <= moments[after] - of, before, after)
