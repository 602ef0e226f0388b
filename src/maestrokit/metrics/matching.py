"""Which estimated note is which reference note: a largest matching, the same as mir_eval's."""

from typing import TYPE_CHECKING

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.metrics.piece import Piece

if TYPE_CHECKING:
    from maestrokit.metrics.score_pairs import Tolerance

DECIMALS = 4  # mir_eval rounds distances so, that 50 ms is within 50 ms


def match_notes(estimate: Piece, reference: Piece, *, tolerance: "Tolerance", with_offsets: bool) -> Integers:
    """Return matched pairs as rows (reference, estimate), shape (pairs, 2), in the order of the reference.

    Notes may be matched if they have one pitch and their onsets, and by choice offsets, are within tolerance. mir_eval
    compares all notes with all, some 1 GB for two pieces of 10,000 notes; here only those of one pitch that are near
    in time are looked at. The matching itself is mir_eval's, fed the same graph in the same order, so that the pairs
    are the same and not only their number: scores that depend on which notes are matched (velocity) stay equal too.

    References
    ----------
    Raffel, C. et al. mir_eval: a transparent implementation of common MIR metrics. ISMIR 2014.
    """
    from mir_eval.util import _bipartite_match

    reference_row, estimate_row = _candidates(estimate, reference, slack=tolerance.onset + 10**-DECIMALS)
    is_hit = _distance(reference.onset[reference_row], estimate.onset[estimate_row]) <= tolerance.onset
    if with_offsets:
        allowed = np.maximum(tolerance.offset_ratio * (reference.offset - reference.onset), tolerance.offset_min)
        is_hit &= _distance(reference.offset[reference_row], estimate.offset[estimate_row]) <= allowed[reference_row]
    graph: dict[int, list[int]] = {}
    for one, other in zip(reference_row[is_hit].tolist(), estimate_row[is_hit].tolist(), strict=True):
        graph.setdefault(other, []).append(one)
    return np.array(sorted(_bipartite_match(graph).items()), np.int64).reshape(-1, 2)


def _candidates(estimate: Piece, reference: Piece, *, slack: float) -> tuple[Integers, Integers]:
    """Return rows of notes of one pitch with onsets not farther apart than the slack, sorted by both."""
    stride = 2 * max(estimate.onset.max(initial=0), reference.onset.max(initial=0)) + 10 * slack + 1  # keeps keys apart
    rows = np.lexsort((estimate.onset, estimate.pitch))
    position = estimate.onset[rows] + stride * estimate.pitch[rows]
    sought = reference.onset + stride * reference.pitch
    first = np.searchsorted(position, sought - slack)
    count = np.searchsorted(position, sought + slack, side="right") - first
    reference_row = np.repeat(np.arange(len(sought)), count)
    estimate_row = rows[np.arange(len(reference_row)) - np.repeat(np.cumsum(count) - count - first, count)]
    order = np.lexsort((estimate_row, reference_row))
    return reference_row[order], estimate_row[order]


def _distance(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.around(np.abs(one - other), DECIMALS), np.float64)
