"""Batches of excerpts of performances or recordings, and their classes."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from maestrokit.analysis.classes import INPUTS, MEL_INPUT, ROLL_INPUT, ClassSource, ExcerptInput, excerpt_of, starts_of
from maestrokit.arrays import Floats
from maestrokit.bounds import LARGEST_COUNT, SHARE, Within, check_fields
from maestrokit.errors import check_choice
from maestrokit.music.rolls.excerpts import SECONDS
from maestrokit.training.data.classes.performances import RollExcerpts
from maestrokit.training.data.classes.recordings import SpectrumExcerpts

OF_SOURCES = 0.6  # share of unknown excerpts that are of performances or recordings, if there are any of no class
RANDOM = 0.6  # share of the others that are of random notes, or of noise


class Sampler(Protocol):
    """Random excerpts of performances, or of recordings."""

    def sample(self, source: Any, generator: np.random.Generator) -> ExcerptInput:
        """Return a random excerpt, varied."""

    def sample_shuffled(self, source: Any, generator: np.random.Generator) -> ExcerptInput:
        """Return a random excerpt that is shuffled so that it is of no class."""

    def sample_random(self, generator: np.random.Generator) -> ExcerptInput:
        """Return an excerpt of nothing that is of a class."""


@dataclass(frozen=True)
class ClassOptions:
    """Settings of the data of a network that classifies."""

    batch: Annotated[int, Within(1, 100_000)] = 32
    """Excerpts of 20 s per batch."""
    input: str = ""
    """What the network reads: ``rolls`` of performances, or ``mel``, the spectra of recordings. Empty is what the data
    are; of a performance and a recording of one name, the recording counts."""
    column: str = "composer"
    """Column of the tables of MAESTRO that says the class; names with " / " in it are left out. Other
    files have their class from a table of files and classes, else from their folder."""
    classes: Annotated[int, Within(0, LARGEST_COUNT)] = 0
    """Number of classes to learn: those with the most files in the training part; 0 learns all."""
    transpose: Annotated[int, Within(0, 24)] = 3
    """Largest transposition of an excerpt, in semitones."""
    stretch: Annotated[float, Within(0, 1, below=True)] = 0.15
    """Largest change of the tempo of an excerpt, as a share of it."""
    equaliser: Annotated[float, Within(0, 60)] = 3.0
    """Standard deviation of the gain, and of a random equaliser, of an excerpt of a recording, in dB."""
    noise: Annotated[float, SHARE] = 0.3
    """Share of the excerpts of recordings to which noise is added."""
    masked: Annotated[float, SHARE] = 0.12
    """Largest share of the frames, and of the keys or bands, that each of two masks silences in an excerpt."""
    loudness: Annotated[float, Within(0, 10)] = 0.15
    """Standard deviation of the logarithms of a factor and of an exponent of the velocities of an excerpt of a
    performance."""
    dropped_notes: Annotated[float, Within(0, 1, below=True)] = 0.15
    """Largest share of the notes of an excerpt of a performance that are left out."""
    matched: Annotated[float, SHARE] = 0.25
    """Share of the excerpts of performances in which density, loudness and the length of notes are made equal, so that
    what is learnt does not depend on them alone."""
    unknown: Annotated[float, Within(0, 1, below=True)] = 0.12
    """Share of the excerpts that are of the class ``unknown``, which all models have: performances or recordings
    of that class, if there are any, shuffled pitches or bands, and random notes or noise. 0 leaves the class out."""
    validation_excerpts: Annotated[int, Within(1, LARGEST_COUNT)] = 4
    """Excerpts of each performance or recording to validate on, spread over it."""

    def __post_init__(self) -> None:
        check_choice("input", self.input, ["", *INPUTS], parameter="input")
        check_fields(self)


class ClassData:
    """Random excerpts, of all classes equally often; an epoch is as long as all performances or recordings together.

    Parameters
    ----------
    train, validation : mapping from classes to sequences of TimedNotes or MelSpectrum
        The performances or recordings of each class, in the order of the outputs.
    options : ClassOptions
    seed : int
    input : {'rolls', 'mel'}
        Which of the two they are.
    unknown : sequence of TimedNotes or MelSpectrum
        Those to learn from that are of no class of these.
    works : mapping from classes to sequences of str, optional
        The works that those to learn from are of: one of a work with four is drawn half as often as one of a
        work with none else. Default is that each is of a work of its own.
    """

    def __init__(
        self,
        train: Mapping[str, Sequence[ClassSource]],
        validation: Mapping[str, Sequence[ClassSource]],
        options: ClassOptions,
        *,
        seed: int = 0,
        input: str = ROLL_INPUT,
        unknown: Sequence[ClassSource] = (),
        works: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.names, self.options, self.seed = list(train), options, seed
        self._sampler = sampler_of(options, input)
        self._unknown = list(unknown)
        self._share = [_shares(list(range(len(train[name]))) if works is None else works[name]) for name in self.names]
        self._train = [list(train[name]) for name in self.names]
        starts = [starts_of(source) for part in self._train for source in part]
        self._seconds = sum(float(start[-1] - start[0]) + SECONDS for start in starts)
        self._held_out = [
            [(source, start) for source in validation.get(name, ()) for start in self._validation_starts(source)]
            for name in self.names
        ]

    def batches(self, epoch: int) -> int:
        """Return how many batches an epoch has."""
        return max(1, round(self._seconds / SECONDS / self.options.batch))

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return ``excerpts``, (batch, planes, frames, keys or bands), and ``target``, (batch,): unknown is last."""
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
            batch = _stacked([excerpt_of(*window) for window, _ in chosen], targets)
            yield {**batch, "weight": torch.from_numpy((1 / counts[targets]).astype(np.float32))}

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return -(-sum(map(len, self._held_out)) // self.options.batch)

    def _validation_starts(self, source: ClassSource) -> list[float]:
        return [float(start) for start in starts_of(source, most=self.options.validation_excerpts)]

    def _sample(self, target: int, generator: np.random.Generator) -> ExcerptInput:
        """Return a random excerpt of something random of a class, or of what is unknown."""
        sampler = self._sampler
        if target < len(self.names):
            return sampler.sample(self._source(target, generator), generator)
        if self._unknown and generator.random() < OF_SOURCES:
            return sampler.sample(self._unknown[int(generator.integers(len(self._unknown)))], generator)
        if generator.random() < RANDOM:
            return sampler.sample_random(generator)
        return sampler.sample_shuffled(self._source(int(generator.integers(len(self.names))), generator), generator)

    def _source(self, row: int, generator: np.random.Generator) -> ClassSource:
        return self._train[row][int(generator.choice(len(self._train[row]), p=self._share[row]))]


def sampler_of(options: ClassOptions, input: str) -> Sampler:
    """Return what makes excerpts of performances, or of recordings."""
    if input == MEL_INPUT:
        return SpectrumExcerpts(options.transpose, options.stretch, options.equaliser, options.noise, options.masked)
    variation = options.transpose, options.stretch, options.loudness, options.dropped_notes, options.matched
    return RollExcerpts(*variation, masked=options.masked)


def _shares(works: Sequence[Hashable]) -> Floats:
    """Return how probable each is, by its work; more performances of a work make it more probable.

    >>> _shares(["sonata", "sonata", "sonata", "sonata", "etude"]).round(3).tolist()
    [0.167, 0.167, 0.167, 0.167, 0.333]
    """
    counts = Counter(works)
    share = np.array([counts[work] ** -0.5 for work in works])
    return np.asarray(share / share.sum(), np.float64)


def _stacked(excerpts: Sequence[ExcerptInput], targets: np.ndarray) -> dict[str, Tensor]:
    return {"excerpts": torch.from_numpy(np.stack(excerpts)), "target": torch.from_numpy(targets.astype(np.int64))}
