"""Scale consistency: the share of notes in the one scale that holds the most.

The largest share, over the 12 major scales, of the notes whose pitch class is in the scale. Natural minor scales are
the same 12 sets, so that muspy's ``scale_consistency``, which tries 24, is equal.

References
----------
Mogren, O. C-RNN-GAN: continuous recurrent neural networks with adversarial training. NIPS 2016 workshop.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import SHARE, Metric
from maestrokit.metrics.entropy import shares
from maestrokit.metrics.piece import Piece

MAJOR_SCALE = np.isin(np.arange(12), [0, 2, 4, 5, 7, 9, 11])
SCALES = np.stack([np.roll(MAJOR_SCALE, tonic) for tonic in range(12)])  # (tonics, pitch classes)


def scale_consistency(piece: Piece) -> Floats:
    """Return the share, 7/12 to 1 for even and for diatonic notes, shape (1,)."""
    return np.array([np.max(SCALES @ shares(np.bincount(piece.pitch % 12, minlength=12)))])


METRICS = {"scale_consistency": Metric("", "closer", scale_consistency, bounds=SHARE)}
