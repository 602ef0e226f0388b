"""Batches of spectra and notes for transcription models."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from maestrokit.audio.effects.spectrogram import drawn, varied
from maestrokit.audio.spectra.transcription_input import FLOOR, SETTINGS
from maestrokit.errors import UsageError
from maestrokit.music.note_targets import note_targets
from maestrokit.music.sustain import TimedNotes
from maestrokit.training.recordings import TrainingExample

STRIDE = 2  # frames of the spectrum for one of the targets
LEAD = 100  # frames before a window that reverberate into it
FRAME_SECONDS = 1 / SETTINGS.frames_per_second

Window = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Levels, targets of the keys, pedal."""


@dataclass(frozen=True)
class Cutting:
    """How takes are cut into batches, and varied."""

    batch: int = 3
    """Windows a batch."""
    frames: int = 512
    """Of the spectrum, in each window."""
    transpose: int = 4
    """Semitones by which a window is moved at most."""
    augment: bool = True
    """Whether windows are coloured, reverberated, and made noisy."""
    validation_seconds: float = 240.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.batch < 1 or self.frames < STRIDE or self.frames % STRIDE:
            raise UsageError(
                "a batch has at least one window, of an even number of frames", "change --batch or --length"
            )


class NoteData:
    """Windows drawn at random from takes; an epoch is as long as all of them together."""

    def __init__(
        self, train: Sequence[TrainingExample], held_out: Sequence[TrainingExample], *, cutting: Cutting
    ) -> None:
        if not train or not held_out:
            raise UsageError("training needs takes to learn from and to validate on")
        self.train, self.held_out, self.cutting = train, held_out, cutting
        lengths = np.array([len(example.levels) for example in train], np.float64)
        self._ends = np.cumsum(lengths)

    def batches(self, epoch: int) -> int:
        """Return how many batches are as long as all takes."""
        return max(1, int(self._ends[-1]) // (self.cutting.batch * self.cutting.frames))

    def batch(self, epoch: int, index: int) -> dict[str, Tensor]:
        """Return ``levels``, (batch, frames, bins), ``target``, (batch, heads, frames / 2, keys), and ``pedal``,
        (batch, frames / 2), which is not a number where nobody knows."""
        generator = np.random.default_rng([self.cutting.seed, epoch, index])
        return _stacked([self._sample_window(generator) for _ in range(self.cutting.batch)])

    def validation(self) -> Iterator[dict[str, Tensor]]:
        """Return batches of unvaried windows, spread over the takes to validate on."""
        frames, batch, chosen = self.cutting.frames, self.cutting.batch, self._validation_windows()
        for first in range(0, len(chosen), batch):
            yield _stacked([_window(example, start, frames) for example, start in chosen[first : first + batch]])

    def validation_batches(self) -> int:
        """Return how many batches there are to validate on."""
        return -(-len(self._validation_windows()) // self.cutting.batch)

    def _validation_windows(self) -> list[tuple[TrainingExample, int]]:
        """Return the takes and starts of the windows to validate on."""
        frames = self.cutting.frames
        count = max(1, int(self.cutting.validation_seconds / (frames * FRAME_SECONDS)))
        windows = [
            (example, start)
            for example in self.held_out
            for start in range(0, max(1, len(example.levels) - frames + 1), frames)
        ]
        return [windows[i] for i in np.linspace(0, len(windows) - 1, min(count, len(windows))).astype(int)]

    def _sample_window(self, generator: np.random.Generator) -> Window:
        example = self.train[int(np.searchsorted(self._ends, generator.uniform(0, self._ends[-1]), side="right"))]
        frames = self.cutting.frames
        start = int(generator.integers(max(1, len(example.levels) - frames + 1)))
        if not self.cutting.augment:
            return _window(example, start, frames)
        lead = min(LEAD, start)
        variation = drawn(generator, semitones=self.cutting.transpose)
        levels = varied(
            _cut(example, start - lead, lead + frames), variation, frame_seconds=FRAME_SECONDS, generator=generator
        )[lead:]
        notes = example.notes._replace(pitch=example.notes.pitch + variation.semitones)
        return levels, _targets(notes, start, frames), _pedal(example, start, frames)


def _window(example: TrainingExample, start: int, frames: int) -> Window:
    return _cut(example, start, frames), _targets(example.notes, start, frames), _pedal(example, start, frames)


def _cut(example: TrainingExample, start: int, frames: int) -> np.ndarray:
    """Return levels, at the floor beyond the end."""
    levels = np.asarray(example.levels[start : start + frames], np.float32)
    return np.pad(levels, ((0, frames - len(levels)), (0, 0)), constant_values=FLOOR)


def _targets(notes: TimedNotes, start: int, frames: int) -> np.ndarray:
    return note_targets(
        notes, start=start * FRAME_SECONDS, frames=frames // STRIDE, frame_seconds=STRIDE * FRAME_SECONDS
    )


def _pedal(example: TrainingExample, start: int, frames: int) -> np.ndarray:
    """Return 1 for each frame of output in which the pedal is down, not a number where nobody knows."""
    if example.pedal is None:
        return np.full(frames // STRIDE, np.nan, np.float32)
    time = (start + STRIDE * np.arange(frames // STRIDE)) * FRAME_SECONDS
    downs = np.searchsorted(example.pedal[:, 0], time, side="right")
    ups = np.searchsorted(example.pedal[:, 1], time, side="right")
    return (downs > ups).astype(np.float32)


def _stacked(windows: Sequence[Window]) -> dict[str, Tensor]:
    return {
        name: torch.from_numpy(np.stack(parts))
        for name, parts in zip(("levels", "target", "pedal"), zip(*windows, strict=True), strict=True)
    }
