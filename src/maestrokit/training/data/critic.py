"""Batches of windows of notes, half of them people's, half generated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from maestrokit.bounds import SHARE, Within, check_fields
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import factor_classes
from maestrokit.music.encodings.step_notes import StepNotes, louder_notes, reconciled, stretched_notes, transposed_notes
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH

SHORTEST = 32  # notes


@dataclass(frozen=True)
class CriticOptions:
    """Settings of the data of a critic."""

    batch: Annotated[int, Within(2, 100_000)] = 32
    """Windows per batch, half of them people's."""
    length: Annotated[int, Within(SHORTEST, 65536)] = 256
    """Notes of the longest windows; each batch has windows of one length."""
    shorter: Annotated[float, SHARE] = 0.5
    """Share of the batches whose windows are shorter, 32 notes at least, so that short music can be judged, too."""
    transpose: Annotated[int, Within(0, 24)] = 6
    """Largest transposition of a window, in semitones."""
    stretch: Annotated[float, Within(0, 0.5)] = 0.1
    """Largest change of the tempo of a window, as a share."""
    velocity_shift: Annotated[int, Within(0, 127)] = 2
    """Largest shift of the velocities of a window, in bins."""
    spoiled: Annotated[float, SHARE] = 0.2
    """Share of the windows that are not people's which are spoiled ones of people's, instead of generated ones: half
    with their pitches in another order, half with each moved by up to two semitones. So a critic learns of harmony,
    which is harder to find than what differs in times and dynamics."""
    step_milliseconds: Annotated[int, Within(1, 1000)] = 10
    """Time step of the notes."""
    velocity_bins: Annotated[int, Within(1, 128)] = 32
    """Number of velocity bins."""
    validation_windows: Annotated[int, Within(1, 1_000_000)] = 200
    """Windows of each kind to validate on, spread over the performances."""

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def encoding(self) -> Encoding:
        """How performances become notes."""
        return Encoding(step_milliseconds=self.step_milliseconds, velocity_bins=self.velocity_bins)


class CriticData:
    """Random windows, each performance as often as it is long; an epoch is as long as the generated ones, twice.

    Parameters
    ----------
    train, validation : pairs of sequences of StepNotes
        People's performances, then generated ones; each has notes.
    """

    def __init__(
        self,
        train: tuple[Sequence[StepNotes], Sequence[StepNotes]],
        validation: tuple[Sequence[StepNotes], Sequence[StepNotes]],
        options: CriticOptions,
        *,
        seed: int = 0,
    ) -> None:
        self.options, self.seed = options, seed
        self._train, self._held_out = train, validation
        counts = [np.array([len(notes.pitch) for notes in part], np.float64) for part in train]
        self._shares = [count / count.sum() for count in counts]
        self._batches = max(1, round(2 * float(counts[1].sum()) / (options.batch * options.length)))

    def batches(self, epoch: int) -> int:
        """Return how many batches an epoch has."""
        return self._batches

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return the classes of each factor, (batch, notes), and ``is_real``, (batch,)."""
        generator = np.random.default_rng([self.seed, epoch, index])
        is_real = np.arange(self.options.batch) % 2 == 0
        rows = [self._sample(0 if real else 1, generator) for real in is_real]
        length = min(self.options.length, *(len(notes.pitch) for notes in rows))
        if generator.random() < self.options.shorter:
            length = int(generator.integers(min(SHORTEST, length), length + 1))
        return _stacked([notes.select(slice(length)) for notes in rows], is_real)

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return batches of as many windows of each kind, as they were played, by length."""
        parts = [held_out_windows(part, self.options) for part in self._held_out]
        count, size = min(map(len, parts)), max(1, self.options.batch // 2)
        length = min(self.options.length, *(len(notes.pitch) for part in parts for notes in part[:count]))
        for first in range(0, count, size):
            chosen = [part[first : min(first + size, count)] for part in parts]
            rows = [notes.select(slice(length)) for part in chosen for notes in part]
            yield _stacked(rows, np.repeat([True, False], len(chosen[0])))

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        count = min(len(held_out_windows(part, self.options)) for part in self._held_out)
        return -(-count // max(1, self.options.batch // 2))

    def _sample(self, kind: int, generator: np.random.Generator) -> StepNotes:
        """Return a random window, transposed, stretched, and louder or softer."""
        options = self.options
        is_spoiled = kind == 1 and generator.random() < options.spoiled
        kind = 0 if is_spoiled else kind
        notes = self._train[kind][int(generator.choice(len(self._train[kind]), p=self._shares[kind]))]
        start = int(generator.integers(max(1, len(notes.pitch) - options.length + 1)))
        part = notes.select(slice(start, start + options.length))
        part = spoiled_notes(part, generator) if is_spoiled else part
        semitones = int(generator.integers(-options.transpose, options.transpose + 1))
        bins = int(generator.integers(-options.velocity_shift, options.velocity_shift + 1))
        factor = float(generator.uniform(1 - options.stretch, 1 + options.stretch))
        part = transposed_notes(part, semitones, lowest=LOWEST_PITCH, highest=HIGHEST_PITCH)
        part = louder_notes(part, bins, velocity_bins=options.velocity_bins)
        return stretched_notes(part, factor) if options.stretch else part


def spoiled_notes(notes: StepNotes, generator: np.random.Generator) -> StepNotes:
    """Return notes with their pitches in another order, or each moved by up to two semitones."""
    if generator.random() < 0.5:
        pitch = generator.permutation(notes.pitch)
    else:
        moved = notes.pitch + generator.integers(-2, 3, len(notes.pitch))
        pitch = np.clip(moved, LOWEST_PITCH, HIGHEST_PITCH)
    return reconciled(notes.onset, notes.offset, pitch, notes.velocity_bin)


def held_out_windows(performances: Sequence[StepNotes], options: CriticOptions) -> list[StepNotes]:
    """Return windows that are spread evenly over performances; those shorter than half a window only if all are."""
    starts = [
        (row, start)
        for row, notes in enumerate(performances)
        for start in range(0, max(1, len(notes.pitch) - options.length + 1), options.length)
    ]
    windows = [performances[row].select(slice(start, start + options.length)) for row, start in starts]
    windows = [notes for notes in windows if len(notes.pitch) >= options.length // 2] or windows
    chosen = np.linspace(0, len(windows) - 1, min(len(windows), options.validation_windows)).astype(np.int64)
    return [windows[row] for row in chosen]


def _stacked(windows: Sequence[StepNotes], is_real: np.ndarray) -> dict[str, Tensor]:
    rows = [factor_classes(notes) for notes in windows]
    batch = {name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in rows[0]}
    return batch | {"is_real": torch.from_numpy(is_real)}
