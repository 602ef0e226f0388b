"""Harmonic consistency: how far the chord changes of a piece are those of the reference, in per cent.

A change of chords (:mod:`maestrokit.analysis.chords.from_notes`, with the pedal) is the quality before, the interval
from root to root, and the quality after, so that the key does not matter; changes from or to no chord do not count.
Two metrics are defined.

``harmonic_consistency`` ranks each change by how usual it is: the share of the reference's changes from the same
quality that are not more usual than this one (its row of the transition matrix); the value is the mean over changes. It
does not depend on length. Loops of the most usual chords score more than music does, so read it beside the
reference's own value.

``harmonic_similarity`` compares whole transition matrices. D is the Jensen-Shannon divergence between the piece's
matrix and the reference's, each made to sum to 1. Ten changes cannot look like a distribution, so a short piece is far
from any matrix by sampling alone: D0 is the mean divergence of as many changes drawn from the reference itself, and the
value is 100 (1 - D) / (1 - D0), at most 100. Changes that the reference never has score 0. It separates shuffled music
from music less well (tests/benchmarks/metrics_controls.py), as few changes are noisy.

muspy, mgeval and MusDr have no such metric (MusDr's chord progression irregularity needs no reference; mgeval's
transition matrix is of pitch classes). Published percentages come from other chords and definitions and are not
comparable.

References
----------
Lin, J. Divergence measures based on the Shannon entropy. IEEE Trans. Inf. Theory 37(1), 1991.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.chords.from_notes import chords_of_notes
from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.arrays import Floats, Integers
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.entropy import jensen_shannon, shares
from maestrokit.metrics.piece import Piece

QUALITIES = len(QUALITY_NAMES)
CHANGES = QUALITIES * 12 * QUALITIES  # quality before, interval, quality after
QUARTERS = 4  # of a piece, kept apart for :mod:`.harmonic_development`
Counts = NDArray[np.float32]
SIZES = 2 ** np.arange(14)  # numbers of changes at which the divergence of random samples is estimated
DRAWS, SEED = 64, 1991  # samples for each


class Expectation(NamedTuple):
    """The reference's transition matrix, and how far samples of it are from it."""

    matrix: Floats
    """Shape (CHANGES,), sums to 1."""
    baseline: Floats
    """Mean divergence of samples of each of SIZES."""


def transitions(piece: Piece) -> Floats:
    """Return how often each chord change occurs, shape (CHANGES,)."""
    return np.bincount(chord_changes(piece)[0], minlength=CHANGES).astype(np.float64)


def changes_by_quarter(piece: Piece) -> Counts:
    """Return how often each chord change occurs in each quarter of a piece, shape (QUARTERS * CHANGES,)."""
    change, second = chord_changes(piece)
    if len(change) == 0:
        return np.zeros(QUARTERS * CHANGES, np.float32)
    share = (second - piece.onset[0]) / max(piece.seconds, 1e-9)
    quarter = (share * QUARTERS).astype(np.int64).clip(0, QUARTERS - 1)
    return np.bincount(quarter * CHANGES + change, minlength=QUARTERS * CHANGES).astype(np.float32)


def by_quarter(summaries: Counts) -> Floats:
    """Return the changes of pieces, shape (pieces, QUARTERS, CHANGES)."""
    return summaries.reshape(len(summaries), QUARTERS, CHANGES).astype(np.float64)


def chord_changes(piece: Piece) -> tuple[Integers, Floats]:
    """Return the number of each chord change, 0..CHANGES - 1, and when it is, in seconds."""
    chords = chords_of_notes(piece.onset, piece.sounding_offset, piece.pitch)
    chords = chords.select(chords.root >= 0)
    before, after = chords.select(slice(None, -1)), chords.select(slice(1, None))
    interval = (after.root - before.root) % 12
    return (before.quality * 12 + interval) * QUALITIES + after.quality, after.start


def expectation(summaries: Floats) -> Expectation:
    """Return the matrix of all changes of the reference together, and its sampling baseline."""
    matrix = np.nan_to_num(shares(summaries.sum(axis=0)))
    if not matrix.any():
        return Expectation(matrix, np.zeros(len(SIZES)))
    generator = np.random.default_rng(SEED)
    occurring = matrix[matrix > 0]  # changes that never occur add nothing to a divergence
    samples = (generator.multinomial(int(size), occurring, size=DRAWS) for size in SIZES)
    return Expectation(matrix, np.array([np.mean(jensen_shannon(sample, occurring)) for sample in samples]))


def similarity(summaries: Floats, expected: Expectation) -> Floats:
    """Return the similarity in per cent, 0..100; NaN if a piece or the reference has no change of chords."""
    if not expected.matrix.any():
        return np.full(summaries.shape[:-1], np.nan)
    return np.clip(100 * (1 - excess_divergence(summaries, expected)), 0, 100)


def excess_divergence(summaries: Floats, expected: Expectation) -> Floats:
    """Return (D - D0) / (1 - D0): 0 for changes drawn from the reference, 1 for those that it never has.

    Parameters
    ----------
    summaries : float64, shape (.., CHANGES)
        Numbers of changes; without any the value is NaN.
    """
    changes = summaries.sum(axis=-1)
    divergence = jensen_shannon(summaries, expected.matrix)
    baseline = np.interp(np.log2(np.maximum(changes, 1)), np.log2(SIZES), expected.baseline)
    return np.asarray((divergence - baseline) / (1 - baseline))


def percentile_rank(summaries: Floats) -> Floats:
    """Return, for each change, the share of changes from that quality that are not more usual, shape (CHANGES,)."""
    rows = np.nan_to_num(shares(summaries.sum(axis=0).reshape(QUALITIES, -1)))
    rising = np.sort(rows, axis=1)
    below = np.cumsum(rising, axis=1)
    last_equal = [
        np.searchsorted(sorted_row, row, side="right") - 1 for sorted_row, row in zip(rising, rows, strict=True)
    ]
    return np.take_along_axis(below, np.array(last_equal), axis=1).ravel()


def consistency(summaries: Floats, expected: Floats) -> Floats:
    """Return the mean percentile_rank of the changes in per cent, 0..100; NaN without a change of chords."""
    return np.asarray(100 * shares(summaries) @ expected)


def _of_piece(summaries: Counts) -> Floats:
    return np.asarray(by_quarter(summaries).sum(axis=1))


PERCENT = (0.0, 100.0)
_METRIC = partial(Metric, "%", summary=changes_by_quarter, is_distributed=False, bounds=PERCENT)
METRICS = {
    "harmonic_consistency": _METRIC(
        "closer",
        expected=lambda reference: percentile_rank(_of_piece(reference)),
        score=lambda pieces, expected: consistency(_of_piece(pieces), expected),
    ),
    "harmonic_similarity": _METRIC(
        "higher",
        expected=lambda reference: expectation(_of_piece(reference)),
        score=lambda pieces, expected: similarity(_of_piece(pieces), expected),
    ),
}
