"""Note onsets: precision, recall and F1 of notes with the right pitch at the right time, offsets ignored.

Equal to mir_eval's ``transcription.precision_recall_f1_overlap`` with ``offset_ratio=None``; also the MIREX task
"note tracking, onset only".

References
----------
Bay, M., Ehmann, A. F. and Downie, J. S. Evaluation of multiple-F0 estimation and tracking systems. ISMIR 2009.
"""

from maestrokit.metrics.matching import match_notes
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, precision_recall_f1

USES_TOLERANCE = True


def scores(estimate: NotesAndPedal, reference: NotesAndPedal, *, tolerance: Tolerance) -> dict[str, float]:
    """Return ``onset_precision``, ``onset_recall`` and ``onset_f1``."""
    matched = match_notes(estimate.notes, reference.notes, tolerance=tolerance, with_offsets=False)
    return precision_recall_f1("onset", len(matched), len(estimate.notes), len(reference.notes))
