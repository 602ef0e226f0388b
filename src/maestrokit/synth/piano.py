"""A sampled piano: recorded notes, which of them each key plays, and the keys' waveforms at any sample rate."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

from maestrokit.audio.effects.room import minimum_phase

Waveform = NDArray[np.float32]
"""Shape (channels, samples)."""

KEYS = range(128)
MARGIN = 0.2  # seconds behind a part of a recording that its resampling may look at
LOUDNESS = -22.0  # dB, of middle C in its first half second at velocity 127, in every piano
SOFT_CUTOFF = 1200.0  # Hz; above it the una corda takes away SOFT_SLOPE
SOFT_SLOPE = 4.0  # dB an octave
SOFT_GAIN = 0.8  # two strings of three
SOFT_LENGTH = 0.0015  # seconds of its impulse response


@dataclass(frozen=True, eq=False)
class RecordedNote:
    """One recorded note."""

    pitch: float  # MIDI number; the tuning of the recording is in its fraction
    sample_rate: float
    read: Callable[[], Waveform]
    """Returns the sound, which begins with the onset and ends in silence, when a key first needs it: a large set of
    samples does not fit into memory."""
    read_first: Callable[[int], Waveform] | None = None
    """The same up to so many samples, where that is quicker."""

    def first(self, samples: int | None) -> Waveform:
        """Return the first samples of the sound, or all of it."""
        if samples is None:
            return self.read()
        return (self.read() if self.read_first is None else self.read_first(samples))[:, :samples]


@dataclass(frozen=True)
class Layer:
    """The recording that a key plays at one velocity."""

    velocity: float  # where the recording sounds alone; between two layers both sound, in proportion
    recording: int  # index into the recordings of the piano
    gain: float = 1.0  # brings the recording to the level that it would have at velocity 127


@dataclass(frozen=True, eq=False)
class Piano:
    """Recorded notes and the keys that play them.

    Parameters
    ----------
    recordings : sequence of Recording
        The recorded notes.
    keys : mapping from MIDI number to layers
        Every key of 0..127, its layers by rising velocity.
    releases : mapping from MIDI number to Recording
        The sound of the key and the damper coming back, where it was recorded.
    """

    recordings: tuple[RecordedNote, ...]
    keys: Mapping[int, tuple[Layer, ...]]
    releases: Mapping[int, RecordedNote] = field(default_factory=dict)


def nearest_keys(recorded: Mapping[tuple[float, int], tuple[int, float]]) -> dict[int, tuple[Layer, ...]]:
    """Return the layers of every key, each from the pitch nearest to it that was recorded at that velocity."""
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

    A stereo piano played in mono sounds from its last microphone alone, because the sum of a spaced pair cancels the
    partials of some keys. A mono piano played in stereo sounds from the middle.
    """

    def __init__(self, piano: Piano, *, sample_rate: float, channels: int) -> None:
        self.piano = piano
        self.sample_rate = sample_rate
        self.channels = channels
        self._waveforms: dict[tuple[int, int, bool], tuple[Waveform, float]] = {}

    def waveform(self, key: int, layer: int, *, is_soft: bool = False, samples: float = math.inf) -> Waveform:
        """Return what a key sounds like in one of its layers, undamped: all of it, or so many samples or more.

        Most notes are damped early, so a first rendering need not make the rest. The samples are the same either way.
        """
        cache_key = key, layer, is_soft
        waveform, available = self._waveforms.get(cache_key, (np.zeros((self.channels, 0), np.float32), 0.0))
        if available < samples or available == 0:
            chosen = self.piano.keys[key][layer]
            is_whole = math.isinf(samples)
            seconds = math.inf if is_whole else 2.0 ** math.ceil(math.log2(max(samples / self.sample_rate, 0.5)))
            waveform = self._resampled(self.piano.recordings[chosen.recording], key, seconds) * np.float32(chosen.gain)
            waveform = soft_pedalled(waveform, self.sample_rate) if is_soft else waveform
            ends = waveform.shape[1] < int(seconds * self.sample_rate) if not is_whole else True
            self._waveforms[cache_key] = waveform, math.inf if ends else waveform.shape[1]
        return waveform

    def release(self, key: int) -> Waveform | None:
        """Return what a key sounds like when it comes back, or None where that was not recorded."""
        recording = self.piano.releases.get(key)
        if recording is None:
            return None
        if (key, -1, False) not in self._waveforms:
            self._waveforms[key, -1, False] = self._resampled(recording, key, math.inf), math.inf
        return self._waveforms[key, -1, False][0]

    def _resampled(self, recording: RecordedNote, key: int, seconds: float) -> Waveform:
        rate = recording.sample_rate * 2 ** ((key - recording.pitch) / 12)
        sound = recording.first(None if math.isinf(seconds) else int((seconds + MARGIN) * rate))
        sound = sound[-1:] if self.channels == 1 else sound
        sound = np.broadcast_to(sound, (self.channels, sound.shape[1]))
        resampled = soxr.resample(np.ascontiguousarray(sound.T), rate, self.sample_rate, quality="MQ")
        length = len(resampled) if math.isinf(seconds) else int(seconds * self.sample_rate)
        return np.ascontiguousarray(resampled[:length].T, np.float32)


@lru_cache(maxsize=4)
def cached_voices(piano: Piano, *, sample_rate: float, channels: int) -> Voices:
    """Return the voices of a piano; the last few are cached, so that rendering again is quick."""
    return Voices(piano, sample_rate=sample_rate, channels=channels)


def soft_pedalled(sound: Waveform, sample_rate: float) -> Waveform:
    """Return a waveform as the una corda pedal makes it: weaker, and its treble falling by some dB an octave.

    The filter has minimum phase, which keeps the onset where it is, and a part of a waveform becomes that part of the
    result, to the bit.
    """
    response = soft_response(sample_rate)
    return np.stack([np.convolve(row, response)[: sound.shape[1]] for row in sound])


@lru_cache(maxsize=4)
def soft_response(sample_rate: float) -> NDArray[np.float32]:
    """Return the impulse response of the una corda pedal, float32, of some milliseconds."""
    size = 4096
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    decibels = -SOFT_SLOPE * np.log2(np.maximum(frequency / SOFT_CUTOFF, 1))
    taps = max(round(SOFT_LENGTH * sample_rate), 1)
    return (SOFT_GAIN * minimum_phase(decibels * (np.log(10) / 20), taps=taps)).astype(np.float32)
