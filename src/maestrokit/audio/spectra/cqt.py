"""The variable-Q spectrum: bins at musical distances, windows as long as each bin needs.

Bin k lies at f_k = f_min * 2^(k / B). Its filter has the bandwidth alpha * f_k + gamma, with alpha such that
neighbours touch, so its window lasts 1 / (alpha * f_k + gamma) seconds. With gamma = 0 this is the constant-Q
spectrum; a few Hz of gamma keep the windows of low keys short enough to see their onsets.

No decimation takes place: the bins are sorted by the length of their windows into a handful of groups, each group
shares one short FFT, and its filters are narrow there, hence a sparse product. That is cheap, keeps no state from
frame to frame, and therefore streams exactly.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.spectra.frames import Analysis, Samples, sliding
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.errors import UsageError

SMALLEST_TAP = 1e-3  # of a filter's largest; below, its spectrum is taken as zero: -60 dB
SHORTEST_FFT = 128  # samples


@dataclass(frozen=True, eq=False)
class FilterGroup:
    """Filters that share one FFT."""

    fft_samples: int
    first_tap: int  # the slice of the FFT's bins that the filters touch
    last_tap: int
    # complex64, shape (filters, last_tap - first_tap)
    kernels: "scipy.sparse.csr_array"  # type: ignore[name-defined] # noqa: F821 - imported late, it is slow


@lru_cache(maxsize=8)
def variable_q_analysis(settings: SpectrumSettings) -> Analysis:
    """Return the analysis whose spectrum is variable-Q magnitudes, float32; made once for each setting.

    A steady sinusoid of amplitude A at the centre of a bin reads A there. Windows are Hann. ``librosa.vqt`` has another
    scale, which grows with the length of the window, and is recursive: it halves the sample rate octave by octave, and
    rounds windows and filters to that.

    Raises
    ------
    UsageError
        If the highest bin lies above half of the sample rate, or a parameter is out of range.

    References
    ----------
    J. C. Brown, M. S. Puckette: An efficient algorithm for the calculation of a constant Q transform. JASA 92, 1992.
    C. Schoerkhuber, A. Klapuri, N. Holighaus, M. Doerfler: A Matlab toolbox for efficient perfect reconstruction
    time-frequency transforms with log-frequency resolution. AES 53rd Conference, 2014 (gamma).
    """
    rate, per_octave = settings.sample_rate, settings.bins_per_octave
    frequency = bin_frequencies(settings.lowest, settings.bins, per_octave)
    _check(settings, frequency)
    lengths = window_lengths(frequency, sample_rate=rate, bins_per_octave=per_octave, gamma=settings.gamma)
    fft_samples = np.maximum(SHORTEST_FFT, 2 ** np.ceil(np.log2(lengths)).astype(int))  # never rises with frequency
    groups = [
        _filter_group(int(size), frequency[fft_samples == size] / rate, lengths[fft_samples == size])
        for size in np.unique(fft_samples)[::-1]
    ]
    reach = groups[0].fft_samples // 2

    def transform(segment: Samples) -> NDArray[np.float32]:
        return np.concatenate([_group_magnitudes(segment, group, reach, settings.hop_samples) for group in groups]).T

    return Analysis(frequency, rate, settings.hop_samples, reach, transform)


def bin_frequencies(minimum_frequency: float, bins: int, bins_per_octave: int) -> Floats:
    """Return the centre of each bin, in Hz.

    >>> bin_frequencies(27.5, 3, 1).tolist()
    [27.5, 55.0, 110.0]
    """
    return np.asarray(minimum_frequency * 2.0 ** (np.arange(bins) / bins_per_octave))


def window_lengths(frequency: Floats, *, sample_rate: int, bins_per_octave: int, gamma: float) -> Floats:
    """Return the length of each bin's window, in samples, not rounded."""
    ratio = 2.0 ** (2 / bins_per_octave)
    alpha = (ratio - 1) / (ratio + 1)  # relative bandwidth
    return np.asarray(sample_rate / (alpha * frequency + gamma))


def _filter_group(fft_samples: int, frequency: Floats, lengths: Floats) -> FilterGroup:
    """Make the sparse spectra of filters; frequencies in cycles a sample."""
    from scipy.sparse import csr_array

    time = np.arange(fft_samples) - fft_samples // 2  # (fft_samples,)
    windows = np.where(
        np.abs(time) < lengths[:, None] / 2, np.cos(np.pi * time / lengths[:, None]) ** 2, 0.0
    )  # (filters, fft_samples)
    windows *= 2 / windows.sum(axis=1, keepdims=True)
    filters = np.fft.fft(windows * np.exp(2j * np.pi * frequency[:, None] * time)) / fft_samples
    kernels = np.conj(filters[:, : fft_samples // 2 + 1])
    kernels[np.abs(kernels) < SMALLEST_TAP * np.abs(kernels).max(axis=1, keepdims=True)] = 0
    touched = np.flatnonzero(np.abs(kernels).max(axis=0))
    first, last = int(touched[0]), int(touched[-1]) + 1
    return FilterGroup(fft_samples, first, last, csr_array(kernels[:, first:last].astype(np.complex64)))


def _group_magnitudes(segment: Samples, group: FilterGroup, reach: int, hop_samples: int) -> NDArray[np.float32]:
    """Return the magnitudes of a group's filters, shape (filters, frames)."""
    from scipy.fft import rfft

    margin = reach - group.fft_samples // 2
    frames = sliding(segment[margin : len(segment) - margin], group.fft_samples, hop_samples)
    spectrum = rfft(frames, axis=1)[:, group.first_tap : group.last_tap]  # (frames, taps)
    product = group.kernels @ np.ascontiguousarray(spectrum.T)  # (filters, frames)
    return np.asarray(np.abs(product), np.float32)


def _check(settings: SpectrumSettings, frequency: Floats) -> None:
    if not frequency[0] > 0:
        raise UsageError("`minimum_frequency` of cqt must be above 0", parameter="minimum_frequency")
    if frequency[-1] >= settings.sample_rate / 2:
        raise UsageError(
            f"highest bin at {frequency[-1]:.0f} Hz, above half of the sample rate of {settings.sample_rate} Hz",
            "take fewer `bins`, or a higher `sample_rate`",
            parameter="bins",
        )
