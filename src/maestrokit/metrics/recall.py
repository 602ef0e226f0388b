"""Which notes of a reference an estimate has, by pitch and by velocity, and where it errs most."""

from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.metrics.matching import match_notes
from maestrokit.metrics.piece import Piece
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance
from maestrokit.music.note_arrays import TimedNotes

VELOCITY_STEP = 8  # velocities that are counted together
EXCERPT = 20.0  # seconds
STEP = 5.0  # seconds, from one stretch that is tried as an excerpt to the next


class Excerpt(NamedTuple):
    """The stretch of a pair with the most errors."""

    start: float
    """In seconds."""
    seconds: float
    reference: TimedNotes
    estimate: TimedNotes
    is_hit: Mask
    """Which notes of the reference were matched, shape (notes,)."""
    is_right: Mask
    """Which notes of the estimate were matched, shape (notes,)."""


class Recall(NamedTuple):
    """Notes of references, and how many of them the estimates have (by onset and pitch)."""

    pitch: Integers
    """Shape (2, 128): notes, and those that were matched."""
    velocity: Integers
    """The same in classes of 8 velocities, shape (2, 16)."""


def recall_and_excerpt(
    estimate: NotesAndPedal, reference: NotesAndPedal, *, tolerance: Tolerance
) -> tuple[Recall, Excerpt]:  # fmt: skip
    """Return what of the reference was matched, and the stretch with the most errors."""
    matched = match_notes(estimate.notes, reference.notes, tolerance=tolerance, with_offsets=False)
    is_hit, is_right = (np.zeros(len(side.notes), np.bool_) for side in (reference, estimate))
    is_hit[matched[:, 0]], is_right[matched[:, 1]] = True, True
    notes = reference.notes
    counts = [
        np.stack([np.bincount(values[chosen], minlength=size) for chosen in (slice(None), is_hit)])
        for values, size in ((notes.pitch, 128), (notes.velocity // VELOCITY_STEP, 128 // VELOCITY_STEP))
    ]
    return Recall(*counts), _excerpt(notes, estimate.notes, is_hit, is_right)


def added(parts: "list[Recall]") -> Recall:
    """Return the counts of several pairs together."""
    return Recall(*(np.sum([part[column] for part in parts], axis=0) for column in (0, 1)))


def shares_matched(counts: Integers) -> Floats:
    """Return which share of the notes of each class was matched; NaN where there are none."""
    total, hits = counts.astype(np.float64)
    return np.asarray(np.divide(hits, total, out=np.full(len(total), np.nan), where=total > 0))


def _excerpt(reference: Piece, estimate: Piece, is_hit: Mask, is_right: Mask) -> Excerpt:
    errors = np.sort(np.concatenate([reference.onset[~is_hit], estimate.onset[~is_right]]))
    end = float(max(reference.onset.max(initial=0.0), estimate.onset.max(initial=0.0)))
    starts = STEP * np.arange(max(int(np.ceil((end - EXCERPT) / STEP)), 0) + 1)
    counts = np.searchsorted(errors, starts + EXCERPT) - np.searchsorted(errors, starts)
    start = float(starts[counts.argmax()])
    in_reference, in_estimate = (_within(side, start) for side in (reference, estimate))
    seconds = max(min(EXCERPT, max(reference.offset.max(initial=0.0), end) - start), 1.0)
    return Excerpt(
        start, float(seconds), _cut(reference, in_reference, start), _cut(estimate, in_estimate, start),
        is_hit[in_reference], is_right[in_estimate],
    )  # fmt: skip


def _within(piece: Piece, start: float) -> Mask:
    return np.asarray((piece.onset >= start) & (piece.onset < start + EXCERPT))


def _cut(piece: Piece, rows: Mask, start: float) -> TimedNotes:
    """Return notes that begin in the excerpt, cut at its end."""
    part = piece.select(rows)
    return TimedNotes(part.onset, np.minimum(part.offset, start + EXCERPT), part.pitch, part.velocity)
