"""Batches of excerpts of performances and their classes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from maestrokit.bounds import LARGEST_COUNT, Within, check_fields
from maestrokit.music.excerpts import SECONDS, Roll, Variation, excerpt_starts, roll_of
from maestrokit.music.note_arrays import TimedNotes

Window = tuple[TimedNotes, float]
"""A performance, and where an excerpt of it begins, in seconds."""


@dataclass(frozen=True)
class ClassOptions:
    """Settings of the data of a network that classifies."""

    batch: Annotated[int, Within(1, 100_000)] = 32
    """Excerpts of 20 s per batch."""
    column: str = "composer"
    """Column of the tables of MAESTRO that says the class of a performance; names with " / " in it are left out. Other
    files have their class from a table of files and classes, else from their folder."""
    classes: Annotated[int, Within(0, LARGEST_COUNT)] = 0
    """Number of classes to learn: those with the most performances in the training part; 0 learns all."""
    transpose: Annotated[int, Within(0, 24)] = 3
    """Largest transposition of an excerpt, in semitones."""
    stretch: Annotated[float, Within(0, 1, below=True)] = 0.15
    """Largest change of the tempo of an excerpt, as a share of it."""
    validation_excerpts: Annotated[int, Within(1, LARGEST_COUNT)] = 4
    """Excerpts of each performance to validate on, spread over it."""

    def __post_init__(self) -> None:
        check_fields(self)


class ClassData:
    """Random excerpts, of all classes equally often; an epoch is as long as all performances together.

    Parameters
    ----------
    train, validation : mapping from classes to sequences of TimedNotes
        The performances of each class, in the order of the outputs; offsets are where the sound ends.
    options : ClassOptions
    seed : int
    """

    def __init__(
        self,
        train: Mapping[str, Sequence[TimedNotes]],
        validation: Mapping[str, Sequence[TimedNotes]],
        options: ClassOptions,
        *,
        seed: int = 0,
    ) -> None:
        self.names, self.options, self.seed = list(train), options, seed
        self._train = [list(train[name]) for name in self.names]
        self._held_out = [
            [(notes, start) for notes in validation.get(name, ()) for start in self._validation_starts(notes)]
            for name in self.names
        ]

    def batches(self, epoch: int) -> int:
        """Return how many batches an epoch has."""
        seconds = sum(float(notes.onset[-1] - notes.onset[0]) for part in self._train for notes in part)
        return max(1, round(seconds / SECONDS / self.options.batch))

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return ``rolls``, (batch, rolls, frames, keys), and ``target``, (batch,)."""
        generator = np.random.default_rng([self.seed, epoch, index])
        targets = generator.integers(len(self.names), size=self.options.batch)
        return _stacked([self._sample_roll(int(target), generator) for target in targets], targets)

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return batches of excerpts as they were played; by ``weight``, (batch,), all classes count equally."""
        windows = [(window, row) for row, part in enumerate(self._held_out) for window in part]
        counts = np.array([len(part) for part in self._held_out])
        for first in range(0, len(windows), self.options.batch):
            chosen = windows[first : first + self.options.batch]
            targets = np.array([row for _, row in chosen])
            batch = _stacked([roll_of(*window) for window, _ in chosen], targets)
            yield {**batch, "weight": torch.from_numpy((1 / counts[targets]).astype(np.float32))}

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return -(-sum(map(len, self._held_out)) // self.options.batch)

    def _validation_starts(self, notes: TimedNotes) -> list[float]:
        return [float(start) for start in excerpt_starts(notes, most=self.options.validation_excerpts)]

    def _sample_roll(self, target: int, generator: np.random.Generator) -> Roll:
        """Return a random excerpt of a random performance of a class, transposed and at another tempo."""
        performances, options = self._train[target], self.options
        notes = performances[int(generator.integers(len(performances)))]
        semitones = int(generator.integers(-options.transpose, options.transpose + 1))
        tempo = float(generator.uniform(1 - options.stretch, 1 + options.stretch))
        room = max(0.0, float(notes.onset[-1] - notes.onset[0]) - SECONDS * tempo)
        return roll_of(notes, float(notes.onset[0] + generator.uniform(0, room)), Variation(semitones, tempo))


def _stacked(rolls: Sequence[Roll], targets: np.ndarray) -> dict[str, Tensor]:
    return {"rolls": torch.from_numpy(np.stack(rolls)), "target": torch.from_numpy(targets.astype(np.int64))}
