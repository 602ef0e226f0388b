"""The spectrum that networks of classes see of recordings: a mel spectrum in dB, with the frames of the rolls of
performances.

It is stored as bytes. A network sees how far a band is above what is 70 dB below the loud frames of the recording: so
nothing depends on how loud a recording is, and silence is 0, as in rolls.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.spectra.frames import Samples, Spectrum, analyse_stream
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.music.rolls.excerpts import FRAMES, HOP, covering_starts

BANDS = 96
SAMPLE_RATE = 16000  # Hz
FLOOR, STEP = -120.0, 0.7  # dB
SPECTRUM = SpectrumSettings("logmel", SAMPLE_RATE, round(HOP * SAMPLE_RATE), mels=BANDS, floor=10 ** (FLOOR / 10))
RANGE = 70.0  # dB below the reference; what is softer counts as silence
LOUD = 0.95  # quantile over the frames of their loudest bands, which is the reference
SILENT = FLOOR + RANGE  # dB; no frame of a silent recording is louder
SCALE = 35.0  # dB of one unit of the input

BandLevels = NDArray[np.float32]
"""Shape (frames, bands), in dB."""


class PackedLevels(Protocol):
    """Levels as bytes, shape (frames, bands), in memory or in a file."""

    def __len__(self) -> int: ...

    def __getitem__(self, frames: slice, /) -> NDArray[np.uint8]: ...


@dataclass(frozen=True, eq=False)
class MelSpectrum:
    """The spectrum of a recording.

    Parameters
    ----------
    levels : uint8, shape (frames, bands)
        Packed, or what gives them by slices.
    reference : float, in dB
        How loud its loud frames are.
    first, end : int
        The frame with which it begins to sound, and the first one of the silence at its end; equal where it is silent.
    """

    levels: PackedLevels
    reference: float
    first: int
    end: int

    @property
    def period(self) -> int:
        """Frames after which an excerpt repeats itself: all, but for recordings that are shorter than one."""
        return min(FRAMES, self.end - self.first)


def mel_spectrum(packed: NDArray[np.uint8]) -> MelSpectrum:
    """Return the spectrum of a recording, given its packed levels."""
    loudest = unpacked_levels(packed.max(axis=1))
    audible = loudest[loudest > SILENT]
    if not len(audible):
        return MelSpectrum(packed, FLOOR, 0, 0)
    reference = float(np.quantile(audible, LOUD))
    frames = np.flatnonzero(loudest > reference - RANGE)
    return MelSpectrum(packed, reference, int(frames[0]), int(frames[-1]) + 1)


def packed_mel(blocks: Iterable[Samples]) -> NDArray[np.uint8]:
    """Return the packed levels of a recording that arrives in blocks at ``SAMPLE_RATE``."""
    return np.concatenate([packed_levels(part) for part in analyse_stream(blocks, SPECTRUM.analysis())])


def packed_levels(levels: Spectrum) -> NDArray[np.uint8]:
    """Return levels in dB as bytes.

    >>> packed_levels(np.array([-50.0, -57.2, -130.0], np.float32)).tolist()
    [100, 90, 0]
    """
    return np.asarray(np.clip(np.rint((levels.real - FLOOR) / STEP), 0, 255), np.uint8)


def unpacked_levels(packed: NDArray[np.uint8]) -> BandLevels:
    """Return the levels in dB that bytes mean.

    >>> unpacked_levels(np.array([100, 90, 0], np.uint8)).tolist()
    [-50.0, -57.0, -120.0]
    """
    return np.asarray(packed * np.float32(STEP) + np.float32(FLOOR), np.float32)


def network_input(levels: BandLevels, reference: float) -> NDArray[np.float32]:
    """Return levels in dB as the input of a network: 2 at the reference, 0 where there is silence.

    >>> network_input(np.array([-20.0, -55.0, -100.0], np.float32), -20.0).tolist()
    [2.0, 1.0, 0.0]
    """
    return np.asarray(np.maximum(levels - np.float32(reference - RANGE), 0) / np.float32(SCALE), np.float32)


def spectrum_starts(spectrum: MelSpectrum, *, most: int | None = None) -> Floats:
    """Return where excerpts begin that cover a recording and overlap by about a half, in seconds.

    Silence at its beginning and end is passed over; a silent recording has none. See
    :func:`maestrokit.music.rolls.excerpts.excerpt_starts`.
    """
    if spectrum.first == spectrum.end:
        return np.empty(0)
    return covering_starts(spectrum.first * HOP, spectrum.end * HOP, most=most)


def spectrum_excerpt(spectrum: MelSpectrum, start: float) -> NDArray[np.float32]:
    """Return what a network sees of the excerpt that begins at a time in seconds, shape (1, frames, bands)."""
    return network_input(levels_from(spectrum, round(start / HOP), FRAMES), spectrum.reference)[None]


def levels_from(spectrum: MelSpectrum, first: int, count: int) -> BandLevels:
    """Return the levels of so many frames from one on; a recording that is shorter is repeated."""
    length = spectrum.end - spectrum.first
    if length < count:
        levels = unpacked_levels(spectrum.levels[spectrum.first : spectrum.end])
        return np.asarray(levels[(first - spectrum.first + np.arange(count)) % length])
    levels = unpacked_levels(spectrum.levels[first : first + count])
    return np.pad(levels, ((0, count - len(levels)), (0, 0)), constant_values=FLOOR)
