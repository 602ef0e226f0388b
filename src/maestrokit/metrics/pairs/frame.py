"""Frames: precision, recall and F1 of the time for which the right keys sound.

What is counted is seconds of keys: of what the estimate has sounding, the share that the reference has too, and the
other way round. The usual score samples a piano roll (every 10 ms or 32 ms); this is its limit for short frames, so
that no frame rate has to be agreed on. On the recordings of MAPS it differs by less than .005 from rolls of 10 ms.

References
----------
Hawthorne, C. et al. Onsets and frames: dual-objective piano transcription. ISMIR 2018.
"""

from maestrokit.metrics.piece import Piece
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, precision_recall_f1
from maestrokit.metrics.sets.polyphony import key_seconds

USES_TOLERANCE = False


def scores(estimate: NotesAndPedal, reference: NotesAndPedal, *, tolerance: Tolerance) -> dict[str, float]:
    """Return ``frame_precision``, ``frame_recall`` and ``frame_f1``."""
    estimated, referred = key_seconds(estimate.notes), key_seconds(reference.notes)
    either = key_seconds(Piece.concatenate([estimate.notes, reference.notes]))
    return precision_recall_f1("frame", max(0.0, estimated + referred - either), estimated, referred)
