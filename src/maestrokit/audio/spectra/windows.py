"""Window functions for short-time spectra."""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.errors import UsageError, choices_hint

COSINE_SUMS = {
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "rectangular": (1.0,),
}
"""Coefficients a_k of w(n) = sum_k (-1)^k a_k cos(2 pi k n / N)."""


def window(name: str, samples: int) -> Floats:
    """Return a periodic window, as spectra need it: one sample longer it would be symmetric.

    Parameters
    ----------
    name : {'hann', 'hamming', 'blackman', 'rectangular'}
    samples : int > 0
        Length of the window.

    Returns
    -------
    float64, shape (samples,)

    Raises
    ------
    UsageError
        If there is no window of that name.

    References
    ----------
    F. J. Harris: On the use of windows for harmonic analysis with the discrete Fourier transform. Proc. IEEE 66, 1978.

    >>> window("hann", 4).round(12).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    if name not in COSINE_SUMS:
        raise UsageError(f"no window '{name}'", choices_hint(name, COSINE_SUMS), parameter="window")
    phase = 2 * np.pi * np.arange(samples) / samples
    return np.asarray(sum((-1) ** k * a * np.cos(k * phase) for k, a in enumerate(COSINE_SUMS[name])))
