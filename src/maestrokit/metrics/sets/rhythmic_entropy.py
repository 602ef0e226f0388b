"""Rhythmic entropy: H = -sum p log2 p of the times between successive onsets.

Onsets up to 30 ms apart are one (a chord is never struck in one instant). The times between the rest fall into
classes of equal ratio, four an octave (each 19 % longer than the last, about what separates rubato from another
note value), the first ending at 30 ms, the last open above 4 s. No score, beat or tempo is needed: another tempo
moves all intervals by as many classes and leaves H where it was. A machine-like pulse gives 0; random onsets give
about 4 bits.

muspy and mgeval have no such entropy; mgeval's note-length histogram needs a score.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.entropy import entropy
from maestrokit.metrics.piece import Piece
from maestrokit.music.note_arrays import CHORD_WINDOW, chord_rows

LONGEST = 4.0  # seconds
CLASSES_PER_OCTAVE = 4
CLASSES = int(np.log2(LONGEST / CHORD_WINDOW) * CLASSES_PER_OCTAVE) + 1
EDGES = CHORD_WINDOW * 2 ** (np.arange(CLASSES) / CLASSES_PER_OCTAVE)


def rhythmic_entropy(piece: Piece) -> Floats:
    """Return the entropy in bits, shape (1,)."""
    intervals = np.diff(distinct_onsets(piece))
    return np.array([entropy(np.bincount(np.searchsorted(EDGES, intervals), minlength=len(EDGES) + 1))])


def distinct_onsets(piece: Piece) -> Floats:
    """Return the onsets that are more than 30 ms after the one before, in seconds."""
    return piece.onset[chord_rows(piece.onset)]


METRICS = {"rhythmic_entropy": Metric("bits", "closer", rhythmic_entropy)}
