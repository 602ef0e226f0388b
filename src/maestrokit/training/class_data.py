"""Batches of excerpts of performances and their classes."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from maestrokit.arrays import Floats
from maestrokit.bounds import LARGEST_COUNT, SHARE, Within, check_fields
from maestrokit.music.excerpts import SECONDS, Roll, excerpt_starts, roll_of
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.training.class_excerpts import ExcerptAugmentation, sample_random, sample_roll, sample_shuffled

OF_PERFORMANCES = 0.6  # share of unknown excerpts that are of performances, if there are any of no class
RANDOM = 0.6  # share of the others that are of random notes

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
    loudness: Annotated[float, Within(0, 10)] = 0.15
    """Standard deviation of the logarithms of a factor and of an exponent of the velocities of an excerpt."""
    dropped_notes: Annotated[float, Within(0, 1, below=True)] = 0.15
    """Largest share of the notes of an excerpt that are left out."""
    matched: Annotated[float, SHARE] = 0.25
    """Share of the excerpts in which density, loudness and the length of notes are made equal, so that what is learnt
    does not depend on them alone."""
    unknown: Annotated[float, Within(0, 1, below=True)] = 0.12
    """Share of the excerpts that are of the class ``unknown``, which all models have: performances of that class, if
    there are any, shuffled pitches, and random notes. 0 leaves the class out."""
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
    unknown : sequence of TimedNotes
        Performances to learn from that are of no class of these.
    works : mapping from classes to sequences of str, optional
        The works that the performances to learn from are of: one of a work with four is drawn half as often as one of a
        work with none else. Default is that each is of a work of its own.
    """

    def __init__(
        self,
        train: Mapping[str, Sequence[TimedNotes]],
        validation: Mapping[str, Sequence[TimedNotes]],
        options: ClassOptions,
        *,
        seed: int = 0,
        unknown: Sequence[TimedNotes] = (),
        works: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.names, self.options, self.seed = list(train), options, seed
        self._augmentation = ExcerptAugmentation(
            options.transpose, options.stretch, options.loudness, options.dropped_notes, options.matched
        )
        self._unknown = list(unknown)
        self._share = [_shares(list(range(len(train[name]))) if works is None else works[name]) for name in self.names]
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
        """Return ``rolls``, (batch, rolls, frames, keys), and ``target``, (batch,), of which unknown is the last."""
        generator = np.random.default_rng([self.seed, epoch, index])
        targets = generator.integers(len(self.names), size=self.options.batch)
        targets[generator.random(self.options.batch) < self.options.unknown] = len(self.names)
        return _stacked([self._sample(int(target), generator) for target in targets], targets)

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

    def _sample(self, target: int, generator: np.random.Generator) -> Roll:
        """Return a random excerpt of a random performance of a class, or of what is unknown."""
        if target < len(self.names):
            return sample_roll(self._performance(target, generator), self._augmentation, generator)
        if self._unknown and generator.random() < OF_PERFORMANCES:
            one = self._unknown[int(generator.integers(len(self._unknown)))]
            return sample_roll(one, self._augmentation, generator)
        if generator.random() < RANDOM:
            return sample_random(generator)
        return sample_shuffled(self._performance(int(generator.integers(len(self.names))), generator), generator)

    def _performance(self, row: int, generator: np.random.Generator) -> TimedNotes:
        return self._train[row][int(generator.choice(len(self._train[row]), p=self._share[row]))]


def _shares(works: Sequence[Hashable]) -> Floats:
    """Return how probable each performance is, by its work; more performances of a work make it more probable.

    >>> _shares(["sonata", "sonata", "sonata", "sonata", "etude"]).round(3).tolist()
    [0.167, 0.167, 0.167, 0.167, 0.333]
    """
    counts = Counter(works)
    share = np.array([counts[work] ** -0.5 for work in works])
    return np.asarray(share / share.sum(), np.float64)


def _stacked(rolls: Sequence[Roll], targets: np.ndarray) -> dict[str, Tensor]:
    return {"rolls": torch.from_numpy(np.stack(rolls)), "target": torch.from_numpy(targets.astype(np.int64))}
