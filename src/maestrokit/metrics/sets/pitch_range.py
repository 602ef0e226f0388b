"""Pitch range: from the lowest to the highest note of a piece.

max(pitch) - min(pitch), in semitones. The same as mgeval's ``pitch_range`` and muspy's.

References
----------
Yang, L.-C. and Lerch, A. On the evaluation of generative models in music. Neural Computing and Applications 32, 2020.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece


def pitch_range(piece: Piece) -> Floats:
    """Return the range in semitones, shape (1,)."""
    return np.array([np.ptp(piece.pitch) if len(piece) else np.nan], np.float64)


METRICS = {"pitch_range": Metric("semitones", "closer", pitch_range)}
