"""Rhythm-pattern entropy: H = -sum p log2 p of four successive inter-onset times.

Onsets up to 30 ms apart are one (:mod:`.rhythmic_entropy`). The times between the rest, divided by their median, fall
into five classes of equal ratio: about a quarter of the median or less, a half, the median, twice, four times or more.
Four in a row are a pattern, of 625 that there are; all patterns of a piece are counted, at every onset. The median
makes it free of tempo. :mod:`.rhythmic_entropy` does not depend on the order of the times; this does: shuffled times
have more patterns.

A piece of n onsets has at most log2(n - 4) bits, so compare pieces of one length. muspy, mgeval and MusDr have no such
entropy.

References
----------
Shannon, C. Prediction and entropy of printed English. Bell System Technical Journal 30, 1951 (entropy of n-grams).
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.entropy import entropy
from maestrokit.metrics.piece import Piece
from maestrokit.metrics.sets.rhythmic_entropy import distinct_onsets

LENGTH = 4  # intervals of a pattern
FARTHEST = 2  # octaves from the median, from where on intervals are one class
CLASSES = 2 * FARTHEST + 1


def rhythm_pattern_entropy(piece: Piece) -> Floats:
    """Return the entropy in bits, 0..9.29, shape (1,); NaN for less than five onsets."""
    intervals = np.diff(distinct_onsets(piece))
    if len(intervals) < LENGTH:
        return np.array([np.nan])
    octaves = np.rint(np.log2(intervals / np.median(intervals)))
    classes = octaves.clip(-FARTHEST, FARTHEST).astype(np.int64) + FARTHEST
    patterns = np.lib.stride_tricks.sliding_window_view(classes, LENGTH) @ CLASSES ** np.arange(LENGTH)
    return np.array([entropy(np.bincount(patterns))])


METRICS = {"rhythm_pattern_entropy": Metric("bits", "closer", rhythm_pattern_entropy)}
