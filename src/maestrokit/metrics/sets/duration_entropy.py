"""Duration entropy: H = -sum p log2 p of the durations of the notes.

Durations fall into classes of equal ratio, four an octave as those of :mod:`.rhythmic_entropy`: the first ends at 30
ms, the last is open above 4 s. No score or tempo is needed, and another tempo moves all durations by as many classes.
A duration is how long the key is held; pieces whose notes are extended by the pedal have other durations, so compare
like with like.

mgeval's note-length histogram has 12 or 24 note values, which need a score; muspy has no such entropy.

References
----------
Shannon, C. A mathematical theory of communication. Bell System Technical Journal 27, 1948.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.entropy import entropy
from maestrokit.metrics.piece import Piece
from maestrokit.metrics.sets.rhythmic_entropy import EDGES


def duration_entropy(piece: Piece) -> Floats:
    """Return the entropy in bits, 0..4.91, shape (1,)."""
    classes = np.searchsorted(EDGES, piece.offset - piece.onset)
    return np.array([entropy(np.bincount(classes, minlength=len(EDGES) + 1))])


METRICS = {"duration_entropy": Metric("bits", "closer", duration_entropy)}
