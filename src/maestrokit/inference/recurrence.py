"""What a piece has brought before, as a distribution of the next key: a continuous cache [1] beside a model of notes.

Of each note of a piece there is a memory of the keys before it, each fading with every note after it. The next key is
likely to be one that followed similar memories. How much this counts against the model depends on how many such notes
there are, and on how similar their memories are to that of now.

References
----------
.. [1] E. Grave, A. Joulin, N. Usunier, "Improving Neural Language Models with a Continuous Cache", ICLR 2017.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.bounds import Within, check_fields
from maestrokit.errors import BadDataError, UsageError
from maestrokit.music.piano_range import KEYS

ROOM = 256  # notes for which there is room at first
CHUNK = 256  # notes of a whole piece that are looked at together
TINY = 1e-30
Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Recurrence:
    """How the earlier notes of a piece count."""

    notes: Annotated[float, Within(0, 1000, above=True)] = 8.0
    """Notes in which a key fades to 1 / e in the memory."""
    newest: Annotated[int, Within(0, 100_000, whole=True)] = 16
    """The newest notes, which do not count yet."""
    sharpness: Annotated[float, Within(0, 1000)] = 40.0
    """Times the cosine of two memories less 1, the logarithm of how much a note counts."""
    offset: Annotated[float, Within(-1000, 1000)] = 1.0
    """Log-odds of what recurs against the model where the earlier notes count as one with the same memory,"""
    slope: Annotated[float, Within(0, 1000)] = 0.8
    """and their rise with the logarithm of how much these count."""

    def __post_init__(self) -> None:
        check_fields(self)

    def share(self, total: Floats) -> Floats:
        """Return the probability of what recurs against the model, given how much the earlier notes count together."""
        log_odds = self.offset + self.slope * np.log(np.maximum(total, TINY))
        return np.where(total > TINY, 1 / (1 + np.exp(-np.clip(log_odds, -500, 30))), 0.0)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], *, name: str) -> "Recurrence | None":
        """Return the ``recurrence`` of a ``config.json``, None if it has none; BadDataError if it is not valid."""
        try:
            return cls(**config["recurrence"]) if "recurrence" in config else None
        except (TypeError, UsageError) as error:
            raise BadDataError(f"cannot use '{name}': its recurrence makes no sense ({error})", path=name) from None


class Recurring(NamedTuple):
    """What recurs at some notes."""

    log_probability: Floats
    """Of each key, (notes, KEYS); -inf where it does not recur."""
    share: Floats
    """Of what recurs against the model, 0..1, (notes,); 0 where no key recurs."""

    def mixed(self, logits: Floats) -> Floats:
        """Return log-probabilities of keys, (notes, KEYS), given the logits of the model, -inf of impossible keys."""
        own = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        with np.errstate(divide="ignore"):
            log_share = np.log(self.share)[:, None]
        return np.asarray(np.logaddexp(own + np.log1p(-self.share)[:, None], self.log_probability + log_share))


def recurring(key: Integers, blocked: Mask, recurrence: Recurrence) -> Recurring:
    """Return what recurs at each note of a piece.

    Parameters
    ----------
    key : int, shape (notes,)
        0..87.
    blocked : bool, shape (notes, KEYS)
        Keys that cannot be struck.
    """
    return of_evidence(evidence_of(key, recurrence), blocked, recurrence)


def evidence_of(key: Integers, recurrence: Recurrence) -> Floats:
    """Return how much the earlier notes of each key count at each note of a piece, (notes, KEYS)."""
    memories = _memories(key, recurrence.notes)
    evidence = np.zeros((len(key), KEYS))
    struck = np.zeros((len(key), KEYS), np.float32)
    struck[np.arange(len(key)), key] = 1
    for first in range(0, len(key), CHUNK):
        rows = slice(first, min(first + CHUNK, len(key)))
        known = max(rows.stop - 1 - recurrence.newest, 0)
        counts = _counts(memories[rows] @ memories[:known].T, recurrence)
        is_known = np.arange(known) < np.arange(rows.start, rows.stop)[:, None] - recurrence.newest
        evidence[rows] = (counts * is_known) @ struck[:known]
    return evidence


class EarlierNotes:
    """The notes of several pieces so far, which have notes at the same time, each with the memory before it.

    Without a recurrence nothing is remembered, and nothing recurs.
    """

    def __init__(self, recurrence: Recurrence | None, rows: int) -> None:
        self.recurrence, self.count = recurrence, 0
        self.memory = np.zeros((rows, KEYS), np.float32)
        self.memories = np.zeros((rows, ROOM, KEYS), np.float32)
        self.keys, self.onsets = np.zeros((rows, ROOM), np.int64), np.zeros((rows, ROOM), np.int64)

    def add(self, onset: Integers, key: Integers) -> None:
        """Remember the newest notes, by their onsets and keys 0..87, (rows,) each."""
        if self.recurrence is None:
            return
        if self.count == self.keys.shape[1]:
            self.memories = np.concatenate((self.memories, np.zeros_like(self.memories)), axis=1)
            self.keys, self.onsets = (np.concatenate((a, np.zeros_like(a)), axis=1) for a in (self.keys, self.onsets))
        self.memories[:, self.count] = _unit(self.memory)
        self.keys[:, self.count], self.onsets[:, self.count] = key, onset
        self.memory = _after(self.memory, key, self.recurrence.notes)
        self.count += 1

    def keep(self, rows: Mask) -> None:
        """Drop the other pieces."""
        self.memory, self.memories = self.memory[rows], self.memories[rows]
        self.keys, self.onsets = self.keys[rows], self.onsets[rows]

    def cosine(self, row: int, notes: slice) -> Numbers:
        """Return the cosines of the memories of some notes of a piece with that of now."""
        return np.asarray(self.memories[row, notes] @ _unit(self.memory[row]))


def _memories(key: Integers, notes: float) -> Numbers:
    """Return the memory before each note, of length 1, or 0 before the first, (notes, KEYS)."""
    memory, result = np.zeros((1, KEYS), np.float32), np.zeros((len(key), KEYS), np.float32)
    for row, one in enumerate(key):
        result[row] = memory[0]
        memory = _after(memory, np.array([one]), notes)
    return _unit(result)


def _after(memory: Numbers, key: Integers, notes: float) -> Numbers:
    """Return memories, (rows, KEYS), after one more note each."""
    faded = memory * np.float32(np.exp(-1 / notes))
    faded[np.arange(len(key)), key] += 1
    return faded


def _unit(memory: Numbers) -> Numbers:
    """Return memories of length 1, or 0 where they are empty."""
    return np.asarray(memory / np.maximum(np.linalg.norm(memory, axis=-1, keepdims=True), 1e-6), np.float32)


def _counts(cosine: Numbers, recurrence: Recurrence) -> Numbers:
    """Return how much notes count by the cosine of their memories with that of now."""
    return np.asarray(np.exp(np.float32(recurrence.sharpness) * (cosine - 1)))


def of_evidence(evidence: Floats, blocked: Mask, recurrence: Recurrence) -> Recurring:
    """Return what recurs, given how much the earlier notes of each key count and the keys that cannot be struck.

    Shape
    -----
    evidence, blocked : (notes, KEYS)
    """
    evidence = np.where(blocked, 0.0, evidence)
    total = evidence.sum(axis=1)
    with np.errstate(divide="ignore"):
        return Recurring(np.log(evidence / np.maximum(total, TINY)[:, None]), recurrence.share(total))
