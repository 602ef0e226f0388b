"""The spectrum that transcription models see: a variable-Q spectrum in decibels, three bins a key.

Bin ``KEY_BINS * k + CENTRE_BIN`` is the fundamental of the k-th key from below, and a step of ``KEY_BINS`` is a
semitone everywhere: a model that has learnt one key's harmonics has learnt those of all keys.
"""

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.spectra.settings import LOWEST_KEY, SpectrumSettings

KEY_BINS = 3
CENTRE_BIN = 2
BINS_PER_OCTAVE = 12 * KEY_BINS
BINS = 294  # up to 7.5 kHz
FLOOR = -100.0  # dB; nothing is quieter
SETTINGS = SpectrumSettings(
    kind="cqt",
    sample_rate=16000,
    hop_samples=160,
    bins=BINS,
    bins_per_octave=BINS_PER_OCTAVE,
    minimum_frequency=LOWEST_KEY * 2 ** (-CENTRE_BIN / BINS_PER_OCTAVE),
)


def levels(magnitudes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return magnitudes in dB, none below ``FLOOR``; full scale is 0.

    >>> levels(np.array([1.0, 0.1, 0.0], np.float32)).tolist()
    [0.0, -20.0, -100.0]
    """
    least = np.float32(10 ** (FLOOR / 20))  # its logarithm may be a little lower than the floor, on some processors
    return np.asarray(np.maximum(20 * np.log10(np.maximum(magnitudes, least)), FLOOR), np.float32)
