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
    in time are compared, and each group of notes that may be matched with one another is given to mir_eval alone. The
    pairs are the same as mir_eval's for the whole, not only their number, since no path of its search leaves a group:
    scores that depend on which notes are matched (velocity) are equal too.

    References
    ----------
    Raffel, C. et al. mir_eval: a transparent implementation of common MIR metrics. ISMIR 2014.
    """
    reference_row, estimate_row = _candidates(estimate, reference, slack=tolerance.onset + 10**-DECIMALS)
    is_hit = _distance(reference.onset[reference_row], estimate.onset[estimate_row]) <= tolerance.onset
    if with_offsets:
        allowed = np.maximum(tolerance.offset_ratio * (reference.offset - reference.onset), tolerance.offset_min)
        is_hit &= _distance(reference.offset[reference_row], estimate.offset[estimate_row]) <= allowed[reference_row]
    reference_row, estimate_row = reference_row[is_hit], estimate_row[is_hit]
    alone, groups = _groups(reference_row, estimate_row, len(reference), len(estimate))
    pairs = [np.stack([reference_row[alone], estimate_row[alone]], axis=1)]
    pairs += [_matched(reference_row[rows], estimate_row[rows]) for rows in groups]
    joined = np.concatenate(pairs)
    return np.asarray(joined[np.argsort(joined[:, 0])], np.int64)


def _groups(
    reference_row: Integers, estimate_row: Integers, references: int, estimates: int
) -> tuple[Integers, list[Integers]]:
    """Return the rows of candidates whose notes have no other, and those of the others group by group.

    Notes of different groups are no candidates of one another.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges, size = (reference_row, references + estimate_row), references + estimates
    graph = coo_array((np.ones(len(reference_row), np.bool_), edges), shape=(size, size))
    label = connected_components(graph, directed=False)[1][reference_row]
    is_alone = np.bincount(label, minlength=1)[label] == 1
    rows = np.flatnonzero(~is_alone)
    rows = rows[np.argsort(label[rows], kind="stable")]
    groups = np.split(rows, np.flatnonzero(np.diff(label[rows])) + 1) if len(rows) else []
    return np.flatnonzero(is_alone), groups


def _matched(reference_row: Integers, estimate_row: Integers) -> Integers:
    """Return the matched pairs of one group of candidates, shape (pairs, 2)."""
    from mir_eval.util import match_events

    references, reference = np.unique(reference_row, return_inverse=True)
    estimates, estimate = np.unique(estimate_row, return_inverse=True)
    is_far = np.ones((len(references), len(estimates)), np.int64)
    is_far[reference, estimate] = 0
    matching = match_events(references, estimates, 0, distance=lambda *_: is_far)
    left, right = np.array(matching, np.int64).T
    return np.stack([references[left], estimates[right]], axis=1)


def _candidates(estimate: Piece, reference: Piece, *, slack: float) -> tuple[Integers, Integers]:
    """Return rows of notes of one pitch with onsets not farther apart than the slack, sorted by both."""
    stride = 2 * max(estimate.onset.max(initial=0), reference.onset.max(initial=0)) + 10 * slack + 1  # keeps keys apart
    rows = np.lexsort((estimate.onset, estimate.pitch))
    position = estimate.onset[rows] + stride * estimate.pitch[rows]
    target = reference.onset + stride * reference.pitch
    first = np.searchsorted(position, target - slack)
    count = np.searchsorted(position, target + slack, side="right") - first
    reference_row = np.repeat(np.arange(len(target)), count)
    estimate_row = rows[np.arange(len(reference_row)) - np.repeat(np.cumsum(count) - count - first, count)]
    order = np.lexsort((estimate_row, reference_row))
    return reference_row[order], estimate_row[order]


def _distance(first: Floats, second: Floats) -> Floats:
    return np.asarray(np.around(np.abs(first - second), DECIMALS), np.float64)
