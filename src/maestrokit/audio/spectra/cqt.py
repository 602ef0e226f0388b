"""The variable-Q spectrum: bins at musical distances, windows as long as each bin needs.

Bin k lies at f_k = f_min * 2^(k / B). Its filter has the bandwidth alpha * f_k + gamma, with alpha such that
neighbours touch, so its window lasts 1 / (alpha * f_k + gamma) seconds. With gamma = 0 this is the constant-Q
spectrum; a few Hz of gamma keep the windows of low keys short enough to see their onsets.

No decimation takes place: the bins are sorted by the length of their windows into a handful of groups, each group
shares one short FFT, and its filters are narrow there, hence a sparse product. That is cheap, keeps no state from
frame to frame, and therefore streams exactly.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.spectra.frames import Analysis, Samples, analyse, sliding
from maestrokit.errors import UsageError

SMALLEST_TAP = 1e-3  # of a filter's largest; below, its spectrum is taken as zero: -60 dB
SHORTEST_FFT = 128  # samples


@dataclass(frozen=True, eq=False)
class FilterGroup:
    """Filters that share one FFT.

    Parameters
    ----------
    fft_samples : int
    first_tap, last_tap : int
        The slice of the FFT's bins that the filters touch.
    kernels : scipy.sparse.csr_array of complex64, shape (filters, last_tap - first_tap)
    """

    fft_samples: int
    first_tap: int
    last_tap: int
    kernels: "scipy.sparse.csr_array"  # type: ignore[name-defined] # noqa: F821 - imported late, it is slow


def variable_q(
    samples: Samples,
    *,
    sample_rate: int,
    hop_samples: int,
    minimum_frequency: float,
    bins: int,
    bins_per_octave: int,
    gamma: float,
) -> NDArray[np.float32]:
    """Return the magnitudes of the variable-Q spectrum.

    A steady sinusoid of amplitude A at the centre of a bin reads A there. Windows are Hann. Frame n is centred on
    sample n * hop_samples.

    Differs from ``librosa.vqt`` in that scale (librosa's grows with the length of the window) and in that it is not
    recursive: librosa halves the sample rate octave by octave, and rounds windows and filters to that.

    Parameters
    ----------
    samples : float32, shape (samples,)
        One channel.
    sample_rate : int, in Hz
        Sample rate.
    hop_samples : int > 0
        Distance of frames.
    minimum_frequency : float > 0, in Hz
        Centre of the lowest bin. 27.5 is the lowest key of the piano.
    bins : int > 0
        Number of bins; the highest must lie below half of the sample rate.
    bins_per_octave : int > 0
        Bins in an octave.
    gamma : float >= 0, in Hz
        Added to each bandwidth. 0 is the constant-Q spectrum.

    Returns
    -------
    float32, shape (frames, bins)

    Raises
    ------
    UsageError
        If the highest bin lies above half of the sample rate, or a parameter is out of range.

    References
    ----------
    J. C. Brown, M. S. Puckette: An efficient algorithm for the calculation of a constant Q transform. JASA 92, 1992.
    C. Schoerkhuber, A. Klapuri, N. Holighaus, M. Doerfler: A Matlab toolbox for efficient perfect reconstruction
    time-frequency transforms with log-frequency resolution. AES 53rd Conference, 2014 (gamma).

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 / 16000 * np.arange(16000)).astype(np.float32)
    >>> X = variable_q(tone, sample_rate=16000, hop_samples=320, minimum_frequency=27.5, bins=288,
    ...                bins_per_octave=36, gamma=5.0)
    >>> X.shape, int(X[25].argmax()), round(float(X[25].max()), 2)
    ((51, 288), 144, 1.0)
    """
    analysis = variable_q_analysis(
        sample_rate=sample_rate,
        hop_samples=hop_samples,
        minimum_frequency=minimum_frequency,
        bins=bins,
        bins_per_octave=bins_per_octave,
        gamma=gamma,
    )
    return np.asarray(analyse(samples, analysis), np.float32)


@lru_cache(maxsize=8)
def variable_q_analysis(
    *, sample_rate: int, hop_samples: int, minimum_frequency: float, bins: int, bins_per_octave: int, gamma: float
) -> Analysis:
    """Return the analysis behind :func:`variable_q`, to be used again and on streams; made once for each setting."""
    frequency = bin_frequencies(minimum_frequency, bins, bins_per_octave)
    _check(sample_rate, hop_samples, frequency, gamma)
    lengths = window_lengths(frequency, sample_rate=sample_rate, bins_per_octave=bins_per_octave, gamma=gamma)
    fft_samples = np.maximum(SHORTEST_FFT, 2 ** np.ceil(np.log2(lengths)).astype(int))  # never rises with frequency
    groups = [
        _filter_group(int(size), frequency[fft_samples == size] / sample_rate, lengths[fft_samples == size])
        for size in np.unique(fft_samples)[::-1]
    ]
    reach = groups[0].fft_samples // 2

    def transform(segment: Samples) -> NDArray[np.float32]:
        return np.concatenate([_group_magnitudes(segment, group, reach, hop_samples) for group in groups]).T

    return Analysis(frequency, sample_rate, hop_samples, reach, transform)


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


def _check(sample_rate: int, hop_samples: int, frequency: Floats, gamma: float) -> None:
    if hop_samples < 1:
        raise UsageError(f"`hop_samples` must be at least 1, not {hop_samples}", parameter="hop_samples")
    if gamma < 0 or not math.isfinite(gamma):
        raise UsageError(f"`gamma` must be 0 Hz or more, not {gamma}", parameter="gamma")
    if len(frequency) == 0 or not frequency[0] > 0:
        raise UsageError("no bins", "`minimum_frequency` and `bins` must be above 0")
    if frequency[-1] >= sample_rate / 2:
        raise UsageError(
            f"highest bin at {frequency[-1]:.0f} Hz, above half of the sample rate of {sample_rate} Hz",
            "take fewer `bins`, or a higher `sample_rate`",
            parameter="bins",
        )
