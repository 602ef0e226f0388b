"""Batches of performances of scores: excerpts of notes, each augmented on its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from maestrokit.arrays import Integers
from maestrokit.bounds import COUNT, SHARE, Within, check_fields
from maestrokit.files.datasets.score_pairs import PairCounts
from maestrokit.inference.scores.arrays import PerformanceArrays
from maestrokit.models.sequences.conditions import PREFIX
from maestrokit.music.scores.performance_codes import CONDITIONS, FACTORS, FEATURES, SIZES, condition_code
from maestrokit.training.data.excerpts import epoch_excerpts, held_out_excerpts


@dataclass(frozen=True)
class PerformanceOptions:
    """Settings of the data of a model of performances."""

    batch: Annotated[int, Within(1, 100_000)] = 4
    """Excerpts per batch."""
    length: Annotated[int, Within(1, 1_000_000)] = 512
    """Notes that the model sees at once."""
    transpose: Annotated[int, Within(0, 24)] = 5
    """Largest transposition of an excerpt, in semitones, random in each epoch."""
    stretch: Annotated[float, Within(0, 0.5)] = 0.1
    """Largest change of the mean tempo of an excerpt, as a share, random in each epoch."""
    velocity_shift: Annotated[int, Within(0, 127)] = 4
    """Largest shift of the velocities of an excerpt."""
    meter: bool = True
    """Whether the model sees the meter of a score, and where in its bars the notes lie."""
    condition_dropout: Annotated[float, SHARE] = 0.3
    """Share of excerpts that lack a condition, drawn for each independently, so that `generate` can leave it out."""
    unconditioned: Annotated[float, SHARE] = 0.2
    """Share of excerpts that lack all conditions."""
    without_dynamics: Annotated[float, SHARE] = 0.2
    """Share of excerpts whose notated dynamics the model does not see, so that it can do without."""
    without_staves: Annotated[float, SHARE] = 0.2
    """Share of excerpts of which the model does not see the staves."""
    forget: Annotated[float, SHARE] = 0.1
    """Share of notes of which the next one does not know how they were played, so that errors add up less."""
    class_minimum: Annotated[int, COUNT] = 3
    """Performances of a composer in the training part, below which it is ``other``."""
    validation_notes: Annotated[int, COUNT] = 32768
    """Notes to validate on, spread over the validation part."""

    def __post_init__(self) -> None:
        check_fields(self)


class PerformedScore(NamedTuple):
    """A performance as a model learns it."""

    arrays: PerformanceArrays
    composer: str
    measured: Mapping[str, float]
    """Values of the conditions by name."""
    counts: PairCounts | None = None
    """What has a partner; None of a performance that a table aligns."""


class PerformanceData:
    """Excerpts of performed scores; an epoch shows every note once.

    Parameters
    ----------
    composers : sequence of str
        What the codes of composers mean, from 1 on; the first is that of all others.
    """

    def __init__(
        self,
        train: Sequence[PerformedScore],
        validation: Sequence[PerformedScore],
        options: PerformanceOptions,
        *,
        composers: Sequence[str],
        seed: int = 0,
    ) -> None:
        self.train, self.held_out, self.options, self.seed = train, validation, options, seed
        self.composers = list(composers)
        self._epoch, self._crops = -1, np.empty((0, 2), np.int64)

    def batches(self, epoch: int) -> int:
        """Return how many batches the epoch has; one at least."""
        self._prepare(epoch)
        return max(1, len(self._crops) // self.options.batch)

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return excerpts, padded to the longest."""
        self._prepare(epoch)
        rows = range(index * self.options.batch, min((index + 1) * self.options.batch, len(self._crops)))
        return padded([self._augmented(row, np.random.default_rng([self.seed, epoch, row])) for row in rows])

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return batches over a part of the validation performances, without augmentation and conditions."""
        rows, crops = self.options.batch, self._held_out_crops()
        for row in range(0, len(crops), rows):
            parts = [(self.held_out[piece].arrays, at) for piece, at in crops[row : row + rows].tolist()]
            length, meter = self.options.length, self.options.meter
            yield padded([arrays.excerpt(at, at + length, meter=meter) for arrays, at in parts])

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return -(-len(self._held_out_crops()) // self.options.batch)

    def _held_out_crops(self) -> Integers:
        length, counts = self.options.length, [len(performance.arrays) for performance in self.held_out]
        return held_out_excerpts(counts, length, most=self.options.validation_notes // length)

    def _prepare(self, epoch: int) -> None:
        """Choose excerpts that together show every note, and put them in a random order."""
        if epoch == self._epoch:
            return
        counts = [len(performance.arrays) for performance in self.train]
        self._crops = epoch_excerpts(counts, self.options.length, np.random.default_rng([self.seed, epoch]))
        self._epoch = epoch

    def _augmented(self, row: int, generator: np.random.Generator) -> dict[str, Any]:
        """Return an excerpt transposed, faster or slower, and louder or softer."""
        piece, start = self._crops[row].tolist()
        options, performance = self.options, self.train[piece]
        semitones = int(generator.integers(-options.transpose, options.transpose + 1))
        factor = float(np.exp(generator.uniform(-options.stretch, options.stretch)))
        shift = int(generator.integers(-options.velocity_shift, options.velocity_shift + 1))
        arrays = performance.arrays.changed(semitones=semitones, factor=factor, shift=shift)
        parts: dict[str, Any] = arrays.excerpt(start, start + options.length, meter=options.meter)
        parts |= self._conditions(performance, shift, generator)
        if generator.random() < options.without_dynamics:
            _leave_out(parts, "loudness")
        if generator.random() < options.without_staves:
            _leave_out(parts, "staff", "staff_part")
        forgotten = generator.random(len(parts["weight"])) < options.forget
        for name in FACTORS:
            parts[f"previous_{name}"] = np.where(forgotten, SIZES[name], parts[f"previous_{name}"])
        return parts

    def _conditions(self, performance: PerformedScore, shift: int, generator: np.random.Generator) -> dict[str, Any]:
        names = ("composer", *CONDITIONS)
        lacks_all = generator.random() < self.options.unconditioned
        lacks = generator.random(len(names)) < self.options.condition_dropout
        composer = self.composers.index(performance.composer) if performance.composer in self.composers else 0
        codes = {"composer": 1 + composer if performance.composer else 0}
        for name, value in performance.measured.items():
            codes[name] = condition_code(name, value + shift * (name == "loudness"))
        return {
            PREFIX + name: 0 if lacks_all or absent else codes[name] for name, absent in zip(names, lacks, strict=True)
        }


def _leave_out(parts: dict[str, Any], *features: str) -> None:
    """Make features of a score unknown, which is their last class."""
    for name in features:
        parts[f"score_{name}"] = np.maximum(parts[f"score_{name}"], FEATURES[name] - 1)


def padded(excerpts: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
    """Return excerpts as one batch, shorter ones padded at their ends, where the weight is 0."""
    batch = {}
    for name, column in excerpts[0].items():
        columns = [excerpt[name] for excerpt in excerpts]
        if np.ndim(column) == 0:
            batch[name] = torch.tensor(columns)
            continue
        longest = max(len(values) for values in columns)
        outside = FEATURES[name.removeprefix("score_")] if name.startswith("score_") else 0
        rows = np.stack([np.pad(values, (0, longest - len(values)), constant_values=outside) for values in columns])
        integers = torch.bool if name == "is_first" else torch.int64
        batch[name] = torch.from_numpy(rows).to(torch.float32 if rows.dtype.kind == "f" else integers)
    return batch
