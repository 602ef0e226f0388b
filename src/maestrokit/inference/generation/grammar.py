"""Which events may come next, so that what is generated is always a valid performance.

A note-on needs a key of the piano that is up, a note-off one that is down, at least one step after its note-on. Within
a step note-offs come before note-ons, as in the encoding; a velocity is followed by a note-on, and time by an event. So
every sequence is one that :func:`maestrokit.music.encodings.events.encode` could have written, except for the order of
note-ons within a step.
"""

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH


class Grammar:
    """The state of the keys after the events so far, for several sequences at once.

    Parameters
    ----------
    rows : int
        Number of sequences.
    encoding : Encoding
    longest_silence : int, in steps
        Longest wait while no key is down. Default is 3 seconds.
    longest_wait : int, in steps
        Longest wait while keys are down. Default is 10 seconds.
    longest_hold : int, in steps
        A key that has been down for this long is released next. Default is 12 seconds.
    """

    def __init__(
        self,
        rows: int,
        encoding: Encoding,
        *,
        longest_silence: int | None = None,
        longest_wait: int | None = None,
        longest_hold: int | None = None,
    ) -> None:
        self.encoding = encoding
        self.longest_silence = 3 * encoding.shifts if longest_silence is None else longest_silence
        self.longest_wait = 10 * encoding.shifts if longest_wait is None else longest_wait
        self.longest_hold = 12 * encoding.shifts if longest_hold is None else longest_hold
        self.down = np.zeros((rows, 128), bool)
        self.struck_at = np.zeros((rows, 128), np.int64)
        self.struck_now = np.zeros((rows, 128), bool)
        self.must_strike = np.zeros(rows, bool)
        self.has_velocity = np.zeros(rows, bool)
        self.waited = np.zeros(rows, np.int64)
        self.step = np.zeros(rows, np.int64)
        self.ended = np.zeros(rows, bool)
        self.pedal = np.zeros(rows, bool)
        self._shifts = np.arange(1, encoding.shifts + 1)
        self._kinds = np.array([0, encoding.first_off, encoding.first_shift, encoding.first_velocity, encoding.begin])
        self._kind_sizes = np.diff(self._kinds, append=encoding.size)

    def allowed(self) -> Mask:
        """Return which events may come next, (rows, vocabulary); of an ended sequence only ``end``."""
        encoding = self.encoding
        rows = len(self.down)
        mask = np.zeros((rows, encoding.size), bool)
        keys = slice(LOWEST_PITCH, HIGHEST_PITCH + 1)
        free = ~self.must_strike[:, None]
        mask[:, keys] = ~self.down[:, keys] & self.has_velocity[:, None]
        releases = slice(encoding.first_off, encoding.first_off + 128)
        striking, sounding = (np.asarray(keys_.any(axis=1)) for keys_ in (self.struck_now, self.down))
        mask[:, releases] = self.down & ~striking[:, None] & free
        room = np.where(sounding, self.longest_wait, self.longest_silence) - self.waited
        held = np.where(self.down, self.step[:, None] - self.struck_at, 0)
        room = np.minimum(room, np.maximum(self.longest_hold - held.max(1), 1))
        room[self.must_strike] = 0
        mask[:, encoding.first_shift : encoding.first_velocity] = self._shifts <= room[:, None]
        mask[:, encoding.first_velocity : encoding.begin] = free & ~np.asarray(self.down[:, keys].all(axis=1))[:, None]
        mask[:, encoding.end] = ~self.must_strike
        if encoding.pedal_events:
            mask[:, encoding.pedal_up] = self.pedal & ~self.must_strike
            mask[:, encoding.pedal_up + 1] = ~self.pedal & ~self.must_strike
        overdue = held >= self.longest_hold
        is_due = overdue.any(1) & ~striking & ~self.must_strike
        mask[is_due] = False
        mask[is_due, releases] = overdue[is_due]
        mask[self.ended] = False
        mask[self.ended, encoding.end] = True
        return mask

    def permitted(self, logits: Floats, allowed: Mask) -> Floats:
        """Return logits of the events that are allowed, -inf for the others.

        The probability of events of a kind (note-ons, note-offs, waits, velocities) that are not allowed is given to
        those of the same kind that are: a model that is sure of a note-off, but not of its key, releases one that is
        down; otherwise it would prefer other events, and hold more and more keys.

        Parameters
        ----------
        logits : float64, shape (rows, vocabulary)
        allowed : bool, shape (rows, vocabulary)
        """
        probability = np.exp(logits - logits.max(1, keepdims=True))
        share = np.add.reduceat(probability, self._kinds, axis=1)  # (rows, kinds)
        permitted_share = np.add.reduceat(np.where(allowed, probability, 0.0), self._kinds, axis=1)
        raised = np.log(np.where(permitted_share > 0, share, 1.0) / np.where(permitted_share > 0, permitted_share, 1.0))
        return np.asarray(np.where(allowed, logits + np.repeat(raised, self._kind_sizes, axis=1), -np.inf))

    def update(self, tokens: Integers) -> None:
        """Append one event to each sequence."""
        encoding, rows = self.encoding, np.arange(len(tokens))
        key = tokens % 128
        on, off = tokens < encoding.first_off, (tokens >= encoding.first_off) & (tokens < encoding.first_shift)
        shift = (tokens >= encoding.first_shift) & (tokens < encoding.first_velocity)
        self.down[rows[on], key[on]] = self.struck_now[rows[on], key[on]] = True
        self.struck_at[rows[on], key[on]] = self.step[rows[on]]
        self.down[rows[off], key[off]] = False
        self.struck_now[shift] = False
        wait = np.where(shift, tokens - encoding.first_shift + 1, 0)
        self.step += wait
        self.waited = np.where(shift, self.waited + wait, 0)
        self.must_strike = (tokens >= encoding.first_velocity) & (tokens < encoding.begin)
        self.has_velocity |= self.must_strike
        self.ended |= tokens == encoding.end
        if encoding.pedal_events:
            self.pedal = np.where(tokens == encoding.pedal_up, False, self.pedal | (tokens == encoding.pedal_up + 1))
