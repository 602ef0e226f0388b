"""Sustain pedal: when it goes down, when it comes up, and for how long it is down.

``pedal_onset`` counts pedal-downs within the onset tolerance, ``pedal_onset_offset`` those that are released in
time as well (the same tolerances as for notes), ``pedal_frame`` the seconds for which the pedal is down (the limit
of scoring frames). Values of controller 64 from 64 on are down.

References
----------
Kong, Q. et al. High-resolution piano transcription with pedals by regressing onset and offset times. IEEE/ACM TASLP 29,
2021.
"""

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.matching import match_notes
from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, precision_recall_f1
from maestrokit.music.sustain import interval_union

USES_TOLERANCE = True


def scores(estimate: NotesAndPedal, reference: NotesAndPedal, *, tolerance: Tolerance) -> dict[str, float]:
    """Return ``pedal_onset_``, ``pedal_onset_offset_`` and ``pedal_frame_`` scores; none if a side knows no pedal."""
    if estimate.pedal is None or reference.pedal is None or len(estimate.pedal) + len(reference.pedal) == 0:
        return {}
    estimated, referred = _as_notes(estimate.pedal), _as_notes(reference.pedal)
    result: dict[str, float] = {}
    for name, with_offsets in (("pedal_onset", False), ("pedal_onset_offset", True)):
        matched = match_notes(estimated, referred, tolerance=tolerance, with_offsets=with_offsets)
        result |= precision_recall_f1(name, len(matched), len(estimated), len(referred))
    lengths = [_seconds(estimate.pedal), _seconds(reference.pedal)]
    either = _seconds(interval_union(np.concatenate([estimate.pedal, reference.pedal])))
    return result | precision_recall_f1("pedal_frame", max(0.0, sum(lengths) - either), *lengths)


def _as_notes(pedal: Floats) -> Piece:
    return notes_in_seconds(pedal[:, 0], pedal[:, 1], np.zeros(len(pedal), np.int64))


def _seconds(intervals: Floats) -> float:
    return float(np.sum(intervals[:, 1] - intervals[:, 0]))
