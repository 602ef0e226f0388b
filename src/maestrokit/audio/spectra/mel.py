"""Mel spectra: power summed in bands as wide as the ear's.

The scale is Slaney's (Auditory Toolbox, 1998): linear up to 1 kHz, logarithmic above; each triangular filter has unit
area. These are librosa's defaults. Decibels equal those of ``librosa.power_to_db`` up to float32: to .0005 dB down to
80 dB below the peak (where librosa's default clips), to some hundredths of a dB far below.
"""

import math
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.spectra.frames import Analysis, Samples
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.audio.spectra.stft import tilt_power, tilted_squares
from maestrokit.errors import UsageError

BREAK_FREQUENCY = 1000.0  # Hz: linear below, logarithmic above
HZ_PER_MEL = 200.0 / 3
BREAK_MEL = BREAK_FREQUENCY / HZ_PER_MEL
LOG_STEP = np.log(6.4) / 27  # natural logarithm of the frequency ratio of one mel above the break

DECIBELS_PER_OCTAVE = 10 * np.log10(2)  # dB, of a doubled power


@lru_cache(maxsize=8)
def mel_analysis(settings: SpectrumSettings) -> Analysis:
    """Return the analysis S = M |X|^2, in decibels if the settings say so, which are 10 log10(max(floor, S)).

    Made once for each setting: for a recording of a minute, making the filters takes as long as using them.
    """
    squares_of = tilted_squares(settings.fft_samples, settings.hop_samples, settings.window)
    levelled = (mel_filters(settings) / tilt_power(settings.fft_samples)).astype(np.float32)

    @cache
    def filters() -> Any:
        from scipy.sparse import csr_array  # when first used: settings may be checked by those who do not analyse

        return csr_array(levelled)

    def transform(segment: Samples) -> NDArray[np.float32]:
        parts = filters() @ squares_of(segment)  # (mels, 2 * frames)
        bands = parts[:, 0::2] + parts[:, 1::2]
        levels = power2decibel(bands, settings.floor) if settings.kind == "logmel" else bands
        return np.ascontiguousarray(levels.T)

    return Analysis(
        mel_edges(settings)[1:-1], settings.sample_rate, settings.hop_samples, settings.fft_samples // 2, transform
    )


def power2decibel(power: NDArray[np.float32], floor: float) -> NDArray[np.float32]:
    """Return 10 log10 of the power, never less than that of the floor.

    >>> power2decibel(np.array([1, 100, 0], np.float32), 1e-10).tolist()
    [0.0, 20.0, -100.0]
    """
    levels = np.maximum(power, np.float32(floor))
    np.log2(levels, out=levels)  # in single precision half as costly as log10
    np.multiply(levels, np.float32(DECIBELS_PER_OCTAVE), out=levels)
    return np.maximum(levels, np.float32(10 * math.log10(floor)), out=levels)  # logarithms are rounded


def mel_filters(settings: SpectrumSettings) -> NDArray[np.float32]:
    """Return the matrix M of triangular filters of unit area, shape (mels, fft_samples // 2 + 1).

    Raises
    ------
    UsageError
        If the band is empty or reaches above half of the sample rate, or a filter is so narrow that no bin of the FFT
        falls into it (then its output would always be 0).
    """
    _check_band(settings)
    bins = np.linspace(0, settings.sample_rate / 2, settings.fft_samples // 2 + 1)
    edges = mel_edges(settings)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    filters = (triangles * 2 / (high - low)).astype(np.float32)
    empty = int((filters.max(axis=1) == 0).sum())
    if empty:
        raise UsageError(
            f"{empty} of {settings.mels} mel bands contain no bin of an FFT of {settings.fft_samples} samples",
            "take fewer `mels`, a longer FFT (`fft_samples`) or a higher `minimum_frequency`",
            parameter="mels",
        )
    return filters


def mel_edges(settings: SpectrumSettings) -> Floats:
    """Return the edges of the bands, in Hz, shape (mels + 2,): band i peaks at edge i + 1."""
    lowest, highest = hertz2mel([settings.lowest, settings.maximum_frequency]).tolist()
    return mel2hertz(np.linspace(lowest, highest, settings.mels + 2))


def hertz2mel(frequency: ArrayLike) -> Floats:
    """Return frequencies on the mel scale.

    >>> hertz2mel([500, 1000]).round(6).tolist()
    [7.5, 15.0]
    """
    hertz = np.asarray(frequency, np.float64)
    above = BREAK_MEL + np.log(np.maximum(hertz, BREAK_FREQUENCY) / BREAK_FREQUENCY) / LOG_STEP
    return np.where(hertz < BREAK_FREQUENCY, hertz / HZ_PER_MEL, above)


def mel2hertz(mel: ArrayLike) -> Floats:
    """Return mels in Hz; the inverse of :func:`hertz2mel`."""
    mels = np.asarray(mel, np.float64)
    above = BREAK_FREQUENCY * np.exp(LOG_STEP * (np.maximum(mels, BREAK_MEL) - BREAK_MEL))
    return np.where(mels < BREAK_MEL, mels * HZ_PER_MEL, above)


def _check_band(settings: SpectrumSettings) -> None:
    lowest, highest = settings.lowest, settings.maximum_frequency
    if not 0 <= lowest < highest:
        raise UsageError(
            f"no frequencies from {lowest:g} to {highest:g} Hz",
            "`minimum_frequency` must be 0 or more, and below `maximum_frequency`",
            parameter="minimum_frequency",
        )
    if highest > settings.sample_rate / 2:
        raise UsageError(
            f"{highest:g} Hz is above half of the sample rate of {settings.sample_rate} Hz",
            "lower `maximum_frequency`, or raise `sample_rate`",
            parameter="maximum_frequency",
        )
