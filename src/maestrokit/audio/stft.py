"""The short-time Fourier transform and its power.

Computed in double precision, given in single: the quietest bins of a loud frame are 100 dB below its peak, and single
precision would move them by a hundredth of a decibel. It costs a fifth of the time from file to array.
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

    def single_precision(segment: Samples) -> NDArray[np.complex64]:
        return transform(segment).astype(np.complex64)

    return Analysis(
        bin_frequencies(sample_rate, fft_samples), sample_rate, hop_samples, fft_samples // 2, single_precision
    )


def power_analysis(*, sample_rate: int, fft_samples: int, hop_samples: int, window_name: str = "hann") -> Analysis:
    """Return the analysis whose spectrum is the power |X|^2, float32."""
    check_lengths(fft_samples, hop_samples)
    transform = _transform(fft_samples, hop_samples, window_name)

    def power_of(segment: Samples) -> NDArray[np.float32]:
        return power(transform(segment))

    return Analysis(bin_frequencies(sample_rate, fft_samples), sample_rate, hop_samples, fft_samples // 2, power_of)


def power(spectrum: NDArray[np.complex128]) -> NDArray[np.float32]:
    """Return |X|^2, without the square root that ``abs(X) ** 2`` takes on its way.

    >>> power(np.array([[3 + 4j]])).tolist()
    [[25.0]]
    """
    parts = spectrum.view(np.float64)  # (frames, 2 * bins), real and imaginary by turns
    squares = parts * parts
    return (squares[:, 0::2] + squares[:, 1::2]).astype(np.float32)


def bin_frequencies(sample_rate: int, fft_samples: int) -> Floats:
    """Return the centre of each bin, in Hz.

    >>> bin_frequencies(16000, 4).tolist()
    [0.0, 4000.0, 8000.0]
    """
    return np.arange(fft_samples // 2 + 1, dtype=np.float64) * (sample_rate / fft_samples)


def _transform(fft_samples: int, hop_samples: int, window_name: str) -> Callable[[Samples], NDArray[np.complex128]]:
    """Return the function from a segment of samples to its spectrum in double precision."""
    weights = window(window_name, fft_samples)

    def transform(segment: Samples) -> NDArray[np.complex128]:
        from scipy.fft import rfft

        return np.asarray(rfft(sliding(segment, fft_samples, hop_samples) * weights, axis=1), np.complex128)

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
