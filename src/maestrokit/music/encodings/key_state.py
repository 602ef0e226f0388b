"""The state of the keys of a piano at some moment: which sound and for how much longer, and which were struck recently.

All notes are known with their ends, so the state at an onset includes the ends still to come. A
state is made for many moments at once from a piece (:func:`states_after_notes`), or note by note
(:meth:`KeyStates.with_note`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH

MEMORIES = (1.0, 8.0)  # seconds in which a memory of onsets falls to 1 / e
RELEASE = 0.1  # seconds, likewise, for the memory of an end
FEATURES = 4 + len(MEMORIES)  # a key
GROUPS = 8
GROUP_FEATURES = 3
NEVER = -(1 << 40)  # a step before all music

Features = NDArray[np.float32]


class KeyStates(NamedTuple):
    """The newest note of each key, at each of some moments."""

    number: Integers
    """(moments, keys): which note of the piece it is; -1 where there was none."""
    onset: Integers
    """(moments, keys), steps."""
    offset: Integers
    velocity_bin: Integers
    strength: Floats
    """(moments, memories, keys): onsets of the key up to its newest, each weighted by its age at the newest."""

    @classmethod
    def silent(cls, moments: int) -> "KeyStates":
        """Return states before any note."""
        shape = (moments, KEYS)
        never = np.full(shape, NEVER)
        zeros = np.zeros(shape, np.int64)
        return cls(np.full(shape, -1), never, never.copy(), zeros, np.zeros((moments, len(MEMORIES), KEYS)))

    def select(self, moments: Integers | Mask | slice) -> "KeyStates":
        """Return the states at some of the moments."""
        number, onset, offset = self.number[moments], self.onset[moments], self.offset[moments]
        return KeyStates(number, onset, offset, self.velocity_bin[moments], self.strength[moments])

    def note(self, moments: Integers, number: Integers, notes: StepNotes, *, step: float) -> None:
        """Add one note at each of some moments, in place; `step` is in seconds."""
        key = notes.pitch - LOWEST_PITCH
        age = (notes.onset - self.onset[moments, key]) * step
        for memory, fall in enumerate(MEMORIES):
            self.strength[moments, memory, key] = 1 + self.strength[moments, memory, key] * np.exp(-age / fall)
        self.number[moments, key], self.onset[moments, key] = number, notes.onset
        self.offset[moments, key], self.velocity_bin[moments, key] = notes.offset, notes.velocity_bin


def states_after_notes(notes: StepNotes, *, step: float) -> KeyStates:
    """Return the state before the first note, then after each; all keys are those of a piano."""
    count, key = len(notes.pitch), notes.pitch - LOWEST_PITCH
    newest = np.full((count + 1, KEYS), -1)
    newest[np.arange(1, count + 1), key] = np.arange(count)
    np.maximum.accumulate(newest, axis=0, out=newest)
    strength = _strengths(notes, key, step)
    onset, offset = np.append(notes.onset, NEVER), np.append(notes.offset, NEVER)  # -1 takes the last
    velocity_bin, strength = np.append(notes.velocity_bin, 0)[newest], strength[newest].swapaxes(1, 2)
    return KeyStates(newest, onset[newest], offset[newest], velocity_bin, strength)


def _strengths(notes: StepNotes, key: Integers, step: float) -> Floats:
    """Return the memories of each note's key right after its onset, (notes + 1, memories), the last row zero."""
    rows = np.lexsort((notes.onset, key))
    age = np.diff(notes.onset[rows], prepend=0) * step
    is_first = np.diff(key[rows], prepend=-1) != 0
    strength = np.zeros((len(rows) + 1, len(MEMORIES)))
    for memory, fall in enumerate(MEMORIES):
        shares = np.where(is_first, 0.0, np.exp(-np.maximum(age, 0) / fall)).tolist()
        value, values = 0.0, []
        for share in shares:
            value = 1 + share * value
            values.append(value)
        strength[rows, memory] = values
    return strength


def key_features(states: KeyStates, now: Integers, *, step: float, velocity_bins: int) -> Features:
    """Return the features of each key at the moments, (moments, FEATURES * keys).

    Whether it sounds; the logarithm of the time that it still does; how recently it ended; the memories of its onsets,
    and of the velocity of its newest note. No moment is before the newest note of its state.
    """
    left = (states.offset - now[:, None]) * step
    age = (now[:, None] - states.onset) * step
    sounds = left > 0
    parts = [sounds, np.log1p(np.maximum(left, 0.0)), np.where(sounds, 0.0, np.exp(np.minimum(left, 0.0) / RELEASE))]
    parts += [states.strength[:, memory] * np.exp(-age / fall) for memory, fall in enumerate(MEMORIES)]
    parts.append((states.velocity_bin + 1) / velocity_bins * np.exp(-age / MEMORIES[-1]))
    return np.concatenate(parts, axis=1, dtype=np.float32)


class EndGroups(NamedTuple):
    """Sounding notes that end together, the newest first, at each of some moments."""

    offset: Integers
    """(moments, GROUPS), steps; NEVER where there are fewer groups."""
    features: Features
    """(moments, GROUPS, GROUP_FEATURES): logarithms of the time left, of the size, and of the newest note's age."""


def end_groups(states: KeyStates, now: Integers, *, step: float) -> EndGroups:
    """Return the groups of notes that sound at the moments and end together."""
    sounds = states.offset > now[:, None]
    most = max(int(sounds.sum(1).max(initial=0)), 1)
    order = np.argsort(np.where(sounds, -states.number, 1), axis=1)[:, :most]  # the newest sounding key first
    rows = np.arange(len(now))[:, None]
    is_there = sounds[rows, order]
    offset = np.where(is_there, states.offset[rows, order], NEVER)
    same = offset[:, :, None] == offset[:, None, :]  # (moments, notes, notes)
    is_newest = is_there & ~np.tril(same, -1).any(2)
    slot = np.cumsum(is_newest, axis=1) - 1
    moment, note = np.nonzero(is_newest & (slot < GROUPS))
    index = slot[moment, note]
    ends = np.full((len(now), GROUPS), NEVER)
    ends[moment, index] = offset[moment, note]
    features = np.zeros((len(now), GROUPS, GROUP_FEATURES), np.float32)
    features[moment, index, 0] = np.log1p((offset[moment, note] - now[moment]) * step)
    features[moment, index, 1] = np.log(same[moment, note].sum(1))
    features[moment, index, 2] = np.log1p((now[moment] - states.onset[moment, order[moment, note]]) * step)
    return EndGroups(ends, features)
