"""How the earlier notes of a piece count beside a model of notes: a continuous cache [1] for each factor.

Of each note of a piece there are a memory of the keys before it, each fading with every note after it, and the state
of the network that expects it. The next note is likely to be as one whose memory and state were like those of now. How
much this counts against the model depends on how many such notes there are, on how alike they are, and on how much in
doubt the model is; see :mod:`maestrokit.inference.note_models.recall`.

References
----------
.. [1] E. Grave, A. Joulin, N. Usunier, "Improving Neural Language Models with a Continuous Cache", ICLR 2017.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.bounds import Within, check_fields
from maestrokit.errors import BadDataError, UsageError
from maestrokit.music.encodings.notes import FACTORS
from maestrokit.music.piano_range import KEYS

ROOM = 256  # notes for which there is room at first
TINY = 1e-30
Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class FactorRecurrence:
    """How the earlier notes count for one factor of the next.

    An earlier note counts exp(key_sharpness (k - 1) + state_sharpness (s - 1)): k is the cosine between the memory of
    keys before it and that of now, s the cosine between the states of the network. It counts 1 if both are the same.
    """

    key_sharpness: Annotated[float, Within(0, 1000)] = 20.0
    """How fast a note counts less, the less alike the memories of keys are."""
    state_sharpness: Annotated[float, Within(0, 1000)] = 10.0
    """How fast a note counts less, the less alike the states of the network are."""
    other_key_penalty: Annotated[float, Within(0, 1000)] = 0.0
    """What is taken from the exponent for a note of another key: for velocities and durations, whose key is known."""
    spread: Annotated[float, Within(0, 1000, above=True)] = 0.1
    """How far from the value of a note others become likely, by exp(-distance / spread). Distances are in bins of
    velocity, or between logarithms of times and durations in steps, two steps added. Pitches have none."""
    log_odds: Annotated[float, Within(-1000, 1000)] = 0.0
    """Log-odds of the cache against the model where the earlier notes count 1 together and the entropy is 0."""
    count_slope: Annotated[float, Within(0, 1000)] = 0.5
    """How much these log-odds rise with the logarithm of what the earlier notes count together."""
    entropy_slope: Annotated[float, Within(-1000, 1000)] = 0.0
    """How much they rise with the entropy of what the model expects, per nat."""

    def __post_init__(self) -> None:
        check_fields(self)

    def share(self, total: Floats, entropy: Floats) -> Floats:
        """Return the weight of the cache beside the model, 0 to 1: 0 where no earlier note counts.

        Parameters
        ----------
        total : what the earlier notes count together
        entropy : of what the model expects, in nats
        """
        log_odds = self.log_odds + self.count_slope * np.log(np.maximum(total, TINY)) + self.entropy_slope * entropy
        return np.where(total > TINY, 1 / (1 + np.exp(-np.clip(log_odds, -500, 30))), 0.0)


@dataclass(frozen=True)
class Recurrence:
    """How the earlier notes of a piece count."""

    notes: Annotated[float, Within(0, 1000, above=True)] = 6.0
    """Notes in which a key fades to 1 / e in the memory."""
    newest: Annotated[int, Within(0, 100_000, whole=True)] = 16
    """The newest notes, which do not count yet."""
    time: FactorRecurrence = FactorRecurrence(5.0, 33.0, spread=0.07, log_odds=-0.3, count_slope=0.25)
    pitch: FactorRecurrence = FactorRecurrence(22.0, 5.0, log_odds=-0.4, count_slope=0.7, entropy_slope=0.9)
    velocity: FactorRecurrence = FactorRecurrence(10.0, 14.0, other_key_penalty=8.0, spread=0.9, count_slope=0.35)
    duration: FactorRecurrence = FactorRecurrence(8.0, 13.0, other_key_penalty=5.0, spread=0.09, count_slope=0.45)

    def __post_init__(self) -> None:
        check_fields(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], *, name: str) -> "Recurrence | None":
        """Return the ``recurrence`` of a ``config.json``, None if it has none; BadDataError if it is not valid."""
        if "recurrence" not in config:
            return None
        try:
            values = dict(config["recurrence"])
            values |= {factor: FactorRecurrence(**values[factor]) for factor in FACTORS if factor in values}
            return cls(**values)
        except (TypeError, ValueError, UsageError) as error:
            reason = str(error) if isinstance(error, UsageError) else "it has settings that are not known here"
            hint = "take `recurrence` out of its config.json"
            fact = f"cannot use '{name}': `recurrence` in its config.json is not valid ({reason})"
            raise BadDataError(fact, hint, path=name) from None


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
        self.memories[:, self.count] = unit(self.memory)
        self.keys[:, self.count], self.onsets[:, self.count] = key, onset
        self.memory = _after(self.memory, key, self.recurrence.notes)
        self.count += 1

    def keep(self, rows: Mask) -> None:
        """Drop the other pieces."""
        self.memory, self.memories = self.memory[rows], self.memories[rows]
        self.keys, self.onsets = self.keys[rows], self.onsets[rows]

    def cosine(self, row: int, notes: slice) -> Numbers:
        """Return the cosines of the memories of some notes of a piece with that of now."""
        return np.asarray(self.memories[row, notes] @ unit(self.memory[row]))


def memories(key: Integers, notes: float) -> Numbers:
    """Return the memory before each note and after the last, of length 1, or 0 before the first, (notes + 1, KEYS)."""
    memory, result = np.zeros((1, KEYS), np.float32), np.zeros((len(key) + 1, KEYS), np.float32)
    for row, struck in enumerate(key):
        memory = _after(memory, np.array([struck]), notes)
        result[row + 1] = memory[0]
    return unit(result)


def unit(vectors: Numbers) -> Numbers:
    """Return vectors, (.., size), of length 1, or 0 where they are empty."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6), np.float32)


def _after(memory: Numbers, key: Integers, notes: float) -> Numbers:
    """Return memories, (rows, KEYS), after one more note each."""
    faded = memory * np.float32(np.exp(-1 / notes))
    faded[np.arange(len(key)), key] += 1
    return faded
