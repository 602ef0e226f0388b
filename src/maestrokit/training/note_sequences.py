"""Batches of notes for the sequence models: excerpts that begin and end at notes, each augmented on its own."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from torch import Tensor

from maestrokit.arrays import Integers
from maestrokit.errors import UsageError
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.inference.note_batches import padded
from maestrokit.music.note_codes import LEAD, NoteInputs, NoteTargets, excerpt, note_sequence
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.music.step_notes import louder_notes, stretched_notes, transposed_notes
from maestrokit.training.event_data import EventOptions

PIECES = 2048  # whose notes are kept in memory


class NoteSequenceData:
    """Excerpts from shards of sequences; an epoch shows every note, a few twice."""

    def __init__(self, train: TokenShard, validation: TokenShard, options: EventOptions, *, seed: int = 0) -> None:
        self.train, self.held_out, self.options = train, validation, options
        self.seed, self.encoding = seed, options.token_encoding
        encoding = self.encoding
        self._positions = _positions(train)
        if self._positions.max(initial=0) < 2:
            raise UsageError("no notes to learn from", "give more files")
        self._notes = lru_cache(PIECES)(lambda piece: note_sequence(train.sequence(piece), encoding))
        self._epoch, self._crops = -1, np.empty((0, 2), np.int64)

    def batches(self, epoch: int) -> int:
        """Return how many batches the epoch has; one at least."""
        self._prepare(epoch)
        return max(1, len(self._crops) // self.options.batch)

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return inputs and targets of excerpts, padded to the longest; see :func:`padded`."""
        self._prepare(epoch)
        rows = range(index * self.options.batch, min((index + 1) * self.options.batch, len(self._crops)))
        generators = [np.random.default_rng([self.seed, epoch, row]) for row in rows]
        return padded([self._augmented(row, generator) for row, generator in zip(rows, generators, strict=True)])

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
        counts = _positions(self.held_out)
        crops = np.array([(piece, at) for piece, count in enumerate(counts) for at in range(0, int(count), length)])
        many = max(1, self.options.validation_tokens // length)
        return crops[np.linspace(0, len(crops) - 1, min(len(crops), many)).astype(np.int64)]

    def _held_out(self, piece: int, start: int) -> tuple[NoteInputs, NoteTargets]:
        notes = note_sequence(self.held_out.sequence(piece), self.encoding)
        return excerpt(notes, start, min(start + self.options.length, len(notes.pitch) + 1), self.encoding)

    def _prepare(self, epoch: int) -> None:
        """Choose excerpts that together show every position, and put them in a random order."""
        if epoch == self._epoch:
            return
        generator, length = np.random.default_rng([self.seed, epoch]), self.options.length
        crops = []
        for piece in np.flatnonzero(self._positions > 1).tolist():
            room = max(int(self._positions[piece]) - length, 0)
            starts = np.arange(-int(generator.integers(length)), room + length, length) if room else np.zeros(1)
            crops += [(piece, int(start)) for start in np.clip(starts, 0, room)]  # begin and end are in one each
        self._crops = generator.permutation(np.array(crops))
        self._epoch = epoch

    def _augmented(self, row: int, generator: np.random.Generator) -> tuple[NoteInputs, NoteTargets]:
        """Return an excerpt transposed, stretched, and louder or softer; some of its notes may merge."""
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
        start = min(start - lead, max(count - options.length, 0)) if lead else min(start, count - 1)
        return excerpt(part, start, count, self.encoding)


def _positions(shard: TokenShard) -> Integers:
    """Return how many positions the notes of each sequence have, the begin counted."""
    tokens = np.asarray(shard.tokens)
    sums = np.concatenate([[0], np.cumsum((tokens >= LOWEST_PITCH) & (tokens <= HIGHEST_PITCH))])
    return np.asarray(np.diff(sums[shard.starts]) + 1)
