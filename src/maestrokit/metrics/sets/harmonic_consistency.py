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

from maestrokit.analysis.chords.from_notes import chords_of_notes
from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.entropy import jensen_shannon, shares
from maestrokit.metrics.piece import Piece

QUALITIES = len(QUALITY_NAMES)
CHANGES = QUALITIES * 12 * QUALITIES  # quality before, interval, quality after
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
    chords = chords_of_notes(piece.onset, piece.sounding_offset, piece.pitch)
    chords = chords.select(chords.root >= 0)
    before, after = chords.select(slice(None, -1)), chords.select(slice(1, None))
    interval = (after.root - before.root) % 12
    change = (before.quality * 12 + interval) * QUALITIES + after.quality
    return np.bincount(change, minlength=CHANGES).astype(np.float64)


def expectation(summaries: Floats) -> Expectation:
    """Return the matrix of all changes of the reference together, and its sampling baseline."""
    matrix = np.nan_to_num(shares(summaries.sum(axis=0)))
    if not matrix.any():
        return Expectation(matrix, np.zeros(len(SIZES)))
    generator = np.random.default_rng(SEED)
    samples = (generator.multinomial(int(size), matrix, size=DRAWS) for size in SIZES)
    return Expectation(matrix, np.array([np.mean(jensen_shannon(sample, matrix)) for sample in samples]))


def similarity(summary: Floats, expected: Expectation) -> float:
    """Return the similarity in per cent, 0..100; NaN if the piece or the reference has no change of chords."""
    changes = summary.sum()
    if changes == 0 or not expected.matrix.any():
        return float("nan")
    divergence = jensen_shannon(summary, expected.matrix)
    baseline = np.interp(np.log2(changes), np.log2(SIZES), expected.baseline)
    return float(np.clip(100 * (1 - divergence) / (1 - baseline), 0, 100))


def percentile_rank(summaries: Floats) -> Floats:
    """Return, for each change, the share of changes from that quality that are not more usual, shape (CHANGES,)."""
    rows = np.nan_to_num(shares(summaries.sum(axis=0).reshape(QUALITIES, -1)))
    rising = np.sort(rows, axis=1)
    below = np.cumsum(rising, axis=1)
    last_equal = [np.searchsorted(one, row, side="right") - 1 for one, row in zip(rising, rows, strict=True)]
    return np.take_along_axis(below, np.array(last_equal), axis=1).ravel()


def consistency(summary: Floats, expected: Floats) -> float:
    """Return the mean percentile_rank of the changes in per cent, 0..100; NaN without a change of chords."""
    changes = summary.sum()
    return float(100 * summary @ expected / changes) if changes else float("nan")


PERCENT = (0.0, 100.0)
_METRIC = partial(Metric, "%", summary=transitions, is_distributed=False, bounds=PERCENT)
METRICS = {
    "harmonic_consistency": _METRIC("closer", expected=percentile_rank, score=consistency),
    "harmonic_similarity": _METRIC("higher", expected=expectation, score=similarity),
}
