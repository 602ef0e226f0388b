"""Cross-correlation of a piece with itself, later: whether patterns come back at a steady distance.

How often each pitch class is struck every 100 ms, smoothed (Gaussian, 200 ms) and less its mean over the piece, is
correlated with itself delayed by 1 to 32 seconds (at most half the piece): r(lag) = sum x(t) x(t + lag), normalised
by its length and r(0). The value is the largest r. Noise gives about 0, a literal loop 1. Unlike :mod:`structure`,
it measures rhythm and pitch together, but only repetition at one tempo.

References
----------
Foote, J. and Cooper, M. Media segmentation using self-similarity decomposition. SPIE 2003 (time-lag similarity).
"""

import numpy as np
from scipy import fft, ndimage

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece

STEP = 0.1  # seconds
SMOOTHING = 2  # steps
SHORTEST_LAG, LONGEST_LAG = 1.0, 32.0  # seconds
LONGEST = 72000  # steps of a piece that are looked at: two hours


def lag_correlation(piece: Piece) -> Floats:
    """Return the largest correlation, -1..1, shape (1,); NaN for pieces shorter than 4 seconds."""
    step = ((piece.onset - piece.onset.min(initial=np.inf)) / STEP).astype(np.int64)
    piece, step = piece.select(step < LONGEST), step[step < LONGEST]
    frames = int(step.max(initial=-1)) + 1
    if frames < 4 * SHORTEST_LAG / STEP:
        return np.array([np.nan])
    series = np.zeros((frames, 12))
    np.add.at(series, (step, piece.pitch % 12), 1)
    series = ndimage.gaussian_filter1d(series, SMOOTHING, axis=0)
    series -= series.mean(axis=0)
    size = fft.next_fast_len(2 * frames, real=True)
    power = np.abs(fft.rfft(series, size, axis=0)) ** 2
    products = fft.irfft(power.sum(axis=1), size)[:frames] / (frames - np.arange(frames))
    lags = slice(round(SHORTEST_LAG / STEP), min(round(LONGEST_LAG / STEP), frames // 2))
    return np.array([products[lags].max() / products[0] if products[0] > 1e-12 else np.nan])


METRICS = {"lag_correlation": Metric("", "closer", lag_correlation)}
