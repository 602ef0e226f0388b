"""Pulse consistency: how alike the rhythms of neighbouring windows are, without bars or beats.

Grooving similarity needs bars, and is nearly meaningless where they are not those of the music. Here the onsets (a
chord is one, see :mod:`rhythmic_entropy`), smoothed by 20 ms, are cut into windows of 4 seconds; the
autocorrelation of each, at lags of 0.1 to 1.5 s, is its rhythm whatever its phase. The value is the mean Pearson
correlation of the autocorrelations of neighbouring windows: 0 for random onsets, 1 for a steady pulse, .3
for the humans of MAESTRO.

References
----------
Dixon, S., Gouyon, F. and Widmer, G. Towards characterisation of music via rhythmic patterns. ISMIR 2004.
"""

import numpy as np
from scipy import ndimage

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece
from maestrokit.metrics.sets.rhythmic_entropy import distinct_onsets

STEP = 0.02  # seconds
WINDOW = 200  # steps
LAGS = slice(5, 75)  # steps
LONGEST = 5000  # windows that are looked at


def pulse_consistency(piece: Piece) -> Floats:
    """Return the mean correlation, -1..1, shape (1,); NaN if no two neighbouring windows have a rhythm."""
    onset = distinct_onsets(piece)
    step = np.rint((onset - onset.min(initial=np.inf)) / STEP).astype(np.int64)
    step = step[step < LONGEST * WINDOW]
    windows = int(step.max(initial=-1) + 1) // WINDOW
    train = np.bincount(step, minlength=windows * WINDOW)[: windows * WINDOW].astype(np.float64)
    train = ndimage.gaussian_filter1d(train, 1).reshape(windows, WINDOW)
    has_rhythm = (train > 0.1).any(axis=1)
    spectrum = np.fft.rfft(train - train.mean(axis=1, keepdims=True), 2 * WINDOW, axis=1)
    shape = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, LAGS]
    shape -= shape.mean(axis=1, keepdims=True)
    shape /= np.maximum(np.linalg.norm(shape, axis=1, keepdims=True), 1e-12)
    alike = np.sum(shape[1:] * shape[:-1], axis=1)[has_rhythm[1:] & has_rhythm[:-1]]
    return np.array([alike.mean() if len(alike) else np.nan])


METRICS = {"pulse_consistency": Metric("", "closer", pulse_consistency)}
