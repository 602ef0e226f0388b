"""Batches of spectra and chords."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple

import numpy as np
import torch
from torch import Tensor

from maestrokit.analysis.chords.labels import UNKNOWN, ChordLabels
from maestrokit.analysis.chords.network import CELL_FRAMES, CELL_SECONDS
from maestrokit.analysis.chords.spectrum import FLOOR, network_input, unpacked_levels
from maestrokit.analysis.chords.templates import QUALITIES
from maestrokit.analysis.chroma import SPECTRUM
from maestrokit.arrays import Floats
from maestrokit.audio.effects.spectrogram import augment_levels, sample_variation
from maestrokit.bounds import LARGEST_COUNT, Within, check_fields
from maestrokit.training.data.chord_examples import ChordExample

LEAD = 40  # frames before a window that reverberate into it
LEVELS = (-8.0, 8.0)  # dB by which the loudness of a window may differ from that of its recording
LONGEST = 64  # cells whose scores are listed
LEAST_SPREAD = 0.3  # of the logarithms of lengths
FRAME_SECONDS = 1 / SPECTRUM.frames_per_second


class Targets(NamedTuple):
    """Which share of each cell of time belongs to what; all zero where nothing is known."""

    root: np.ndarray
    """Shape (cells, 13): pitch classes, and no chord."""
    bass: np.ndarray
    """Shape (cells, 13)."""
    quality: np.ndarray
    """Shape (cells, 12, qualities), by root."""
    tones: np.ndarray
    """Shape (cells, 12): how long each pitch class belongs to the chord."""


@dataclass(frozen=True)
class ChordOptions:
    """Settings of the data of a network of chords."""

    batch: Annotated[int, Within(1, 100_000)] = 16
    """Windows per batch."""
    length: Annotated[int, Within(1, 1_000_000)] = 120
    """Cells of 100 ms per window."""
    transpose: Annotated[int, Within(0, 24)] = 4
    """Largest transposition of a window, in semitones."""
    augment: bool = True
    """Whether training windows are equalised, reverberated, and made noisy, differently each time."""
    renders: Annotated[int, Within(1, 1000)] = 1
    """How often each performance without a recording is rendered, each time another excerpt by another piano."""
    render_seconds: Annotated[float, Within(0, 3600, above=True)] = 60.0
    """Length of the excerpts, in seconds."""
    pianos: str = ""
    """What renders them: folders of samples and soundfonts, separated by commas; empty is the shipped piano."""
    validation_windows: Annotated[int, Within(1, LARGEST_COUNT)] = 3
    """Windows of each recording to validate on, spread over it."""

    def __post_init__(self) -> None:
        check_fields(self)


class ChordData:
    """Random windows of recordings; an epoch is as long as all of them together."""

    def __init__(
        self,
        train: Sequence[ChordExample],
        validation: Sequence[ChordExample],
        options: ChordOptions,
        *,
        seed: int = 0,
    ) -> None:
        self.train, self.held_out, self.options, self.seed = train, validation, options, seed
        self._ends = np.cumsum([len(example.levels) for example in train], dtype=np.float64)
        self._frames = options.length * CELL_FRAMES

    def batches(self, epoch: int) -> int:
        """Return how many batches an epoch has."""
        return max(1, int(self._ends[-1]) // (self.options.batch * self._frames))

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return ``levels``, (batch, frames, bins), and the arrays of :class:`Targets`, each with a batch axis."""
        generator = np.random.default_rng([self.seed, epoch, index])
        return _stacked([self._sample_window(generator) for _ in range(self.options.batch)])

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return batches of windows without augmentation, spread over the validation recordings."""
        chosen, batch = self._validation_windows(), self.options.batch
        for first in range(0, len(chosen), batch):
            yield _stacked([self._window(*window) for window in chosen[first : first + batch]])

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return -(-len(self._validation_windows()) // self.options.batch)

    def _validation_windows(self) -> list[tuple[ChordExample, int]]:
        """Return the recordings and starts of the windows to validate on."""
        lasts = [max(0, len(example.levels) - self._frames) for example in self.held_out]
        count = self.options.validation_windows
        return [
            (example, start)
            for example, last in zip(self.held_out, lasts, strict=True)
            for start in np.unique(np.linspace(0, last, count).astype(int)).tolist()
        ]

    def _window(self, example: ChordExample, start: int) -> tuple[np.ndarray, Targets]:
        levels = network_input(_cut(example, start, self._frames), example.reference)
        return levels, targets_of(example.labels, start=start * FRAME_SECONDS, cells=self.options.length)

    def _sample_window(self, generator: np.random.Generator) -> tuple[np.ndarray, Targets]:
        row = int(np.searchsorted(self._ends, generator.uniform(0, self._ends[-1]), side="right"))
        example, options = self.train[row], self.options
        start = int(generator.integers(max(1, len(example.levels) - self._frames + 1)))
        variation = replace(sample_variation(generator, semitones=options.transpose), lowpass=0.0)  # the range is low
        loudness = generator.uniform(*LEVELS)
        if not options.augment:
            return self._window(example, start)
        lead = min(LEAD, start)
        levels = _cut(example, start - lead, lead + self._frames)
        levels = augment_levels(levels, variation, frame_seconds=FRAME_SECONDS, generator=generator)[lead:]
        window = network_input(levels, example.reference + variation.gain + float(loudness))
        time, semitones = start * FRAME_SECONDS, variation.semitones
        return window, targets_of(example.labels, start=time, cells=options.length, semitones=semitones)


def targets_of(labels: ChordLabels, *, start: float, cells: int, semitones: int = 0) -> Targets:
    """Return the shares of chords in cells of time, the first of them centred on the start, all chords transposed."""
    edges = np.asarray(start + (np.arange(cells + 1) - 0.5) * CELL_SECONDS, np.float64)
    rows = np.flatnonzero((labels.end > edges[0]) & (labels.start < edges[-1]) & (labels.root != UNKNOWN))
    root, bass = np.zeros((cells, 13), np.float32), np.zeros((cells, 13), np.float32)
    quality, tones = np.zeros((cells, 12, len(QUALITIES)), np.float32), np.zeros((cells, 12), np.float32)
    for row in rows:
        share = _overlap(edges, labels.start[row], labels.end[row]).astype(np.float32)
        if labels.root[row] < 0:
            root[:, 12] += share
            bass[:, 12] += share
            continue
        at = (labels.root[row] + semitones) % 12
        root[:, at] += share
        bass[:, (labels.bass[row] + semitones) % 12] += share
        tones += share[:, None] * np.roll(labels.tones[row], semitones)
        if labels.quality[row] >= 0:
            quality[:, at, labels.quality[row]] += share
    return Targets(root, bass, quality, tones)


def duration_scores(annotations: Sequence[ChordLabels]) -> list[float]:
    """Return the log-probability that a chord lasts 1, 2, .. cells, and that another certain chord follows it.

    Lengths are taken to be log-normal, with the mean and the spread of those of annotated chords, of equal ones that
    follow one another together.
    """
    seconds = np.concatenate([_durations(labels) for labels in annotations])
    logs = np.log(np.maximum(seconds / CELL_SECONDS, 0.5))
    cells = np.log(np.arange(1, LONGEST + 1))
    spread = max(float(logs.std()), LEAST_SPREAD)
    density = -0.5 * ((cells - logs.mean()) / spread) ** 2 - cells - np.log(spread * np.sqrt(2 * np.pi))
    return [round(float(score), 4) for score in density - np.log(12 * len(QUALITIES))]


def _durations(labels: ChordLabels) -> Floats:
    """Return how long chords last, in seconds, equal ones that follow one another together."""
    is_new = (np.diff(labels.root, prepend=-9) != 0) | (np.diff(labels.quality, prepend=-9) != 0)
    is_new[1:] |= labels.start[1:] > labels.end[:-1] + CELL_SECONDS
    first = np.flatnonzero(is_new)
    return np.asarray(labels.end[np.append(first[1:], len(labels)) - 1] - labels.start[first])


def _overlap(edges: Floats, start: float, end: float) -> Floats:
    """Return which share of each span between edges lies from start to end.

    >>> _overlap(np.array([0.0, 1.0, 2.0]), 0.25, 1.5).tolist()
    [0.75, 0.5]
    """
    inside = np.minimum(edges[1:], end) - np.maximum(edges[:-1], start)
    return np.asarray(np.maximum(inside, 0) / np.diff(edges))


def _cut(example: ChordExample, start: int, frames: int) -> np.ndarray:
    """Return levels in dB, padded with the floor beyond the end."""
    levels = unpacked_levels(example.levels[start : start + frames])
    return np.pad(levels, ((0, frames - len(levels)), (0, 0)), constant_values=FLOOR)


def _stacked(windows: Sequence[tuple[np.ndarray, Targets]]) -> dict[str, Tensor]:
    levels, targets = zip(*windows, strict=True)
    named = {name: np.stack([getattr(target, name) for target in targets]) for name in Targets._fields}
    return {name: torch.from_numpy(array) for name, array in {"levels": np.stack(levels), **named}.items()}
