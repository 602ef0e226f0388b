"""Pitch-class histogram distance: how far the use of the scale degrees is from that of the reference.

The note counts of the 12 pitch classes, turned so that the tonic of the piece's key (duration-weighted profiles,
:mod:`maestrokit.music.keys`) comes first, are compared with the mean such histogram of the reference pieces in the
same mode, by the Jensen-Shannon divergence: 0 bits for the same, 1 for disjoint.

The key is taken out first because a corpus in all keys has a flat mean histogram, from which music would be farther
than noise. mgeval compares histograms of unturned pitch classes (its ``total_pitch_class_histogram``) by Euclidean
distances; ``pitch_class_distance.overlapped_area`` does so with turned ones.

References
----------
Yang, L.-C. and Lerch, A. On the evaluation of generative models in music. Neural Computing and Applications 32, 2020.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.entropy import jensen_shannon, shares
from maestrokit.metrics.piece import Piece
from maestrokit.music.keys import key_scores


def degree_histogram(piece: Piece) -> Floats:
    """Return the shares of the 12 degrees of major, then of minor; of the mode that the piece is not in 0: (24,)."""
    seconds = np.bincount(piece.pitch % 12, piece.offset - piece.onset, minlength=12)
    key = int(key_scores(seconds).argmax())
    histogram = np.zeros((2, 12))
    counts = np.bincount(piece.pitch % 12, minlength=12)
    histogram[key // 12] = np.roll(shares(counts), -(key % 12))
    return histogram.ravel()


def mean_histograms(summaries: Floats) -> Floats:
    """Return the mean histogram of the pieces in major and of those in minor, shape (2, 12); 0 where there are none."""
    known = summaries[np.isfinite(summaries).all(axis=1)]
    return np.asarray(known.sum(axis=0).reshape(2, 12))


def distance(summaries: Floats, expected: Floats) -> Floats:
    """Return divergences in bits; NaN for a piece without notes, or if the reference has no piece in that mode."""
    mode = (summaries[..., 12:] > 0).any(axis=-1).astype(np.int64)
    histogram = summaries[..., :12] + summaries[..., 12:]  # of the other mode it is 0
    return jensen_shannon(histogram, expected[mode])


METRICS = {"pitch_class_distance": Metric("bits", "lower", degree_histogram, mean_histograms, distance)}
