"""Cross-correlation with the reference: how far what happens in a piece, and when, is what happens in others.

How often each pitch class, counted from the tonic of the piece's key, is struck, and how many keys are struck at all,
in steps of 0.2 s over the first minute, smoothed (Gaussian, 0.2 s) and less their means: twelve curves and one,
each kind scaled to the norm 1. The correlation of two pieces at a lag is the mean of both kinds' sums of products of
one with the other so much later; at lags where they overlap less it is less. The value of a piece is the highest one
over all lags, positive and negative, as a mean over the reference pieces. A piece with itself has 1; other pieces of
people have some .15, and noise of the same density less, since its tonic is that of no music.

:mod:`.lag_correlation` is of a piece with itself. muspy, mgeval and MusDr have no such metric; published
cross-correlations differ in curves and normalisation and are not comparable.

References
----------
Knapp, C. and Carter, G. The generalized correlation method for estimation of time delay. IEEE Trans. ASSP 24(4), 1976.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece
from maestrokit.music.keys import key_scores

STEP = 0.2  # seconds
SMOOTHING = 1  # steps
STEPS = 300  # of a piece that are looked at: a minute
SIZE = 600  # of the transform, so that no lag meets another
CURVES = 13  # of pitch classes, and of onsets
AT_ONCE = 16  # pieces that are correlated together, which bounds memory


def curves(piece: Piece) -> NDArray[np.float32]:
    """Return the curves of a piece, shape (CURVES * STEPS,), of norm 1; zeros where nothing is struck."""
    step = ((piece.onset - piece.onset.min(initial=np.inf)) / STEP).astype(np.int64)
    early, step = piece.select(step < STEPS), step[step < STEPS]
    series = np.zeros((CURVES, STEPS), np.float32)
    frames = int(step.max(initial=-1)) + 1
    if frames < 2:
        return series.ravel()
    seconds = np.bincount(early.pitch % 12, early.offset - early.onset, minlength=12)
    tonic = int(key_scores(seconds).argmax()) % 12
    counts = np.zeros((CURVES, frames))
    np.add.at(counts, ((early.pitch - tonic) % 12, step), 1)
    counts[-1] = counts[:-1].sum(axis=0)
    counts = ndimage.gaussian_filter1d(counts, SMOOTHING, axis=1)
    counts -= counts.mean(axis=1, keepdims=True)
    norms = np.repeat([np.linalg.norm(counts[:-1]), np.linalg.norm(counts[-1])], [CURVES - 1, 1])
    series[:, :frames] = counts / np.maximum(norms * np.sqrt(2), 1e-9)[:, None]
    return series.ravel()


def transforms(summaries: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Return the Fourier transforms of the curves of pieces with onsets, shape (frequencies, pieces, CURVES)."""
    known = summaries[summaries.any(axis=1)].reshape(-1, CURVES, STEPS)
    return np.ascontiguousarray(fft.rfft(known, SIZE, axis=2).transpose(2, 0, 1))


def mean_correlations(summaries: NDArray[np.float32], expected: NDArray[np.complex64]) -> Floats:
    """Return the mean over reference pieces of the highest correlation, shape (pieces,); NaN without any onsets."""
    values = np.full(len(summaries), np.nan)
    known = np.flatnonzero(summaries.any(axis=1)) if expected.shape[1] else np.empty(0, np.int64)
    for start in range(0, len(known), AT_ONCE):
        rows = known[start : start + AT_ONCE]
        spectra = np.conj(transforms(summaries[rows])).transpose(0, 2, 1)  # (frequencies, CURVES, rows)
        correlations = fft.irfft(expected @ spectra, SIZE, axis=0)  # (lags, reference pieces, rows)
        values[rows] = correlations.max(axis=0).mean(axis=0)
    return values


METRICS = {
    "cross_correlation": Metric(
        "", "closer", curves, transforms, mean_correlations, is_distributed=False, bounds=(-1.0, 1.0)
    )
}
