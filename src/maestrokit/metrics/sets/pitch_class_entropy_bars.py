"""Entropy of the pitch classes in windows of 1 and 4 bars: how clear the harmony of a moment is.

The mean, over all windows of that many bars that hold a note, of H = -sum p log2 p of the pitch-class counts of the
onsets in the window. Windows start at each bar. This is MusDr's H1 and H4, on the bars of :class:`Piece`; like MusDr
a piece shorter than the window is one window. Without bars of its own, an expressive performance has bars of 2 s.

References
----------
Wu, S.-L. and Yang, Y.-H. The Jazz Transformer on the front line: exploring the shortcomings of AI-composed music
through quantitative measures. ISMIR 2020.
"""

from functools import partial

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.entropy import entropy
from maestrokit.metrics.piece import Piece


def windowed_entropy(piece: Piece, *, bars: int) -> Floats:
    """Return the mean entropy in bits, shape (1,)."""
    if len(piece) == 0:
        return np.array([np.nan])
    bar = np.floor(piece.onset_bar).astype(np.int64)
    used, row = np.unique(bar, return_inverse=True)  # only bars with notes: a far-away note costs nothing
    counts = np.zeros((len(used), 12))
    np.add.at(counts, (row, piece.pitch % 12), 1)
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(counts, axis=0)])
    last_start = max(0, int(bar.max()) - bars + 1)
    starts = np.unique((used[:, None] - np.arange(bars)).clip(0, last_start))
    first, stop = np.searchsorted(used, starts), np.searchsorted(used, starts + bars)
    return np.array([np.mean(entropy((total[stop] - total[first])[stop > first]))])


METRICS = {
    "pitch_class_entropy_1_bar": Metric("bits", "closer", partial(windowed_entropy, bars=1)),
    "pitch_class_entropy_4_bars": Metric("bits", "closer", partial(windowed_entropy, bars=4)),
}
