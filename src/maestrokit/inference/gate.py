"""Where in a recording a piano is heard at all: no notes are told in silence, nor where they are doubtful on the mean.

Two things are asked of each frame, and a stroke there counts if both are so:

- The sound just after it is louder than a level; below, a recording holds silence.
- The strokes around it are certain on the mean. A model that was taught by pianos only gives many strokes for speech,
  yet doubtful ones: low peaks, and keys that hardly sound afterwards. On pianos most are high, and the keys sound.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Mask
from maestrokit.audio.loudness import decibels
from maestrokit.audio.spectra.frames import Samples
from maestrokit.errors import UsageError
from maestrokit.inference.note_decoding import FRAME, ONSET, SIDE, Posteriors, peaks

STROKE = 0.35  # height of a peak of the onset head that is weighed
AFTER = slice(2, 8)  # frames after a stroke in which its key is to sound
BEFORE_FRAMES, LEVEL_FRAMES = 1, 11  # a level is of the sound from a frame before on, and so many frames long: 0.2 s
OFF = -200.0  # dBFS; nothing is quieter


@dataclass(frozen=True)
class Listening:
    """What counts as a piano."""

    level: float = -80.0
    """dBFS, the root of the mean square over 0.2 s; strokes in quieter sound are none."""
    certainty: float = 0.28
    """Strokes count where, on the mean over those around, the product of their height and of how much the frame head
    says of their keys just after is at least this; 0 listens to anything."""
    around: float = 4.0
    """Seconds to either side that are looked at."""

    def __post_init__(self) -> None:
        if not OFF <= self.level <= 0:
            hint = "0 is full scale, -80 the default"
            fact = f"`silence_threshold` must be in {OFF:g}..0 dBFS, not {self.level}"
            raise UsageError(fact, hint, parameter="silence_threshold")
        if not 0 <= self.certainty < 1:
            fact = f"`min_confidence` must be at least 0 and below 1, not {self.certainty}"
            raise UsageError(fact, "0 keeps all notes", parameter="min_confidence")


class Loudness:
    """Hears samples pass, and tells the level of each frame; it forgets what was asked for."""

    def __init__(self, frame_samples: int) -> None:
        self.frame_samples = frame_samples
        self._rest = np.zeros(0, np.float32)
        self._powers: deque[NDArray[np.float64]] = deque([np.zeros(BEFORE_FRAMES)])

    def through(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """Yield the blocks."""
        for block in blocks:
            samples = np.concatenate([self._rest, block])
            whole = len(samples) // self.frame_samples * self.frame_samples
            frames = samples[:whole].reshape(-1, self.frame_samples)  # (frames, samples)
            self._powers.append(np.einsum("fs,fs->f", frames, frames, dtype=np.float64) / self.frame_samples)
            self._rest = samples[whole:]
            yield block

    def levels(self, count: int) -> Floats:
        """Return the levels of the next frames, in dBFS; after the end of the sound there is silence."""
        power = np.concatenate([*self._powers, np.zeros(count + LEVEL_FRAMES)])
        self._powers = deque([power[count : len(power) - count - LEVEL_FRAMES]])
        total = np.concatenate([[0.0], np.cumsum(power[: count + LEVEL_FRAMES])])
        mean = (total[LEVEL_FRAMES:] - total[:-LEVEL_FRAMES])[:count] / LEVEL_FRAMES
        return decibels(mean, OFF)


class Gate:
    """Posteriors with no strokes where no piano is heard, as a stream, some seconds late.

    What comes out does not depend on the blocks that go in.
    """

    def __init__(self, listening: Listening, *, frame_seconds: float) -> None:
        self.listening = listening
        self._around = round(listening.around / frame_seconds)
        self._reach = self._around + AFTER.stop + SIDE  # frames on either side that a frame depends on
        self._held: Posteriors | None = None  # the last frames told, and those not told yet
        self._is_loud: Mask = np.zeros(0, bool)
        self.frame_seconds = frame_seconds
        self._quiet_frames = self._doubtful_frames = 0

    @property
    def passed_over(self) -> tuple[float, float]:
        """Seconds that were too quiet, and seconds that were loud but not certain enough, so far."""
        return self._quiet_frames * self.frame_seconds, self._doubtful_frames * self.frame_seconds

    def feed(self, said: Posteriors, level: Floats) -> Posteriors:
        """Return the next frames that are decided, from the next that are heard and their levels in dBFS."""
        if self._held is None:
            self._held = np.zeros((len(said), self._reach, said.shape[2]), np.float32)
        self._held = np.concatenate([self._held, said], axis=1)
        self._is_loud = np.append(self._is_loud, level >= self.listening.level)
        return self._decided()

    def finish(self) -> Posteriors:
        """Return the last frames."""
        if self._held is None:
            return np.zeros((4, 0, 88), np.float32)
        silence = np.zeros((len(self._held), self._reach, self._held.shape[2]), np.float32)
        self._held = np.concatenate([self._held, silence], axis=1)
        return self._decided()

    def _decided(self) -> Posteriors:
        assert self._held is not None
        count = self._held.shape[1] - 2 * self._reach
        if count <= 0:
            return self._held[:, :0]
        is_sure = self._is_sure(self._held)
        is_loud, self._is_loud = self._is_loud[:count], self._is_loud[count:]
        told = self._held[:, self._reach : self._reach + count].copy()
        told[ONSET, ~(is_sure & is_loud)] = 0
        self._held = self._held[:, count:]
        self._quiet_frames += int((~is_loud).sum())
        self._doubtful_frames += int((is_loud & ~is_sure).sum())
        return told

    def _is_sure(self, said: Posteriors) -> Mask:
        """Return which frames have certain strokes around them, or none: shape (frames - 2 * reach,)."""
        stroke, certainty = strokes(said)
        counts, sums = (
            np.concatenate([[0.0], np.cumsum(column)]) for column in (stroke.sum(axis=1), certainty.sum(axis=1))
        )
        width = 2 * self._around + 1
        first = np.arange(said.shape[1] - 2 * self._reach) + self._reach - self._around - SIDE
        near, worth = counts[first + width] - counts[first], sums[first + width] - sums[first]
        return np.asarray((near < 0.5) | (worth >= self.listening.certainty * near - 1e-9))


def strokes(said: Posteriors) -> tuple[Mask, NDArray[np.float32]]:
    """Return where strokes are weighed, and how certain each is: height, times what the frame head says after it.

    Shape
    -----
    said : (4, frames + SIDE + AFTER.stop, keys)
    result : (frames, keys), of the frames from ``SIDE`` on
    """
    frames = said.shape[1] - SIDE - AFTER.stop
    height = said[ONSET, SIDE : SIDE + frames]
    is_stroke = peaks(said[ONSET, : frames + 2 * SIDE]) & (height >= STROKE)
    sounding = np.mean([said[FRAME, SIDE + late : SIDE + late + frames] for late in range(AFTER.start, AFTER.stop)], 0)
    return is_stroke, np.where(is_stroke, height * sounding, np.float32(0))
