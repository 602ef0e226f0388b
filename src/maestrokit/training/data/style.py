"""Batches of segments of two sets of performances, each drawn without regard to the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from maestrokit.bounds import LARGEST_COUNT, Within, check_fields
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.rolls.segments import SECONDS, Rolls, rolls_of

SETS = ("first", "second")
SHORTEST_EPOCH = 1000  # batches; a state, such as pools of earlier segments, lasts for an epoch


@dataclass(frozen=True)
class StyleOptions:
    """Settings of the data of a network that transfers style."""

    from_: str = ""
    """The first set, as COLUMN=TEXT of the table of MAESTRO (composer=Bach). Empty where folders or a table of files
    say the sets."""
    to: str = ""
    """The second set, likewise."""
    batch: Annotated[int, Within(1, 100_000)] = 16
    """Segments of each set per batch, of 6.4 s; the generators learn from a quarter of them."""
    transpose: Annotated[int, Within(0, 24)] = 1
    """Largest transposition of a segment, in semitones. Large ones hide which registers a set has."""
    stretch: Annotated[float, Within(0, 1, below=True)] = 0.1
    """Largest change of the tempo of a segment, as a share of it."""
    validation_segments: Annotated[int, Within(2, LARGEST_COUNT)] = 256
    """Segments of each set to validate on, spread over its performances."""

    def __post_init__(self) -> None:
        check_fields(self)


class StyleData:
    """Random segments of two sets; an epoch is as long as the longer of them, or of a thousand batches.

    Parameters
    ----------
    train, validation : two sequences of TimedNotes
        The performances of the two sets, with offsets where the sound ends.
    options : StyleOptions
    seed : int
    """

    def __init__(
        self,
        train: Sequence[Sequence[TimedNotes]],
        validation: Sequence[Sequence[TimedNotes]],
        options: StyleOptions,
        *,
        seed: int = 0,
    ) -> None:
        self.options, self.seed = options, seed
        self._train, self._validation = train, validation
        seconds = [np.array([_room(notes) + SECONDS for notes in performances]) for performances in train]
        self._seconds = max(float(lengths.sum()) for lengths in seconds)
        self._share = [lengths / lengths.sum() for lengths in seconds]

    def batches(self, epoch: int) -> int:
        """Return how many batches an epoch has."""
        return max(SHORTEST_EPOCH, round(self._seconds / SECONDS / self.options.batch))

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return ``first`` and ``second``, both (batch, planes, steps, keys)."""
        generator = np.random.default_rng([self.seed, epoch, index])
        rows = range(self.options.batch)
        return {name: _stacked([self._sample(row, generator) for _ in rows]) for row, name in enumerate(SETS)}

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return one batch of held-out segments as they were played, with as many of those that are learnt from."""
        count = self.options.validation_segments
        parts = {"": self._validation, "known_": self._train}
        yield {
            f"{prefix}{name}": _stacked(spread_segments(performances, count))
            for prefix, sets in parts.items()
            for name, performances in zip(SETS, sets, strict=True)
        }

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return 1

    def _sample(self, row: int, generator: np.random.Generator) -> Rolls:
        """Return a random segment of a set, transposed, faster or slower."""
        notes = self._train[row][int(generator.choice(len(self._train[row]), p=self._share[row]))]
        tempo = 1 + self.options.stretch * generator.uniform(-1, 1)
        semitones = int(generator.integers(-self.options.transpose, self.options.transpose + 1))
        start = float(notes.onset[0]) + generator.uniform(0, _room(notes) + 1e-9)
        return rolls_of(notes, start=start, semitones=semitones, tempo=tempo)


def spread_segments(performances: Sequence[TimedNotes], count: int) -> list[Rolls]:
    """Return segments spread evenly over performances, one after another."""
    rooms = np.array([_room(notes) for notes in performances])
    ends = np.cumsum(rooms + SECONDS)
    at = (np.arange(count) + 0.5) / count * ends[-1]
    rows = np.searchsorted(ends, at)
    inside = np.minimum(at - (ends - rooms - SECONDS)[rows], rooms[rows])
    return [
        rolls_of(performances[row], start=float(performances[row].onset[0] + time))
        for row, time in zip(rows, inside, strict=True)
    ]


def _room(notes: TimedNotes) -> float:
    """Return how much later than the first onset a segment can begin, in seconds."""
    return max(0.0, float(notes.onset[-1] - notes.onset[0]) - SECONDS)


def _stacked(segments: Sequence[Rolls]) -> Tensor:
    return torch.from_numpy(np.stack(segments))
