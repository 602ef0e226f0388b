"""The keys of a piano during generation, for several performances at once, so that every note can be played."""

from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.inference.generation.loops import Loops
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.key_state import MEMORIES, EndGroups, KeyStates, end_groups
from maestrokit.music.encodings.notes import NoteInputs, begin_inputs, inputs_at, joinable_at, sounding_and_blocked
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.piano_range import LOWEST_PITCH


class NextOnset(NamedTuple):
    """The next onset of each performance, before its key is known."""

    now: Integers
    """(rows,), steps."""
    sounding: Mask
    """(rows, keys): keys that sound."""
    blocked: Mask
    """(rows, keys): keys that cannot have an onset; never all."""
    groups: EndGroups

    def select(self, rows: Mask) -> "NextOnset":
        """Return the next onsets of some of the performances."""
        groups = EndGroups(self.groups.offset[rows], self.groups.features[rows])
        return NextOnset(self.now[rows], self.sounding[rows], self.blocked[rows], groups)


class Keyboard:
    """The keys of several performances, and the last note of each.

    Parameters
    ----------
    rows : int
        Number of performances.
    encoding : Encoding
    """

    def __init__(self, rows: int, encoding: Encoding) -> None:
        self.encoding = encoding
        self.states = KeyStates.silent(rows)
        self.last, self.key = np.zeros(rows, np.int64), np.full(rows, -1)
        self.note_count, self.loops = 0, Loops(rows)
        self._inputs = begin_inputs(rows, encoding)

    def inputs(self) -> NoteInputs:
        """Return the inputs of a model at the newest notes, or at the beginning."""
        return self._inputs

    def joinable(self) -> Mask:
        """Return whether another key can have the same onset as the newest note."""
        return joinable_at(self.states, self.key, self.last)

    def silent_from(self) -> Integers:
        """Return the step from which nothing sounds, (rows,)."""
        return np.asarray(np.maximum(self.states.offset.max(axis=1), self.last))

    def density(self) -> Floats:
        """Return the recent notes per second, (rows,), by the longest memory of the keys."""
        age = (self.last[:, None] - self.states.onset) * self.encoding.step
        memory = self.states.strength[:, -1] * np.exp(-age / MEMORIES[-1])
        return np.asarray(memory.sum(axis=1) / MEMORIES[-1])

    def after(self, delta: Integers) -> NextOnset:
        """Return the onsets `delta` steps after the newest ones, or as soon as a key is free then."""
        now = np.maximum(self.last + delta, self.states.offset.min(1))
        sounding, blocked = sounding_and_blocked(self.states, self.key, now - self.last, now)
        return NextOnset(now, sounding, blocked, end_groups(self.states, now, step=self.encoding.step))

    def play(self, onset: Integers, offset: Integers, key: Integers, velocity_bin: Integers) -> None:
        """Append a note to each performance."""
        rows, notes = np.arange(len(key)), StepNotes(onset, offset, key + LOWEST_PITCH, velocity_bin)
        self.states.note(rows, np.full(len(key), self.note_count), notes, step=self.encoding.step)
        self._inputs = inputs_at(self.states, notes, onset - self.last, self.encoding)
        self.last, self.key, self.note_count = onset, key, self.note_count + 1
        self.loops.add(onset, key)

    def preferable(self, upcoming: NextOnset) -> Mask:
        """Return the keys that can be struck then and are not the next of a long loop; any if only those are left."""
        possible = ~upcoming.blocked
        better = possible & ~self.loops.continuing(upcoming.now, step=self.encoding.step)
        return np.asarray(np.where(better.any(axis=1, keepdims=True), better, possible))

    def keep(self, rows: Mask) -> None:
        """Drop the other performances; :meth:`inputs` stay those of the newest notes."""
        self.states = self.states.select(rows)
        self.last, self.key = self.last[rows], self.key[rows]
        self.loops.keep(rows)
        self._inputs = NoteInputs(**{name: column[rows] for name, column in self._inputs._asdict().items()})
