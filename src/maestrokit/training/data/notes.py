"""Batches of notes for the sequence models: excerpts that begin and end at notes, each augmented on its own.

Each excerpt has the codes of its conditions; see :mod:`maestrokit.models.sequences.conditions`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from maestrokit.arrays import Integers
from maestrokit.errors import UsageError
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.inference.note_models.batches import padded
from maestrokit.models.sequences.conditions import PREFIX
from maestrokit.music.encodings.conditions import CLASSES, SCALES, measured, measured_code
from maestrokit.music.encodings.notes import (
    LEAD,
    MOST_AFTER,
    NoteInputs,
    NoteTargets,
    excerpt,
    note_sequence,
    with_notes_after,
)
from maestrokit.music.encodings.step_notes import StepNotes, louder_notes, stretched_notes, transposed_notes
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.training.data.events import EventOptions
from maestrokit.training.data.excerpts import epoch_excerpts, held_out_excerpts

OTHER = "other"  # the class of pieces whose own has too few
PIECES = 2048  # whose notes are kept in memory


class AugmentedExcerpt(NamedTuple):
    """An excerpt as it is learned from."""

    excerpt: tuple[NoteInputs, NoteTargets]
    notes: StepNotes
    stretch: float
    """How many times as long it lasts."""


class NoteSequenceData:
    """Excerpts from shards of sequences; an epoch shows every note, a few twice.

    Parameters
    ----------
    labels : mapping of sequences of str
        By the column of a table, what it has for each piece to learn from; empty where that is unknown.
    """

    def __init__(
        self,
        train: TokenShard,
        validation: TokenShard,
        options: EventOptions,
        *,
        seed: int = 0,
        labels: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.labels: Mapping[str, Sequence[str]] = labels or {}
        self.tempos: Sequence[float | None] = [None] * len(train)
        """Of each performance in beats a minute; None where it is not known."""
        self.conditions: tuple[str, ...] = ()
        self.class_names: dict[str, list[str]] = {}
        self.has_infill = False
        """Whether some excerpts begin with the notes after a gap."""
        self.train, self.held_out, self.options = train, validation, options
        self.seed, self.encoding = seed, options.token_encoding
        encoding = self.encoding
        self._positions, self._held_out_positions = _positions(train), _positions(validation)
        if self._positions.max(initial=0) < 2:
            raise UsageError("no notes to learn from", "give more files")
        self._notes = lru_cache(PIECES)(lambda piece: note_sequence(train.sequence(piece), encoding))
        self._epoch, self._crops = -1, np.empty((0, 2), np.int64)

    def condition_on(self, conditions: Sequence[str], class_names: Mapping[str, list[str]]) -> None:
        """Give these conditions with each excerpt, with classes by these names, or by those of the labels."""
        self.conditions, self.class_names = tuple(conditions), {}
        for name in conditions:
            if name in SCALES:
                continue
            if name not in class_names and not any(self.labels.get(name, ())):
                fact = f"no file has a {name}: a MAESTRO table gives it"
                raise UsageError(fact, "leave it out of `conditions`", parameter="conditions")
            self.class_names[name] = class_names.get(name) or frequent(
                self.labels[name], at_least=self.options.class_minimum
            )

    def batches(self, epoch: int) -> int:
        """Return how many batches the epoch has; one at least."""
        self._prepare(epoch)
        return max(1, len(self._crops) // self.options.batch)

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return inputs and targets of excerpts, padded to the longest; see :func:`padded`."""
        self._prepare(epoch)
        rows = range(index * self.options.batch, min((index + 1) * self.options.batch, len(self._crops)))
        generators = [np.random.default_rng([self.seed, epoch, row]) for row in rows]
        parts = [self._augmented(row, generator) for row, generator in zip(rows, generators, strict=True)]
        by_row = [
            self._codes(int(self._crops[row][0]), part.notes, part.stretch, generator)
            for row, part, generator in zip(rows, parts, generators, strict=True)
        ]
        codes = {PREFIX + name: torch.tensor([codes[name] for codes in by_row]) for name in self.conditions}
        if not self.has_infill:
            return padded([part.excerpt for part in parts]) | codes
        moved = [
            self._with_gap(part.excerpt, part.notes, generator)
            for part, generator in zip(parts, generators, strict=True)
        ]
        batch = padded([excerpt for excerpt, _ in moved])
        is_after = torch.arange(batch["weight"].shape[1]) < torch.tensor([count for _, count in moved])[:, None]
        return batch | codes | {"is_after": is_after, "weight": batch["weight"].masked_fill(is_after, 0.0)}

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return batches over a part of the validation sequences, without augmentation."""
        rows, crops = self.options.batch, self._held_out_crops()
        for row in range(0, len(crops), rows):
            yield padded([self._held_out(int(piece), int(at)) for piece, at in crops[row : row + rows]])

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return -(-len(self._held_out_crops()) // self.options.batch)

    def _held_out_crops(self) -> Integers:
        """Return the pieces and starts of the excerpts to validate on."""
        length = self.options.length
        most = self.options.validation_tokens // length
        return held_out_excerpts(self._held_out_positions.tolist(), length, most=most)

    def _held_out(self, piece: int, start: int) -> tuple[NoteInputs, NoteTargets]:
        notes = note_sequence(self.held_out.sequence(piece), self.encoding)
        return excerpt(notes, start, min(start + self.options.length, len(notes.pitch) + 1), self.encoding)

    def _prepare(self, epoch: int) -> None:
        """Choose excerpts that together show every position, and put them in a random order."""
        if epoch == self._epoch:
            return
        pieces = np.flatnonzero(self._positions > 1)
        generator = np.random.default_rng([self.seed, epoch])
        crops = epoch_excerpts(self._positions[pieces].tolist(), self.options.length, generator)
        self._crops = np.stack([pieces[crops[:, 0]], crops[:, 1]], axis=1)
        self._epoch = epoch

    def _augmented(self, row: int, generator: np.random.Generator) -> AugmentedExcerpt:
        """Return an excerpt transposed, stretched, and louder or softer; some of its notes may merge."""
        part, start, stretch = self._augmented_notes(row, generator)
        stop = int(self._crops[row][1]) + self.options.length
        count = len(part.pitch) + (stop > len(self._notes(int(self._crops[row][0])).pitch))
        return AugmentedExcerpt(excerpt(part, start, count, self.encoding), part.select(slice(start, None)), stretch)

    def _augmented_notes(self, row: int, generator: np.random.Generator) -> tuple[StepNotes, int, float]:
        """Return the notes up to the end of an excerpt, augmented, its first position among theirs, and the stretch."""
        piece, start = self._crops[row].tolist()
        options, notes = self.options, self._notes(piece)
        stop, lead = min(start + options.length, len(notes.pitch) + 1), max(0, start - 1 - LEAD)
        semitones = int(generator.integers(-options.transpose, options.transpose + 1))
        factor = float(generator.uniform(1 - options.stretch, 1 + options.stretch))
        bins = int(generator.integers(-options.velocity_shift, options.velocity_shift + 1))
        part = transposed_notes(notes.select(slice(lead, stop)), semitones, lowest=LOWEST_PITCH, highest=HIGHEST_PITCH)
        part = louder_notes(part, bins, velocity_bins=self.encoding.velocity_bins)
        part = stretched_notes(part, factor) if options.stretch else part
        count = len(part.pitch) + (stop > len(notes.pitch))  # positions, from that of the begin or of note `lead`
        return part, min(start - lead, max(count - options.length, 0)) if lead else min(start, count - 1), factor

    def _with_gap(
        self, excerpt: tuple[NoteInputs, NoteTargets], notes: StepNotes, generator: np.random.Generator
    ) -> tuple[tuple[NoteInputs, NoteTargets], int]:
        """Return an excerpt, a share of them with their last notes first; and how many these are."""
        inputs, targets = excerpt
        count = len(inputs.time)
        most = min(MOST_AFTER, count // 4)
        if not most or generator.random() >= self.options.infill_share:
            return excerpt, 0
        after = int(generator.integers(1, most + 1))
        start = count - after  # position p has note p - 1
        following = notes.select(slice(start - 1, count - 1))
        rest = NoteInputs(**{name: part[:start] for name, part in inputs._asdict().items()})
        moved = {name: np.roll(part, after, axis=0) for name, part in targets._asdict().items()}
        return (with_notes_after(rest, following, self.encoding), NoteTargets(**moved)), after

    def _codes(self, piece: int, notes: StepNotes, stretch: float, generator: np.random.Generator) -> dict[str, int]:
        """Return the codes of an excerpt by condition, 0 of those that it lacks."""
        values, codes = measured(notes, self.encoding), dict.fromkeys(self.conditions, 0)
        if tempo := self.tempos[piece]:
            values["tempo"] = tempo / stretch
        lacks_all = generator.random() < self.options.unconditioned
        for name in self.conditions:
            if generator.random() < self.options.condition_dropout or lacks_all:
                continue
            if name in values:
                codes[name] = measured_code(name, values[name])
            elif name in self.labels and self.labels[name][piece]:
                label, names = self.labels[name][piece], self.class_names[name]
                codes[name] = 1 + names.index(label if label in names else OTHER)
        return codes


def frequent(labels: Sequence[str], *, at_least: int) -> list[str]:
    """Return "other", and the labels that are frequent, by name; no more than there is room for.

    >>> frequent(["Bach", "Ravel", "Bach", "", "Chopin", "Chopin"], at_least=2)
    ['other', 'Bach', 'Chopin']
    """
    counts = Counter(label for label in labels if label)
    return [OTHER, *sorted(label for label, count in counts.most_common(CLASSES - 1) if count >= at_least)]


def _positions(shard: TokenShard) -> Integers:
    """Return how many positions the notes of each sequence have, the begin counted."""
    tokens = np.asarray(shard.tokens)
    sums = np.concatenate([[0], np.cumsum((tokens >= LOWEST_PITCH) & (tokens <= HIGHEST_PITCH))])
    return np.asarray(np.diff(sums[shard.starts]) + 1)
