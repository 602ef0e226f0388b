"""Grooving similarity: how alike the rhythms of the bars are.

Each bar is a vector of 64 positions, 1 where a note starts. The similarity of two bars is 1 minus the share of
positions in which they differ; the value is the mean over all pairs of bars, from the first bar to the last with an
onset. This is MusDr's GS on the bars of :class:`Piece`. MusDr takes 1,000 pairs at random where there are more;
here all pairs are counted, exactly, from the column sums. muspy's ``groove_consistency`` compares only bars that
follow each other.

References
----------
Wu, S.-L. and Yang, Y.-H. The Jazz Transformer on the front line. ISMIR 2020, after Dixon, S. et al., Towards
characterisation of music via rhythmic patterns, ISMIR 2004.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import SHARE, Metric
from maestrokit.metrics.piece import Piece

POSITIONS = 64  # a bar


def grooving(piece: Piece) -> Floats:
    """Return the mean similarity, 0..1, shape (1,); NaN for less than two bars."""
    steps = np.unique(np.rint(piece.onset_bar * POSITIONS).astype(np.int64))
    bars = int(steps.max(initial=0)) // POSITIONS + 1
    if bars < 2:
        return np.array([np.nan])
    used = np.bincount(steps % POSITIONS, minlength=POSITIONS)  # bars with an onset at each position
    return np.array([1 - np.mean(used * (bars - used)) / (bars * (bars - 1) / 2)])


METRICS = {"grooving": Metric("", "closer", grooving, bounds=SHARE)}
