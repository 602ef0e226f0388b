"""Batches of spectra and notes for transcription models."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from torch import Tensor

from maestrokit.arrays import Floats
from maestrokit.audio.effects.spectrogram import augment_levels, sample_variation
from maestrokit.audio.spectra.transcription_input import FLOOR, SETTINGS
from maestrokit.bounds import LARGEST_COUNT, Within, check_fields
from maestrokit.errors import UsageError, check_choice
from maestrokit.music.rolls.transcription_targets import note_targets, possibly_held
from maestrokit.training.data.recordings import TrainingExample

STRIDE = 2  # frames of the spectrum for one of the targets
ENDS = slice(1, 3)  # the heads of the targets that depend on where notes end: offset and frame
TABLE_OFFSETS = ("sound", "keys")
LEAD = 100  # frames before a window that reverberate into it
FRAME_SECONDS = 1 / SETTINGS.frames_per_second

Window = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Levels, targets of the keys, pedal."""


@dataclass(frozen=True)
class TranscriptionOptions:
    """Settings of the data of a transcription model."""

    batch: Annotated[int, Within(1, 100_000)] = 3
    """Windows per batch."""
    length: Annotated[int, Within(STRIDE, 1_000_000)] = 512
    """Frames of 10 ms per window, an even number."""
    transpose: Annotated[int, Within(0, 24)] = 4
    """Largest transposition of a window, in semitones."""
    augment: bool = True
    """Whether training windows are augmented: equalised, reverberated, and made noisy, differently each time."""
    renders: Annotated[int, Within(0, LARGEST_COUNT)] = 200
    """Largest number of performances without a recording that are rendered."""
    render_seconds: Annotated[float, Within(0, 3600, above=True)] = 60.0
    """Length of the excerpt of each, in seconds."""
    pianos: str = ""
    """What renders them: folders of samples and soundfonts, separated by commas; empty is the shipped piano."""
    rooms: str = ""
    """Measured impulse responses, sound files and folders separated by commas: half of the renders are in one of these
    rooms, the others in artificial ones; empty is none."""
    shares: str = ""
    """Shares of the training windows that are of files below a folder, as ``teacher=0.2,silent=0.02``; those of all
    others are by their lengths."""
    table_offsets: str = "sound"
    """What the offsets in tables of notes are: ``sound``, its ends, or ``keys``, their releases, as in MAPS: nothing is
    then learnt about where the pedal may hold a note."""
    validation_seconds: Annotated[float, Within(0, 1_000_000_000, above=True)] = 240.0
    """Seconds to validate on, spread over the recordings of the validation part."""

    @property
    def folder_shares(self) -> dict[str, float]:
        """Shares by folder."""
        parts = [part.rpartition("=") for part in self.shares.split(",") if part]
        try:
            shares = {name.strip(): float(share) for name, _, share in parts}
        except ValueError:
            shares = {"": 0.0}
        if not all(name and 0 < share < 1 for name, share in shares.items()) or sum(shares.values()) >= 1:
            fact = f"shares is '{self.shares}', not folders with shares whose sum is below 1"
            raise UsageError(fact, "write folder=0.2,other=0.1", parameter="shares")
        return shares

    def __post_init__(self) -> None:
        _ = self.folder_shares
        check_fields(self)
        check_choice("kind of offsets", self.table_offsets, TABLE_OFFSETS, parameter="table_offsets")
        if self.length % STRIDE:
            fact = f"length is {self.length} frames, not an even number"
            raise UsageError(fact, "change `length`", parameter="length")


class TranscriptionData:
    """Random windows of recordings; an epoch is as long as all of them together."""

    def __init__(
        self,
        train: Sequence[TrainingExample],
        validation: Sequence[TrainingExample],
        options: TranscriptionOptions,
        *,
        folders: Sequence[frozenset[str]] = (),
        seed: int = 0,
    ) -> None:
        if not train or not validation:
            raise UsageError("training needs recordings to learn from and to validate on")
        self.train, self.held_out, self.options, self.seed = train, validation, options, seed
        lengths = np.array([len(example.levels) for example in train], np.float64)
        self._frames = int(lengths.sum())
        self._ends = np.cumsum(_weights(lengths, folders, options.folder_shares))

    def batches(self, epoch: int) -> int:
        """Return how many batches an epoch has."""
        return max(1, self._frames // (self.options.batch * self.options.length))

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return ``levels``, (batch, frames, bins), ``target``, (batch, heads, frames / 2, keys), and ``pedal``,
        (batch, frames / 2), both NaN where they are unknown."""
        generator = np.random.default_rng([self.seed, epoch, index])
        return _stacked([self._sample_window(generator) for _ in range(self.options.batch)])

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return batches of windows without augmentation, spread over the validation recordings."""
        frames, batch, chosen = self.options.length, self.options.batch, self._validation_windows()
        for first in range(0, len(chosen), batch):
            yield _stacked([_window(example, start, frames) for example, start in chosen[first : first + batch]])

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return -(-len(self._validation_windows()) // self.options.batch)

    def _validation_windows(self) -> list[tuple[TrainingExample, int]]:
        """Return the recordings and starts of the windows to validate on."""
        frames = self.options.length
        count = max(1, int(self.options.validation_seconds / (frames * FRAME_SECONDS)))
        lengths = [max(1, len(example.levels) - frames + 1) for example in self.held_out]
        parts = zip(self.held_out, lengths, strict=True)
        windows = [(example, start) for example, length in parts for start in range(0, length, frames)]
        return [windows[i] for i in np.linspace(0, len(windows) - 1, min(count, len(windows))).astype(int)]

    def _sample_window(self, generator: np.random.Generator) -> Window:
        example = self.train[int(np.searchsorted(self._ends, generator.uniform(0, self._ends[-1]), side="right"))]
        frames = self.options.length
        start = int(generator.integers(max(1, len(example.levels) - frames + 1)))
        if not self.options.augment:
            return _window(example, start, frames)
        lead = min(LEAD, start)
        variation = sample_variation(generator, semitones=self.options.transpose)
        levels = _cut(example, start - lead, lead + frames)
        levels = augment_levels(levels, variation, frame_seconds=FRAME_SECONDS, generator=generator)[lead:]
        return levels, *_labels(example, start, frames, semitones=variation.semitones)


def _weights(lengths: Floats, folders: Sequence[frozenset[str]], shares: Mapping[str, float]) -> Floats:
    """Return how often each recording is chosen: by its length, and its folder where that has a share."""
    weights = np.asarray(lengths / lengths.sum())
    if not shares:
        return weights
    is_in = {name: np.array([name in names for names in folders], bool) for name in shares}
    rest = ~np.any([*is_in.values()], axis=0)
    parts = [*((is_in[name], share) for name, share in shares.items()), (rest, 1 - sum(shares.values()))]
    for rows, share in parts:
        if not rows.any():
            name = next((name for name in shares if is_in[name] is rows), "")
            fact = f"no training file is below a folder '{name}'" if name else "all training files have shares"
            raise UsageError(fact, "change `shares`", parameter="shares")
        weights[rows] *= share / weights[rows].sum()
    return weights


def _window(example: TrainingExample, start: int, frames: int) -> Window:
    return _cut(example, start, frames), *_labels(example, start, frames)


def _labels(example: TrainingExample, start: int, frames: int, *, semitones: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets of the keys, transposed, and the pedal, NaN where they are unknown."""
    notes, moments = example.notes, {"start": start * FRAME_SECONDS, "frame_seconds": STRIDE * FRAME_SECONDS}
    transposed = notes._replace(pitch=notes.pitch + semitones)
    target = note_targets(transposed, frames=frames // STRIDE, **moments)
    if not example.knows_ends:
        target[ENDS, possibly_held(transposed, frames=frames // STRIDE, **moments)] = np.nan
    return target, _pedal(example, start, frames)


def _cut(example: TrainingExample, start: int, frames: int) -> np.ndarray:
    """Return levels, padded with the floor beyond the end."""
    levels = np.asarray(example.levels[start : start + frames], np.float32)
    return np.pad(levels, ((0, frames - len(levels)), (0, 0)), constant_values=FLOOR)


def _pedal(example: TrainingExample, start: int, frames: int) -> np.ndarray:
    """Return 1 for each output frame in which the pedal is down, NaN where it is unknown."""
    if example.pedal is None:
        return np.full(frames // STRIDE, np.nan, np.float32)
    time = (start + STRIDE * np.arange(frames // STRIDE)) * FRAME_SECONDS
    downs = np.searchsorted(example.pedal[:, 0], time, side="right")
    ups = np.searchsorted(example.pedal[:, 1], time, side="right")
    return (downs > ups).astype(np.float32)


def _stacked(windows: Sequence[Window]) -> dict[str, Tensor]:
    levels, target, pedal = (torch.from_numpy(np.stack(parts)) for parts in zip(*windows, strict=True))
    return {"levels": levels, "target": target, "pedal": pedal}
