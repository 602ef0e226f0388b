"""Note onsets and offsets, and velocities too: precision, recall and F1.

A note counts if it begins and ends within tolerance; for the velocity scores also if its velocity, after the
matched ones have been fitted to the reference's by a straight line, is within a tenth of the reference's range.
Equal to mir_eval's ``transcription`` and ``transcription_velocity.precision_recall_f1_overlap``; notes of no
length, which mir_eval refuses, are allowed.

References
----------
Bay, M., Ehmann, A. F. and Downie, J. S. Evaluation of multiple-F0 estimation and tracking systems. ISMIR 2009.
Hawthorne, C. et al. Onsets and frames: dual-objective piano transcription. ISMIR 2018 (velocity).
"""

import numpy as np

from maestrokit.arrays import Integers, Mask
from maestrokit.metrics.matching import match_notes
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, precision_recall_f1

USES_TOLERANCE = True


def scores(estimate: NotesAndPedal, reference: NotesAndPedal, *, tolerance: Tolerance) -> dict[str, float]:
    """Return ``onset_offset_`` and ``onset_offset_velocity_`` ``precision``, ``recall`` and ``f1``."""
    matched = match_notes(estimate.notes, reference.notes, tolerance=tolerance, with_offsets=True)
    as_loud = velocity_within_tolerance(estimate, reference, matched, tolerance=tolerance.velocity)
    sizes = len(estimate.notes), len(reference.notes)
    with_velocity = precision_recall_f1("onset_offset_velocity", int(as_loud.sum()), *sizes)
    return precision_recall_f1("onset_offset", len(matched), *sizes) | with_velocity


def velocity_within_tolerance(
    estimate: NotesAndPedal, reference: NotesAndPedal, matched: Integers, *, tolerance: float
) -> Mask:
    """Return which matched pairs (reference, estimate) are as loud as each other, shape (pairs,)."""
    if len(matched) == 0:
        return np.zeros(0, np.bool_)
    velocity = reference.notes.velocity
    expected = (velocity[matched[:, 0]] - velocity.min()) / max(1, np.ptp(velocity))
    estimated = np.stack([estimate.notes.velocity[matched[:, 1]], np.ones(len(matched))], axis=1)  # (pairs, 2)
    fit, *_ = np.linalg.lstsq(estimated, expected, rcond=None)
    return np.asarray(np.abs(estimated @ fit - expected) < tolerance)
