"""From the posteriors of a transcription model to notes, as a stream.

Onsets are peaks of the onset head, located between frames by the sides of the triangle of the training targets [1].
A note ends at the first peak of the offset head, where the frame head falls, or at the next onset of its key; dips of
the frame head of one or two frames, which follow many onsets, are ignored.

Most false notes of such models are overtones of a note with the same onset. An onset together with one an octave, a
twelfth, two octaves .. below it must therefore be nearly as high a peak as that one.

References
----------
.. [1] Q. Kong et al., "High-Resolution Piano Transcription With Pedals by Regressing Onset and Offset Times", IEEE/ACM
   TASLP 29, 2021.
.. [2] J. Serra, "Image Analysis and Mathematical Morphology", Academic Press, 1982.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Mask
from maestrokit.bounds import SHARE, Within, check_fields
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH

ONSET, OFFSET, FRAME, VELOCITY = range(4)
OVERTONES = (12, 19, 24, 28, 31)  # semitones from a key to its second, third .. sixth harmonic
MOST_SPREAD = 4.0
THRESHOLD = Within(0, 1, above=True, below=True)
SIDE = 2  # neighbouring frames to either side of a peak
SMOOTHING_SECONDS, SMOOTHING_STEP = 0.5, 0.02  # standard deviation of the smoothing of velocities, and its grid

Posteriors = NDArray[np.float32]
"""Shape (4, frames, keys): onset, offset, frame, velocity, all 0..1."""


@dataclass(frozen=True)
class Decoding:
    """Thresholds of the decoding."""

    onset_threshold: Annotated[float, THRESHOLD] = 0.35
    """Height of a peak that is an onset."""
    restrike_threshold: Annotated[float, THRESHOLD] = 0.45
    """Height of a peak that is an onset of a key that already sounds; at least the onset threshold."""
    overtone_threshold: Annotated[float, THRESHOLD] = 0.5
    """Height of a peak that is an onset together with one of which it may be an overtone."""
    overtone_share: Annotated[float, SHARE] = 0.8
    """Share of the height of that one which it must reach, too."""
    offset_threshold: Annotated[float, THRESHOLD] = 0.25
    """Height of a peak that ends a note."""
    frame_threshold: Annotated[float, THRESHOLD] = 0.5
    """Frame posterior below which a note ends."""
    latency: Annotated[float, Within(-1, 1)] = 0.008
    """Mean delay of the model, in seconds."""
    min_note: Annotated[float, Within(0, 60)] = 0.07
    """Shortest note, in seconds; an onset closer than this to the next of its key is ignored."""
    velocity_spread: Annotated[float, Within(0, MOST_SPREAD, above=True)] = 1.0
    """Factor on the distances of velocities from the middle: an uncertain model underestimates them."""
    velocity_middle: Annotated[float, Within(1, 127)] = 60.0
    """Velocity that the factor leaves as it is."""
    velocity_smoothing: Annotated[float, SHARE] = 0.0
    """Share of the mean velocity of the notes around, over half a second, in that of each note."""

    def __post_init__(self) -> None:
        check_fields(self)


class Decoder:
    """Notes from posteriors that arrive in blocks; the result does not depend on the blocks."""

    def __init__(self, decoding: Decoding, *, frame_seconds: float) -> None:
        self.decoding, self.frame_seconds = decoding, frame_seconds
        self._pending: Posteriors = np.zeros((4, SIDE, KEYS), np.float32)
        self._first = 0  # index of the first frame that is not decoded yet
        self._onset = np.full(KEYS, np.nan)  # of the note that sounds, in seconds
        self._velocity = np.zeros(KEYS)
        self._done: list[tuple[float, float, int, float]] = []

    def feed(self, posteriors: Posteriors) -> TimedNotes:
        """Return the notes that end in the frames that can be decided now, sorted by onset."""
        block = np.concatenate([self._pending, posteriors], axis=1)
        if block.shape[1] > 2 * SIDE:
            self._decode(block)
            self._first += block.shape[1] - 2 * SIDE
        self._pending = block[:, -2 * SIDE :]
        return self._finished()

    def finish(self) -> TimedNotes:
        """Return the last notes: those that still sound end with the recording; too short ones are dropped."""
        notes = self.feed(np.zeros((4, SIDE, KEYS), np.float32))
        for key in np.flatnonzero(~np.isnan(self._onset)):
            self._end(int(key), self._first * self.frame_seconds)
        return joined([notes, self._finished()])

    def _decode(self, block: Posteriors) -> None:
        """Decode the frames of a block that have both their neighbours."""
        config, inner = self.decoding, block[:, SIDE:-SIDE]
        onsets = peaks(block[ONSET]) & (inner[ONSET] >= onset_thresholds(block[ONSET], config))
        ends = closed(block[FRAME]) < config.frame_threshold
        releases = peaks(block[OFFSET]) & (inner[OFFSET] >= config.offset_threshold)
        placed = {
            kind: (self._first + np.arange(inner.shape[1])[:, None] + between(block[kind])) * self.frame_seconds
            for kind in (ONSET, OFFSET)
        }
        times = np.where(
            releases, placed[OFFSET], (self._first + np.arange(inner.shape[1]))[:, None] * self.frame_seconds
        )
        for key in np.flatnonzero(onsets.any(axis=0) | ~np.isnan(self._onset)):
            self._follow(
                int(key),
                np.flatnonzero(onsets[:, key]),
                inner[:, :, key],
                placed[ONSET][:, key],
                np.sort(times[(ends | releases)[:, key], key]),
            )

    def _follow(self, key: int, onsets: NDArray[np.intp], posteriors: Posteriors, time: Floats, ends: Floats) -> None:
        """Follow one key through a block, from onset to onset."""
        for frame in onsets:
            self._end_by(key, ends, before=time[frame])
            if not np.isnan(self._onset[key]):
                if posteriors[ONSET, frame] < self.decoding.restrike_threshold:
                    continue
                self._end(key, time[frame])
            self._onset[key], self._velocity[key] = time[frame], posteriors[VELOCITY, frame]
        self._end_by(key, ends, before=np.inf)

    def _end_by(self, key: int, ends: Floats, *, before: float) -> None:
        """End the note of a key at the first end after its shortest duration."""
        if np.isnan(self._onset[key]):
            return
        row = int(np.searchsorted(ends, self._onset[key] + self.decoding.min_note))
        if row < len(ends) and ends[row] < before:
            self._end(key, ends[row])

    def _end(self, key: int, time: float) -> None:
        onset = self._onset[key]
        if time - onset >= self.decoding.min_note:
            self._done.append((onset, time, key + LOWEST_PITCH, self._velocity[key]))
        self._onset[key] = np.nan

    def _finished(self) -> TimedNotes:
        done, self._done = self._done, []
        onset, offset, pitch, velocity = np.array(done, np.float64).reshape(-1, 4).T
        onset = np.maximum(onset - self.decoding.latency, 0.0)
        offset = np.maximum(offset - self.decoding.latency, onset + 1e-3)
        velocities = np.clip(np.rint(velocity * 127), 1, 127).astype(np.int64)
        return _sorted(TimedNotes(onset, offset, pitch.astype(np.int64), velocities))


def with_dynamics(notes: TimedNotes, decoding: Decoding) -> TimedNotes:
    """Return notes, sorted by onset, with smoothed and spread velocities, as a decoding says."""
    middle, share = decoding.velocity_middle, decoding.velocity_smoothing
    mixed = (1 - share) * notes.velocity + share * local_mean(notes.onset, notes.velocity)
    spread = middle + decoding.velocity_spread * (mixed - middle)
    return notes._replace(velocity=np.clip(np.rint(spread), 1, 127).astype(np.int64))


def local_mean(time: Floats, value: NDArray[np.generic]) -> Floats:
    """Return the mean of the values around each time, by a Gaussian whose standard deviation is half a second.

    >>> local_mean(np.array([0.0, 0.0, 60.0]), np.array([50.0, 70.0, 100.0])).round(3).tolist()
    [60.0, 60.0, 100.0]
    """
    from scipy.ndimage import gaussian_filter1d

    if not len(time):
        return np.empty(0)
    bins = np.rint((time - time[0]) / SMOOTHING_STEP).astype(np.int64)
    sums, counts = (
        gaussian_filter1d(np.bincount(bins, weight), SMOOTHING_SECONDS / SMOOTHING_STEP, mode="constant")
        for weight in (value.astype(np.float64), np.ones(len(time)))
    )
    return np.asarray(sums[bins] / counts[bins], np.float64)


def onset_thresholds(values: NDArray[np.float32], decoding: Decoding) -> NDArray[np.float32]:
    """Return the height above which a peak of the onset head is an onset, for each frame and key.

    Shape
    -----
    values : (frames + 4, keys)
    result : (frames, keys)
    """
    frames = len(values) - 2 * SIDE
    near = np.max([values[step : step + frames] for step in range(2 * SIDE + 1)], axis=0)  # (frames, keys)
    below = np.zeros_like(near)
    for interval in OVERTONES:
        np.maximum(below[:, interval:], near[:, :-interval], out=below[:, interval:])
    as_overtone = np.maximum(decoding.overtone_threshold, decoding.overtone_share * below)
    least = np.float32(decoding.onset_threshold)
    return np.asarray(np.where(below >= least, np.maximum(as_overtone, least), least), np.float32)


def peaks(values: NDArray[np.float32]) -> Mask:
    """Return which frames are higher than the two after and at least as high as the two before.

    Shape
    -----
    values : (frames + 4, keys)
    result : (frames, keys)

    >>> peaks(np.array([0, 0, 1, 2, 1, 0, 0], np.float32)[:, None]).ravel().tolist()
    [False, True, False]
    """
    middle = values[SIDE:-SIDE]
    is_peak = np.ones(middle.shape, bool)
    for step in range(1, SIDE + 1):
        is_peak &= middle >= values[SIDE - step : len(values) - SIDE - step]
        is_peak &= middle > values[SIDE + step : len(values) - SIDE + step]
    return is_peak


def closed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the values with dips of up to two frames filled, to the lower of their two edges (a closing [2]).

    Shape
    -----
    values : (frames + 4, keys)
    result : (frames, keys)

    >>> closed(np.array([0, 9, 8, 1, 2, 7, 0, 0, 0], np.float32)[:, None]).ravel().astype(int).tolist()
    [8, 7, 7, 7, 0]
    """
    highest = np.maximum(np.maximum(values[:-2], values[1:-1]), values[2:])
    return np.minimum(np.minimum(highest[:-2], highest[1:-1]), highest[2:])


def between(values: NDArray[np.floating]) -> Floats:
    """Return how far from each frame, in frames, the tip of a triangle lies that has its peak there [1].

    >>> between(np.array([0.08, 0.48, 0.88, 0.72, 0.32])[:, None]).round(2).tolist()
    [[0.3]]
    """
    middle = values[SIDE:-SIDE].astype(np.float64)
    before, after = values[SIDE - 1 : -SIDE - 1], values[SIDE + 1 : len(values) - SIDE + 1]
    lower = np.minimum(before, after)
    return np.asarray(np.clip((after - before) / np.maximum(2 * (middle - lower), 1e-9), -0.5, 0.5))


def joined(parts: Sequence[TimedNotes]) -> TimedNotes:
    """Return all notes of several parts, sorted by onset, then pitch."""
    return _sorted(
        TimedNotes(
            np.concatenate([part.onset for part in parts]),
            np.concatenate([part.offset for part in parts]),
            np.concatenate([part.pitch for part in parts]),
            np.concatenate([part.velocity for part in parts]),
        )
    )


def _sorted(notes: TimedNotes) -> TimedNotes:
    rows = np.lexsort((notes.pitch, notes.onset))
    return TimedNotes(notes.onset[rows], notes.offset[rows], notes.pitch[rows], notes.velocity[rows])
