"""What a whole piece has brought before, mixed into what a model of notes expects of each next note.

For each factor of a note the earlier notes are counted, each by how alike its memory and state are to those of now
(:mod:`maestrokit.inference.note_models.recurrence`). A note makes its own value likely, and those near it, by an
exponential kernel; where its duration ended with other notes, it makes likely that this one does. What cannot be is
left out.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.inference.note_models.recurrence import TINY, FactorRecurrence, Numbers, Recurrence, memories, unit
from maestrokit.music.encodings.key_state import GROUPS
from maestrokit.music.encodings.notes import DURATION_EDGES, FACTORS, TIME_EDGES, classes
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.piano_range import LOWEST_PITCH

CHUNK = 256  # positions that are looked at together
AFTER_PITCH = ("velocity", "duration")
"""Factors whose key is known."""
EDGES = {"time": TIME_EDGES, "duration": DURATION_EDGES}


class Expected(NamedTuple):
    """A piece, and what a model expects at each of its positions: one before each note, and one before the end."""

    notes: StepNotes
    states: Numbers
    """(positions, width)."""
    log_probability: Mapping[str, Numbers]
    """Of each factor, (positions, its classes), -inf of what cannot be."""
    targets: Mapping[str, Integers]
    """The classes that came, (positions,) of each factor; at the end only that of time counts."""


class Likeness(NamedTuple):
    """How alike some positions of a piece are to the earlier ones that count."""

    rows: slice
    by_keys: Numbers
    """Cosines between the memories of keys, less 1, (rows, earlier positions)."""
    by_states: Numbers
    """Cosines between the states, less 1, (rows, earlier positions)."""
    is_earlier: Numbers
    """1 where a position is earlier by more than the newest notes, else 0, (rows, earlier positions)."""

    @classmethod
    def of(cls, keys: Numbers, states: Numbers, rows: slice, *, newest: int) -> "Likeness":
        """Return that of some positions, given the memories and the states of all."""
        earlier = max(rows.stop - 1 - newest, 0)
        is_earlier = np.arange(earlier) < np.arange(rows.start, rows.stop)[:, None] - newest
        by_keys, by_states = (vectors[rows] @ vectors[:earlier].T - 1 for vectors in (keys, states))
        return cls(rows, by_keys, by_states, is_earlier.astype(np.float32))


def recalled(piece: Expected, recurrence: Recurrence) -> dict[str, Numbers]:
    """Return log-probabilities of each factor, (positions, its classes), with what recurs in the piece."""
    keys, states = memories(piece.notes.pitch - LOWEST_PITCH, recurrence.notes), unit(piece.states)
    result = {name: np.empty_like(own) for name, own in piece.log_probability.items()}
    for first in range(0, len(states), CHUNK):
        rows = slice(first, min(first + CHUNK, len(states)))
        likeness = Likeness.of(keys, states, rows, newest=recurrence.newest)
        for name in FACTORS:
            result[name][rows] = mixed(piece, name, getattr(recurrence, name), likeness)
    return result


def mixed(piece: Expected, name: str, settings: FactorRecurrence, likeness: Likeness) -> Floats:
    """Return log-probabilities of a factor at some positions, (rows, classes), with what recurs there."""
    own = piece.log_probability[name][likeness.rows]
    again = np.where(np.isneginf(own), 0.0, _evidence(piece, name, settings, likeness)).astype(np.float64)
    total = again.sum(axis=1)
    entropy = -(np.exp(own) * np.maximum(own, np.log(TINY))).sum(axis=1)
    share = settings.share(total, entropy)
    with np.errstate(divide="ignore"):
        log_again = np.log(again / np.maximum(total, TINY)[:, None]) + np.log(share)[:, None]
    return np.asarray(np.logaddexp(own + np.log1p(-share)[:, None], log_again))


def _evidence(piece: Expected, name: str, settings: FactorRecurrence, likeness: Likeness) -> Floats:
    """Return how much the earlier notes count together for each class of a factor, (rows, classes)."""
    earlier = slice(0, likeness.by_keys.shape[1])
    log_counts = np.float32(settings.key_sharpness) * likeness.by_keys
    log_counts += np.float32(settings.state_sharpness) * likeness.by_states
    if name in AFTER_PITCH:
        key = piece.targets["pitch"]
        log_counts -= np.float32(settings.other_key_penalty) * (key[likeness.rows, None] != key[earlier])
    counts = np.exp(log_counts) * likeness.is_earlier
    own = piece.log_probability[name][likeness.rows]
    target = piece.targets[name][earlier]
    if name != "duration":
        return _spread(counts @ _ones(target, own.shape[1]), name, settings.spread)
    is_new = target >= GROUPS
    value = classes(piece.notes.offset[earlier] - piece.notes.onset[earlier], DURATION_EDGES)
    new = _spread((counts * is_new) @ _ones(value, own.shape[1] - GROUPS), name, settings.spread)
    groups = np.exp(own[:, :GROUPS])
    groups /= np.maximum(groups.sum(axis=1, keepdims=True), TINY)
    return np.concatenate(((counts @ ~is_new)[:, None] * groups, new), axis=1)


def _spread(evidence: Numbers, name: str, spread: float) -> Floats:
    """Return evidence for each class of a factor that others near it have a part in."""
    return np.asarray(evidence if name == "pitch" else evidence @ kernel(name, evidence.shape[1], spread))


@lru_cache(maxsize=64)
def kernel(name: str, size: int, spread: float) -> Floats:
    """Return how likely each class is, (size, size), where one recurs; the end of a piece does not.

    >>> kernel("velocity", 3, 1.0).round(2).tolist()
    [[0.67, 0.24, 0.09], [0.21, 0.58, 0.21], [0.09, 0.24, 0.67]]
    """
    position, width = np.arange(size, dtype=float), np.ones(size)
    if name in EDGES:
        edges = EDGES[name][: size + 1]
        low, high = edges[:-1], np.minimum(edges[1:] - 1, 2 * edges[:-1])  # of the last class, which has no end
        position[: len(low)], width[: len(low)] = np.log((low + high) / 2 + 2), high - low + 1.0
        width[len(low) :] = 0.0  # of the end of a piece
    likely = np.exp(-np.abs(position[:, None] - position) / spread) * width
    return np.asarray(likely / np.maximum(likely.sum(axis=1, keepdims=True), TINY))


def _ones(values: Integers, size: int) -> Numbers:
    """Return a row for each value, 1 in its column, else 0."""
    result = np.zeros((len(values), size), np.float32)
    result[np.arange(len(values)), values] = 1
    return result
