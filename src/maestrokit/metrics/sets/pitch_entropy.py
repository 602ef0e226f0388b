"""Entropy of the pitches of a piece, and of its pitch classes.

H = -sum p log2 p of the histogram of note counts over 128 pitches, or over 12 pitch classes. Equal to muspy's
``pitch_entropy`` and ``pitch_class_entropy``.

References
----------
Dong, H.-W. et al. MusPy: a toolkit for symbolic music generation. ISMIR 2020.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.entropy import entropy
from maestrokit.metrics.piece import Piece


def pitch_entropy(piece: Piece) -> Floats:
    """Return the entropy of the pitches in bits, 0..7, shape (1,)."""
    return np.array([entropy(np.bincount(piece.pitch, minlength=128))])


def pitch_class_entropy(piece: Piece) -> Floats:
    """Return the entropy of the pitch classes in bits, 0..3.585, shape (1,)."""
    return np.array([entropy(np.bincount(piece.pitch % 12, minlength=12))])


METRICS = {
    "pitch_entropy": Metric("bits", "closer", pitch_entropy),
    "pitch_class_entropy": Metric("bits", "closer", pitch_class_entropy),
}
