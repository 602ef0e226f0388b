"""Note density: notes a second, from the first onset to the last offset."""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.piece import Piece


def note_density(piece: Piece) -> Floats:
    """Return notes a second, shape (1,)."""
    return np.array([len(piece) / piece.seconds if piece.seconds > 0 else np.nan])


METRICS = {"note_density": Metric("notes/s", "closer", note_density)}
