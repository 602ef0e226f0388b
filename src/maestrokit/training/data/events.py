"""Batches of events for the sequence models."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from torch import Tensor

from maestrokit.arrays import Integers
from maestrokit.bounds import COUNT, SHARE, Within, check_fields
from maestrokit.errors import UsageError, choices_hint
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.models.sequences.conditions import condition_names
from maestrokit.music.encodings.conditions import COLUMNS, SCALES
from maestrokit.music.encodings.events import Encoding, Tokens, stretched, transposed

BY_ENCODING: Any = None  # a default that the encoding decides
DEFAULTS = {
    "notes": {"batch": 4, "length": 1024, "validation_tokens": 16384, "infill": True},
    "events": {"batch": 32, "length": 512, "validation_tokens": 131072, "infill": False},
}
TRANSPOSE = 3  # semitones, where pieces keep their keys


@dataclass(frozen=True)
class EventOptions:
    """Settings of the data of a sequence model."""

    encoding: str = "notes"
    """``notes``, one position per note, or ``events``, the 388 of the literature."""
    batch: Annotated[int, Within(1, 100_000)] = BY_ENCODING
    """Windows per batch; None is 32 of events, 4 of notes."""
    length: Annotated[int, Within(1, 1_000_000)] = BY_ENCODING
    """Positions that the model sees at once; None is 512 events, or 1024 notes."""
    transpose: Annotated[int, Within(0, 24)] = BY_ENCODING
    """Largest transposition of a piece, in semitones, random in each epoch; None is 3, or 0 with `key_normalized`."""
    stretch: Annotated[float, Within(0, 0.5)] = 0.05
    """Largest change of the tempo of a piece, as a share, random in each epoch."""
    step_milliseconds: Annotated[int, Within(1, 1000)] = 10
    """Time step of the events."""
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """Number of velocity bins."""
    pedal_events: bool = False
    """Whether the sustain pedal has events of its own; otherwise it makes notes longer."""
    key_normalized: bool = False
    """Transpose pieces to C major or A minor first, so that the model learns, and generates, in one key only."""
    velocity_shift: Annotated[int, Within(0, 127)] = 1
    """Largest shift of the velocities of a window, in bins; for the encoding ``notes`` only."""
    validation_tokens: Annotated[int, COUNT] = BY_ENCODING
    """Positions to validate on, spread over the validation part; None is 131072 events, or 16384 notes."""
    conditions: str = BY_ENCODING
    """What a model of notes is conditioned on, so that `generate` can choose it: names separated by commas, of
    ``density`` (notes a second) and ``loudness`` (mean velocity), which are measured in each excerpt, ``tempo`` (beats
    a minute, of files whose tempo map is not the default), and the columns ``composer``, ``title`` and ``year`` of a
    MAESTRO table. None is both of the former, and the composer where a table gives it; with `init`, what that model
    has. Empty is nothing."""
    class_minimum: Annotated[int, COUNT] = 5
    """Performances of a composer, or other class, in the training part, below which it is ``other``; the 63 most
    frequent classes have names."""
    condition_dropout: Annotated[float, SHARE] = 0.3
    """Share of excerpts that lack a condition, drawn for each independently, so that `generate` can leave it out."""
    unconditioned: Annotated[float, SHARE] = 0.2
    """Share of excerpts that lack all conditions."""
    infill: bool = BY_ENCODING
    """Whether a model of notes learns to fill gaps, which generate can then be asked for. None is yes for notes; with
    `init`, if that model does."""
    infill_share: Annotated[float, SHARE] = 0.2
    """Share of excerpts whose last notes, up to a quarter of them, come first, as what follows a gap."""

    def __post_init__(self) -> None:
        if self.encoding not in DEFAULTS:
            hint = choices_hint(self.encoding, DEFAULTS)
            raise UsageError(f"no encoding '{self.encoding}'", hint, parameter="encoding")
        if self.encoding == "notes" and self.pedal_events:
            raise UsageError(
                "the encoding notes has no events of the pedal", "set `encoding` to events, or leave out `pedal_events`"
            )
        defaults = DEFAULTS[self.encoding] | {"transpose": 0 if self.key_normalized else TRANSPOSE}
        for name, value in defaults.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        check_fields(self)
        self._check_conditions()

    def _check_conditions(self) -> None:
        """Raise an error for conditions that there are not, or that the encoding does not have."""
        names = condition_names(self.conditions or "")
        for name in names:
            if name not in (*SCALES, *COLUMNS):
                hint = choices_hint(name, (*SCALES, *COLUMNS))
                raise UsageError(f"no condition '{name}'", hint, parameter="conditions")
        if self.infill and self.encoding != "notes":
            raise UsageError(f"models of {self.encoding} fill no gaps", "leave out `infill`", parameter="infill")
        if names and self.encoding != "notes":
            raise UsageError(
                f"models of {self.encoding} have no conditions", "leave out `conditions`", parameter="conditions"
            )
        if len(set(names)) < len(names):
            raise UsageError("`conditions` names one twice", "name each once", parameter="conditions")

    @property
    def token_encoding(self) -> Encoding:
        """How performances become tokens."""
        return Encoding(
            step_milliseconds=self.step_milliseconds,
            velocity_bins=self.velocity_bins,
            pedal_events=self.pedal_events,
        )


class EventData:
    """Windows or streams of events from shards of sequences; an epoch shows every token once.

    Parameters
    ----------
    carries_state : bool
        Whether each row of a batch continues that row of the batch before, for truncated backpropagation through time;
        otherwise windows come in random order.
    """

    def __init__(
        self,
        train: TokenShard,
        validation: TokenShard,
        options: EventOptions,
        *,
        seed: int = 0,
        carries_state: bool = False,
    ) -> None:
        self.train, self.held_out, self.options = train, validation, options
        self.seed, self.encoding = seed, options.token_encoding
        self.carries_state = carries_state
        self._epoch = -1
        self._stream = np.empty(0, np.uint16)
        self._order = np.empty(0, np.int64)

    def batches(self, epoch: int) -> int:
        """Return how many full batches the epoch has; one at least."""
        self._prepare(epoch)
        if self.carries_state:
            return max(1, (len(self._stream) // self.options.batch - 1) // self.options.length)
        return max(1, len(self._order) // self.options.batch)

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return ``tokens`` and ``target``, the same one later; both (batch, length), int64."""
        self._prepare(epoch)
        rows = self.options.batch
        if self.carries_state:
            starts = _stream_starts(self._stream, rows) + index * self.options.length
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
        stream, options = np.asarray(self.held_out.tokens), self.options
        count = max(1, options.validation_tokens // (options.batch * options.length))
        if self.carries_state:
            rows = min(options.batch, len(stream) // 2)  # fewer for a small validation part: each has a next event
            starts = _stream_starts(stream, rows)
            length = min(options.length, len(stream) // rows - 1)
            count = max(1, min(count, (len(stream) // rows - 1) // options.length))
            return [starts + index * length for index in range(count)], length
        length = min(options.length, len(stream) - 1)
        starts = np.arange(0, len(stream) - length, length)
        chosen = starts[np.linspace(0, len(starts) - 1, min(len(starts), count * options.batch)).astype(np.int64)]
        return [chosen[index : index + options.batch] for index in range(0, len(chosen), options.batch)], length

    def _length(self, rows: int) -> int:
        return min(self.options.length, len(self._stream) // rows - 1)

    def _prepare(self, epoch: int) -> None:
        """Shuffle the pieces of an epoch, augment each, and shuffle the windows."""
        if epoch == self._epoch:
            return
        generator = np.random.default_rng([self.seed, epoch])
        order = generator.permutation(len(self.train))
        self._stream = np.concatenate([self._augmented(self.train.sequence(int(piece)), generator) for piece in order])
        if len(self._stream) < 2 * (self.options.batch if self.carries_state else 1):
            raise UsageError(f"only {len(self._stream)} events to learn from", "give more files, or a smaller `batch`")
        length = self._length(1)
        phase = int(generator.integers(min(length, len(self._stream) - length)))
        starts = np.arange(phase, len(self._stream) - length, length)
        self._order = generator.permutation(starts)
        self._epoch = epoch

    def _augmented(self, sequence: Tokens, generator: np.random.Generator) -> Tokens:
        semitones = int(generator.integers(-self.options.transpose, self.options.transpose + 1))
        factor = float(generator.uniform(1 - self.options.stretch, 1 + self.options.stretch))
        if self.options.transpose:
            sequence = transposed(sequence, semitones, self.encoding)
        if self.options.stretch:
            sequence = stretched(sequence, factor, self.encoding)
        return np.asarray(sequence)


def _stream_starts(stream: Tokens, rows: int) -> np.ndarray:
    return np.arange(rows) * (len(stream) // rows)


def _cut(stream: Tokens, starts: np.ndarray, length: int) -> dict[str, Tensor]:
    windows = torch.from_numpy(stream[starts[:, None] + np.arange(length + 1)].astype(np.int64))
    return {"tokens": windows[:, :-1], "target": windows[:, 1:]}
