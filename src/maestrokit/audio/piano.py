"""A sampled piano: recorded notes, which of them each key plays, and the keys' waveforms at any sample rate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

Waveform = NDArray[np.float32]
"""Shape (channels, samples)."""

KEYS = range(128)
LOUDNESS = -22.0  # dB, of middle C in its first half second at velocity 127, in every piano
SOFT_CUTOFF = 1200.0  # Hz; above it the una corda takes away SOFT_SLOPE
SOFT_SLOPE = 4.0  # dB an octave
SOFT_GAIN = 0.8  # two strings of three


@dataclass(frozen=True, eq=False)
class Recording:
    """One recorded note.

    Parameters
    ----------
    pitch : float
        MIDI number; the tuning of the recording is in its fraction.
    sample_rate : float, in Hz
    read : function that returns float32, shape (channels, samples)
        The sound, which begins with the onset and ends in silence. It is read when a key first needs it, since a
        large set of samples does not fit into memory.
    """

    pitch: float
    sample_rate: float
    read: Callable[[], Waveform]


@dataclass(frozen=True)
class Layer:
    """The recording that a key plays at one velocity.

    Parameters
    ----------
    velocity : float
        Where the recording sounds alone; between two layers both sound, in proportion.
    recording : int
        Index into the recordings of the piano.
    gain : float
        Brings the recording to the level that it would have at velocity 127.
    """

    velocity: float
    recording: int
    gain: float = 1.0


@dataclass(frozen=True, eq=False)
class Piano:
    """Recorded notes and the keys that play them.

    Parameters
    ----------
    recordings : sequence of Recording
    keys : mapping from MIDI number to layers
        Every key of 0..127, its layers by rising velocity.
    releases : mapping from MIDI number to Recording
        The sound of the key and the damper coming back, where it was recorded.
    """

    recordings: tuple[Recording, ...]
    keys: Mapping[int, tuple[Layer, ...]]
    releases: Mapping[int, Recording] = field(default_factory=dict)


def nearest_keys(recorded: Mapping[tuple[float, int], tuple[int, float]]) -> dict[int, tuple[Layer, ...]]:
    """Return the layers of every key, each from the recorded pitch nearest to it.

    Parameters
    ----------
    recorded : mapping from (velocity, pitch) to (recording, gain)
    """
    keys = {}
    for key in KEYS:
        layers = []
        for velocity in sorted({velocity for velocity, _ in recorded}):
            pitch = min((p for v, p in recorded if v == velocity), key=lambda p: (abs(p - key), p))
            layers.append(Layer(velocity, *recorded[velocity, pitch]))
        keys[key] = tuple(layers)
    return keys


class Voices:
    """The waveforms of a piano's keys at one sample rate, made when first played, then kept.

    Parameters
    ----------
    piano : Piano
    sample_rate : float, in Hz
    channels : {1, 2}
        A stereo piano played in mono is heard by its last microphone alone, because the sum of a spaced pair
        cancels the partials of some keys. A mono piano played in stereo sounds from the middle.
    """

    def __init__(self, piano: Piano, *, sample_rate: float, channels: int) -> None:
        self.piano = piano
        self.sample_rate = sample_rate
        self.channels = channels
        self._waveforms: dict[tuple[int, int, bool], Waveform] = {}

    def waveform(self, key: int, layer: int, *, is_soft: bool = False) -> Waveform:
        """Return what a key sounds like in one of its layers, undamped."""
        kept = self._waveforms.get((key, layer, is_soft))
        if kept is None:
            chosen = self.piano.keys[key][layer]
            kept = self._resampled(self.piano.recordings[chosen.recording], key) * np.float32(chosen.gain)
            kept = soft_pedalled(kept, self.sample_rate) if is_soft else kept
            self._waveforms[key, layer, is_soft] = kept
        return kept

    def release(self, key: int) -> Waveform | None:
        """Return what a key sounds like when it comes back, or None where that was not recorded."""
        recording = self.piano.releases.get(key)
        if recording is None:
            return None
        kept = self._waveforms.get((key, -1, False))
        if kept is None:
            kept = self._waveforms[key, -1, False] = self._resampled(recording, key)
        return kept

    def _resampled(self, recording: Recording, key: int) -> Waveform:
        rate = recording.sample_rate * 2 ** ((key - recording.pitch) / 12)
        sound = recording.read()
        sound = sound[-1:] if self.channels == 1 else sound
        sound = np.broadcast_to(sound, (self.channels, sound.shape[1]))
        resampled = soxr.resample(np.ascontiguousarray(sound.T), rate, self.sample_rate, quality="MQ")
        return np.ascontiguousarray(resampled.T, np.float32)


@lru_cache(maxsize=4)
def voices(piano: Piano, *, sample_rate: float, channels: int) -> Voices:
    """Return the voices of a piano; the last few are kept, so that rendering again is quick."""
    return Voices(piano, sample_rate=sample_rate, channels=channels)


def soft_pedalled(sound: Waveform, sample_rate: float) -> Waveform:
    """Return a waveform as the una corda pedal makes it: weaker, and its treble falling by some dB an octave."""
    length = sound.shape[1]
    size = scipy.fft.next_fast_len(length, real=True)
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    decibels = -SOFT_SLOPE * np.log2(np.maximum(frequency / SOFT_CUTOFF, 1))
    spectrum = scipy.fft.rfft(sound, size) * (SOFT_GAIN * 10 ** (decibels / 20)).astype(np.float32)
    return np.asarray(scipy.fft.irfft(spectrum, size)[:, :length], np.float32)
