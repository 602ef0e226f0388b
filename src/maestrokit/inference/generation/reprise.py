"""Passages that come back: now and then the next notes are drawn towards an earlier passage of the piece.

People repeat phrases; a small model of notes, sampled note by note, forgets them. So from some notes on, by chance, an
earlier note whose memory of the keys before it is like that of now is followed by those that followed it then: the time
and the key of the next of them gain some nats, and the model decides. A note that was left out is passed over; the
passage ends by chance, after some notes that are not of it, or where it came back, so that it does not go round and
round. The idea is that of templates of self-similarity [1], here of the piece itself.

References
----------
.. [1] S. Lattner, M. Grachten, G. Widmer, "Imposing Higher-Level Structure in Polyphonic Music Generation using
   Convolutional Restricted Boltzmann Machines and Constraints", Journal of Creative Music Systems 2, 2018.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.bounds import SHARE, Within, check_fields
from maestrokit.inference.note_models.recurrence import EarlierNotes
from maestrokit.music.encodings.notes import TIME_EDGES, classes

NEWEST = 40  # notes before the present with which no passage begins
FIRST = 8  # notes of a piece with which none begins: little was before them
SHARPNESS = 20.0  # times the cosine of two memories, the logarithm of how likely a passage begins there
AHEAD = 4  # notes among which the one that was played is looked for
MISSES = 4  # notes that are not of the passage, more than those that are, at which it ends
NOWHERE = -1
Generators = Sequence[np.random.Generator]


@dataclass(frozen=True)
class RepriseConfig:
    """How often passages come back, for how long, and how literally."""

    probability: Annotated[float, SHARE] = 0.0
    """That one begins to come back at a note."""
    notes: Annotated[float, Within(1, 100_000)] = 300.0
    """For which it comes back on average, if nothing else ends it."""
    time: Annotated[float, Within(0, 100)] = 3.0
    """Nats that are added to the logit of the time of its next note,"""
    pitch: Annotated[float, Within(0, 100)] = 4.0
    """and to that of its key."""

    def __post_init__(self) -> None:
        check_fields(self)


class Reprise:
    """The passages that come back in several pieces, which have notes at the same time."""

    def __init__(self, config: RepriseConfig, earlier: EarlierNotes) -> None:
        self.config, self.earlier = config, earlier
        rows = len(earlier.memory)
        self.position, self.misses = np.full(rows, NOWHERE), np.zeros(rows, np.int64)
        """The earlier note that may come next, and how many notes too many were not of the passage, (rows,)."""
        self.stop = np.zeros(rows, np.int64)
        """The note with which the passage began to come back, (rows,)."""

    def keep(self, rows: Mask) -> None:
        """Drop the other pieces."""
        self.position, self.misses, self.stop = self.position[rows], self.misses[rows], self.stop[rows]
        self.earlier.keep(rows)

    def begin(self, generators: Generators) -> None:
        """Let passages begin to come back by chance."""
        known = self.earlier.count - NEWEST
        if not self.config.probability or known <= FIRST:
            return
        for row in np.flatnonzero(self.position == NOWHERE).tolist():
            if generators[row].random() < self.config.probability:
                shares = np.cumsum(np.exp(SHARPNESS * (self.earlier.cosine(row, slice(FIRST, known)) - 1)))
                position = FIRST + int(np.searchsorted(shares, generators[row].random() * shares[-1]))
                self.position[row], self.misses[row] = min(position, known - 1), 0
                self.stop[row] = self.earlier.count

    def favour_time(self, logits: Floats) -> None:
        """Add to the logits of times, (rows, times), what passages that come back gain."""
        rows = self._rows()
        onset = self.earlier.onsets
        since = onset[rows, self.position[rows]] - onset[rows, self.position[rows] - 1]
        logits[rows, classes(since, TIME_EDGES)] += self.config.time

    def favoured_pitch(self, logits: Floats) -> Floats:
        """Return the logits of keys, (rows, KEYS), with what passages that come back gain."""
        rows, favoured = self._rows(), logits.copy()
        favoured[rows, self.earlier.keys[rows, self.position[rows]]] += self.config.pitch
        return favoured

    def follow(self, key: Integers, generators: Generators) -> None:
        """Go on after new notes, (rows,), that are not among the earlier ones yet."""
        rows = self._rows()
        if not len(rows):
            return
        ahead = self.earlier.keys[rows[:, None], self.position[rows][:, None] + np.arange(AHEAD)] == key[rows, None]
        is_hit = ahead.any(axis=1)
        position = self.position[rows] + np.where(is_hit, ahead.argmax(axis=1) + 1, 0)
        misses = np.where(is_hit, np.maximum(self.misses[rows] - 1, 0), self.misses[rows] + 1)
        is_over = np.array([generators[row].random() * self.config.notes < 1 for row in rows.tolist()])
        is_over |= (misses >= MISSES) | (position > self.stop[rows] - AHEAD)
        self.position[rows], self.misses[rows] = np.where(is_over, NOWHERE, position), misses

    def _rows(self) -> Integers:
        """Return the pieces in which a passage comes back."""
        return np.flatnonzero(self.position != NOWHERE)
