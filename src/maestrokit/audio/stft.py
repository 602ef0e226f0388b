"""The short-time Fourier transform and its power, in single precision.

Rounding leaves noise some 140 dB below the peak of a frame. Bins within 80 dB of the peak of a recording are right to
a thousandth of a decibel; double precision would take half as long again from file to array.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.frames import Analysis, Samples, analyse, sliding
from maestrokit.audio.windows import window
from maestrokit.errors import UsageError
from maestrokit.music.columns import Floats


def stft(
    samples: Samples, *, sample_rate: int, fft_samples: int, hop_samples: int, window_name: str = "hann"
) -> NDArray[np.complex64]:
    """Return the short-time Fourier transform X(n, k) = sum_m x(m) w(m - n hop) exp(-2 pi i k m / N).

    Phases are those of a window that starts at sample 0 of its frame, as in librosa. Frame n is centred on sample
    n * hop_samples, with silence beyond the ends (librosa's ``pad_mode='constant'``).

    Parameters
    ----------
    samples : float32, shape (samples,)
    sample_rate : int, in Hz
    fft_samples : even int
        Length N of the window and of the transform.
    hop_samples : int > 0
    window_name : str
        See :func:`maestrokit.audio.windows.window`. Default is 'hann'.

    Returns
    -------
    complex64, shape (frames, fft_samples // 2 + 1)

    Raises
    ------
    UsageError
        If a length or the window is impossible.

    >>> stft(np.ones(100, np.float32), sample_rate=16000, fft_samples=8, hop_samples=50).shape
    (3, 5)
    """
    analysis = stft_analysis(
        sample_rate=sample_rate, fft_samples=fft_samples, hop_samples=hop_samples, window_name=window_name
    )
    return np.asarray(analyse(samples, analysis), np.complex64)


def stft_analysis(*, sample_rate: int, fft_samples: int, hop_samples: int, window_name: str = "hann") -> Analysis:
    """Return the analysis behind :func:`stft`, for streams."""
    check_lengths(fft_samples, hop_samples)
    transform = _transform(fft_samples, hop_samples, window_name)
    return Analysis(bin_frequencies(sample_rate, fft_samples), sample_rate, hop_samples, fft_samples // 2, transform)


def power_analysis(*, sample_rate: int, fft_samples: int, hop_samples: int, window_name: str = "hann") -> Analysis:
    """Return the analysis whose spectrum is the power |X|^2, float32."""
    squares = squares_analysis(
        sample_rate=sample_rate, fft_samples=fft_samples, hop_samples=hop_samples, window_name=window_name
    )

    def power_of(segment: Samples) -> NDArray[np.float32]:
        parts = np.asarray(squares.transform(segment), np.float32)
        return parts[:, 0::2] + parts[:, 1::2]

    return Analysis(bin_frequencies(sample_rate, fft_samples), sample_rate, hop_samples, fft_samples // 2, power_of)


def squares_analysis(*, sample_rate: int, fft_samples: int, hop_samples: int, window_name: str = "hann") -> Analysis:
    """Return the analysis of the squared real and imaginary part of each bin by turns; the two add up to its power.

    A product with filters may as well do that addition. The ``frequency`` of the analysis has each bin twice.
    """
    check_lengths(fft_samples, hop_samples)
    transform = _transform(fft_samples, hop_samples, window_name)

    def squares_of(segment: Samples) -> NDArray[np.float32]:
        parts = transform(segment).view(np.float32)  # (frames, 2 * bins)
        return np.multiply(parts, parts, out=parts)

    frequency = np.repeat(bin_frequencies(sample_rate, fft_samples), 2)
    return Analysis(frequency, sample_rate, hop_samples, fft_samples // 2, squares_of)


def bin_frequencies(sample_rate: int, fft_samples: int) -> Floats:
    """Return the centre of each bin, in Hz.

    >>> bin_frequencies(16000, 4).tolist()
    [0.0, 4000.0, 8000.0]
    """
    return np.arange(fft_samples // 2 + 1, dtype=np.float64) * (sample_rate / fft_samples)


def _transform(fft_samples: int, hop_samples: int, window_name: str) -> Callable[[Samples], NDArray[np.complex64]]:
    """Return the function from a segment of samples to its spectrum."""
    weights = window(window_name, fft_samples).astype(np.float32)

    def transform(segment: Samples) -> NDArray[np.complex64]:
        from scipy.fft import rfft

        return np.asarray(rfft(sliding(segment, fft_samples, hop_samples) * weights, axis=1), np.complex64)

    return transform


def check_lengths(fft_samples: int, hop_samples: int) -> None:
    """Refuse lengths that no transform can have.

    Raises
    ------
    UsageError
        If the FFT is odd or shorter than 2, or the hop is not positive.
    """
    if fft_samples < 2 or fft_samples % 2:
        raise UsageError(f"FFT of {fft_samples} samples", "its length must be even, and should be a power of 2")
    if hop_samples < 1:
        raise UsageError(f"hop of {hop_samples} samples", "it must be at least 1")
