"""Melody: how like the melody of its reference the melody of an estimate is, whatever the key and the tempo.

``melody_similarity`` and ``melody_similarity_dtw`` of :mod:`maestrokit.metrics.sets.melody_similarity`, with the one
reference in place of the nearest; melodies of any length are compared, but for what is beyond 16,384 intervals.

References
----------
Uitdenbogerd, A. and Zobel, J. Melodic matching techniques for large music databases. ACM Multimedia 1999.
"""

from maestrokit.metrics import alignment
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance
from maestrokit.metrics.sets.melody_similarity import skyline_intervals, warped_similarities

USES_TOLERANCE = False
LONGEST = 16384  # intervals


def scores(estimate: NotesAndPedal, reference: NotesAndPedal, *, tolerance: Tolerance) -> dict[str, float]:
    """Return ``melody_similarity`` and ``melody_similarity_dtw``; none if a side has no two chords."""
    estimated, referred = (skyline_intervals(side.notes)[:LONGEST] for side in (estimate, reference))
    if min(len(estimated), len(referred)) == 0:
        return {}
    first, second = (alignment.padded(intervals, len(intervals)) for intervals in (estimated, referred))
    return {
        "melody_similarity": 2 * alignment.common_subsequence(estimated, referred) / (len(estimated) + len(referred)),
        "melody_similarity_dtw": float(warped_similarities(first, second[None])[0]),
    }
