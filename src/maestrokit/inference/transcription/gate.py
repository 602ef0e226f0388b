"""The gate of a transcription: it removes onsets in silence, and where the onsets around are uncertain on average.

An onset passes if both conditions hold in its frame:

- The sound just after it is louder than a threshold; below, a recording holds silence.
- The onsets around it are certain on average. A model that was trained on pianos only predicts many onsets for speech,
  but uncertain ones: low peaks, and keys whose frame posteriors are low afterwards. On pianos most are high.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Mask
from maestrokit.audio.loudness import decibels
from maestrokit.audio.spectra.frames import Samples
from maestrokit.bounds import Within, check_fields
from maestrokit.inference.transcription.note_decoding import FRAME, ONSET, SIDE, Posteriors, peaks
from maestrokit.music.piano_range import KEYS

ONSET_HEIGHT = 0.35  # lowest peak of the onset head that counts
AFTER = slice(2, 8)  # frames after an onset in which its key should sound
BEFORE_FRAMES, LEVEL_FRAMES = 1, 11  # a level is measured from one frame before, over 0.2 s
OFF = -200.0  # dBFS, below any sound


@dataclass(frozen=True)
class GateConfig:
    """Thresholds of the gate."""

    silence_threshold: Annotated[float, Within(OFF, 0)] = -80.0
    """RMS level over 0.2 s, in dBFS; onsets in quieter sound are removed."""
    min_confidence: Annotated[float, Within(0, 1, below=True)] = 0.16
    """Onsets pass where the mean confidence of those around is at least this, 0..1; 0 passes all. The confidence of an
    onset is the product of its height and of the mean frame posterior of its key just after. The default is low, for
    models whose own value is not fitted: staccato from afar is as unsure in some as speech is in others."""
    context: Annotated[float, Within(0, 3600)] = 4.0
    """Seconds to either side over which confidence is averaged."""

    def __post_init__(self) -> None:
        check_fields(self)


class Loudness:
    """The level of each frame of a stream of samples; a level is dropped once it was returned."""

    def __init__(self, frame_samples: int) -> None:
        self.frame_samples = frame_samples
        self._rest = np.zeros(0, np.float32)
        self._powers: deque[NDArray[np.float64]] = deque([np.zeros(BEFORE_FRAMES)])

    def through(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """Yield the blocks."""
        for block in blocks:
            samples = np.concatenate([self._rest, block])
            stop = len(samples) // self.frame_samples * self.frame_samples
            frames = samples[:stop].reshape(-1, self.frame_samples)  # (frames, samples)
            self._powers.append(np.einsum("fs,fs->f", frames, frames, dtype=np.float64) / self.frame_samples)
            self._rest = samples[stop:]
            yield block

    def levels(self, count: int) -> Floats:
        """Return the levels of the next frames, in dBFS; after the end of the sound there is silence."""
        power = np.concatenate([*self._powers, np.zeros(count + LEVEL_FRAMES)])
        self._powers = deque([power[count : len(power) - count - LEVEL_FRAMES]])
        total = np.concatenate([[0.0], np.cumsum(power[: count + LEVEL_FRAMES])])
        mean = (total[LEVEL_FRAMES:] - total[:-LEVEL_FRAMES])[:count] / LEVEL_FRAMES
        return decibels(mean, OFF)


class Gate:
    """A stream of posteriors with the onsets removed that do not pass, delayed by some seconds.

    The output does not depend on how the input is cut into blocks.
    """

    def __init__(self, config: GateConfig, *, frame_seconds: float) -> None:
        self.config = config
        self._around = round(config.context / frame_seconds)
        self._reach = self._around + AFTER.stop + SIDE  # frames to either side that a frame depends on
        self._pending: Posteriors | None = None  # the last frames returned, and those still undecided
        self._is_loud: Mask = np.zeros(0, bool)
        self.frame_seconds = frame_seconds
        self._quiet_frames = self._unsure_frames = 0

    @property
    def removed_seconds(self) -> tuple[float, float]:
        """Seconds that were too quiet so far, and seconds that were loud but not confident enough."""
        return self._quiet_frames * self.frame_seconds, self._unsure_frames * self.frame_seconds

    def feed(self, posteriors: Posteriors, level: Floats) -> Posteriors:
        """Return the frames that can be decided once the next frames, and their levels in dBFS, are known."""
        if self._pending is None:
            self._pending = np.zeros((len(posteriors), self._reach, posteriors.shape[2]), np.float32)
        self._pending = np.concatenate([self._pending, posteriors], axis=1)
        self._is_loud = np.append(self._is_loud, level >= self.config.silence_threshold)
        return self._decided()

    def finish(self) -> Posteriors:
        """Return the last frames."""
        if self._pending is None:
            return np.zeros((4, 0, KEYS), np.float32)
        silence = np.zeros((len(self._pending), self._reach, self._pending.shape[2]), np.float32)
        self._pending = np.concatenate([self._pending, silence], axis=1)
        return self._decided()

    def _decided(self) -> Posteriors:
        assert self._pending is not None
        count = self._pending.shape[1] - 2 * self._reach
        if count <= 0:
            return self._pending[:, :0]
        is_confident = self._is_confident(self._pending)
        is_loud, self._is_loud = self._is_loud[:count], self._is_loud[count:]
        decided = self._pending[:, self._reach : self._reach + count].copy()
        decided[ONSET, ~(is_confident & is_loud)] = 0
        self._pending = self._pending[:, count:]
        self._quiet_frames += int((~is_loud).sum())
        self._unsure_frames += int((is_loud & ~is_confident).sum())
        return decided

    def _is_confident(self, posteriors: Posteriors) -> Mask:
        """Return which frames have confident onsets around them, or none at all: shape (frames - 2 * reach,)."""
        is_onset, confidence = onset_confidence(posteriors)
        counts, sums = (
            np.concatenate([[0.0], np.cumsum(column)]) for column in (is_onset.sum(axis=1), confidence.sum(axis=1))
        )
        width = 2 * self._around + 1
        first = np.arange(posteriors.shape[1] - 2 * self._reach) + self._reach - self._around - SIDE
        near, total = counts[first + width] - counts[first], sums[first + width] - sums[first]
        return np.asarray((near < 0.5) | (total >= self.config.min_confidence * near - 1e-9))


def onset_confidence(posteriors: Posteriors) -> tuple[Mask, NDArray[np.float32]]:
    """Return which peaks of the onset head count, and the confidence of each: height times mean frame posterior after.

    Shape
    -----
    posteriors : (4, frames + SIDE + AFTER.stop, keys)
    result : (frames, keys), of the frames from ``SIDE`` on
    """
    frames = posteriors.shape[1] - SIDE - AFTER.stop
    height = posteriors[ONSET, SIDE : SIDE + frames]
    is_onset = peaks(posteriors[ONSET, : frames + 2 * SIDE]) & (height >= ONSET_HEIGHT)
    sounding = np.mean(
        [posteriors[FRAME, SIDE + late : SIDE + late + frames] for late in range(AFTER.start, AFTER.stop)], 0
    )
    return is_onset, np.where(is_onset, height * sounding, np.float32(0))
