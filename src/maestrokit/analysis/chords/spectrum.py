"""The spectrum that networks of chords see: that of the chroma, three bins a semitone and 20 frames a second, in dB.

It is stored as bytes, half a dB apart, and shifted so that the loudest bins are about 0 dB: then a chord does not
depend on how loud a recording is.
"""

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.chroma import BINS_A_SEMITONE, KEYS
from maestrokit.audio.spectra.frames import Spectrum

BINS = KEYS * BINS_A_SEMITONE
FLOOR, STEP = -100.0, 0.5  # dB
RANGE = 60.0  # dB below the reference; what is softer counts as that soft
LOUD = 0.95  # quantile over the frames of their loudest bins, which is the reference
SILENT = -90.0  # dB: of a recording that has no sound
SCALE = 20.0  # dB of one unit of the input


def packed_levels(magnitudes: Spectrum) -> NDArray[np.uint8]:
    """Return the levels of a spectrum as bytes, shape (frames, bins).

    >>> packed_levels(np.array([[1.0, 0.1, 0.0]], np.float32)).tolist()
    [[200, 160, 0]]
    """
    least = np.float32(10 ** (FLOOR / 20))
    levels = 20 * np.log10(np.maximum(np.abs(magnitudes), least))
    return np.clip(np.rint((levels - FLOOR) / STEP), 0, 255).astype(np.uint8)


def unpacked_levels(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the levels in dB that bytes mean.

    >>> unpacked_levels(np.array([[200, 160, 0]], np.uint8)).tolist()
    [[0.0, -20.0, -100.0]]
    """
    return np.asarray(packed * np.float32(STEP) + np.float32(FLOOR), np.float32)


def reference_level(packed: NDArray[np.uint8]) -> float:
    """Return how loud the loud frames of a recording are, in dB."""
    if not len(packed):
        return FLOOR
    return float(np.quantile(packed.max(axis=1), LOUD)) * STEP + FLOOR


def network_input(levels: NDArray[np.float32], reference: float) -> NDArray[np.float32]:
    """Return levels in dB as the input of a network: 1 at the reference, and 0 at 20 dB below; it is at least -2.

    >>> network_input(np.array([-20.0, -40.0, -100.0], np.float32), -20.0).tolist()
    [1.0, 0.0, -2.0]
    """
    relative = np.clip(levels - np.float32(reference), -RANGE, RANGE)
    return np.asarray(relative / np.float32(SCALE) + np.float32(1), np.float32)
