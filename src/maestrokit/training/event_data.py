"""Batches of events for the sequence models."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from maestrokit.arrays import Integers
from maestrokit.errors import UsageError
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.music.tokens import Encoding, Tokens, stretched, transposed


@dataclass(frozen=True)
class Sampling:
    """How sequences are cut into batches, and varied."""

    batch: int = 32
    """Windows, or streams, a batch."""
    length: int = 512
    """Tokens of each."""
    carried: bool = False
    """Whether each row of a batch goes on where the row of the batch before ended, as truncated backpropagation
    through time wants it; otherwise windows come in random order."""
    transpose: int = 3
    """Each piece is transposed by up to so many semitones, drawn anew for each epoch."""
    stretch: float = 0.05
    """Each piece is played up to this share slower or faster."""
    velocity_shift: int = 0
    """Notes are louder or softer by up to so many bins, where they are read as notes."""
    validation_tokens: int = 131072
    """So many tokens, spread evenly over the validation part, are validated on."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch < 1 or self.length < 1:
            raise UsageError("a batch has at least one row of at least one token", "change --batch or --length")


class EventData:
    """Windows or streams of events from shards of sequences; an epoch shows every token once."""

    def __init__(self, train: TokenShard, validation: TokenShard, *, encoding: Encoding, sampling: Sampling) -> None:
        self.train, self.held_out, self.encoding, self.sampling = train, validation, encoding, sampling
        self._epoch = -1
        self._stream = np.empty(0, np.uint16)
        self._order = np.empty(0, np.int64)

    def batches(self, epoch: int) -> int:
        """Return how many full batches the epoch has; one at least."""
        self._prepare(epoch)
        if self.sampling.carried:
            return max(1, (len(self._stream) // self.sampling.batch - 1) // self.sampling.length)
        return max(1, len(self._order) // self.sampling.batch)

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return ``tokens`` and ``target``, the same one later; both (batch, length), int64."""
        self._prepare(epoch)
        rows = self.sampling.batch
        if self.sampling.carried:
            starts = _stream_starts(self._stream, rows) + index * self.sampling.length
            return _cut(self._stream, starts, self._length(rows))
        return _cut(self._stream, self._order[index * rows : (index + 1) * rows], self._length(1))

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return batches over a part of the validation sequences."""
        batches, length = self._held_out_starts()
        for starts in batches:
            yield _cut(np.asarray(self.held_out.tokens), starts, length)

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return len(self._held_out_starts()[0])

    def _held_out_starts(self) -> tuple[list[Integers], int]:
        """Return where the rows of each batch to validate on begin, and how long they are."""
        stream, sampling = np.asarray(self.held_out.tokens), self.sampling
        count = max(1, sampling.validation_tokens // (sampling.batch * sampling.length))
        if sampling.carried:
            rows = min(sampling.batch, len(stream) // 2)  # fewer where little is held out: each has a next event
            starts = _stream_starts(stream, rows)
            length = min(sampling.length, len(stream) // rows - 1)
            count = max(1, min(count, (len(stream) // rows - 1) // sampling.length))
            return [starts + index * length for index in range(count)], length
        length = min(sampling.length, len(stream) - 1)
        starts = np.arange(0, len(stream) - length, length)
        chosen = starts[np.linspace(0, len(starts) - 1, min(len(starts), count * sampling.batch)).astype(np.int64)]
        return [chosen[index : index + sampling.batch] for index in range(0, len(chosen), sampling.batch)], length

    def _length(self, rows: int) -> int:
        return min(self.sampling.length, len(self._stream) // rows - 1)

    def _prepare(self, epoch: int) -> None:
        """Put the pieces of an epoch in their order, each varied, and draw the order of the windows."""
        if epoch == self._epoch:
            return
        generator = np.random.default_rng([self.sampling.seed, epoch])
        order = generator.permutation(len(self.train))
        self._stream = np.concatenate([self._augmented(self.train.sequence(int(piece)), generator) for piece in order])
        if len(self._stream) < 2 * (self.sampling.batch if self.sampling.carried else 1):
            raise UsageError(f"only {len(self._stream)} events to learn from", "give more files, or a smaller --batch")
        length = self._length(1)
        phase = int(generator.integers(min(length, len(self._stream) - length)))
        starts = np.arange(phase, len(self._stream) - length, length)
        self._order = generator.permutation(starts)
        self._epoch = epoch

    def _augmented(self, sequence: Tokens, generator: np.random.Generator) -> Tokens:
        semitones = int(generator.integers(-self.sampling.transpose, self.sampling.transpose + 1))
        factor = float(generator.uniform(1 - self.sampling.stretch, 1 + self.sampling.stretch))
        if self.sampling.transpose:
            sequence = transposed(sequence, semitones, self.encoding)
        if self.sampling.stretch:
            sequence = stretched(sequence, factor, self.encoding)
        return np.asarray(sequence)


def _stream_starts(stream: Tokens, rows: int) -> np.ndarray:
    return np.arange(rows) * (len(stream) // rows)


def _cut(stream: Tokens, starts: np.ndarray, length: int) -> dict[str, Tensor]:
    windows = torch.from_numpy(stream[starts[:, None] + np.arange(length + 1)].astype(np.int64))
    return {"tokens": windows[:, :-1], "target": windows[:, 1:]}
