"""Harmonic development: how predictable the chord changes of a piece are, and whether each quarter is like music's.

Chord changes are those of :mod:`.harmonic_consistency`: the quality before, the interval from root to root, and the
quality after, whatever the key.

``harmonic_development`` is the entropy rate of the chain of chords, H = -sum q(a) p(b | a) log2 p(b | a): q(a) is the
share of changes from quality a, p(b | a) the row of the transition matrix, b being the interval and the quality after.
0 for a progression that repeats a loop in which each quality has one continuation; it grows with the number of changes
seen, so compare pieces of one length.

``harmonic_development_1`` to ``_4`` are the distance of each quarter of a piece (of the time from its first onset to
its last offset) from the same quarter of the reference pieces: the Jensen-Shannon divergence D of their transition
matrices, less the mean divergence D0 of as many changes drawn from that matrix, as (D - D0) / (1 - D0): about 0 for
music like the reference, negative by chance, 1 for changes that it never has. A model that begins well and loses
its way has rising values.

muspy, mgeval and MusDr have no such metric.

References
----------
Cover, T. and Thomas, J. Elements of Information Theory, chapter 4, 2006 (entropy rate of a Markov chain).
Lin, J. Divergence measures based on the Shannon entropy. IEEE Trans. Inf. Theory 37(1), 1991.
"""

from functools import partial

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import Metric
from maestrokit.metrics.entropy import entropy
from maestrokit.metrics.sets import harmonic_consistency
from maestrokit.metrics.sets.harmonic_consistency import (
    QUALITIES,
    Counts,
    Expectation,
    by_quarter,
    changes_by_quarter,
)


def entropy_rate(summaries: Counts, _: object) -> Floats:
    """Return the entropy rate of each piece in bits a change, shape (pieces,); NaN without a change of chords."""
    changes = by_quarter(summaries).sum(axis=1)
    rows = changes.reshape(len(changes), QUALITIES, -1)  # (pieces, quality before, change)
    number = rows.sum(axis=2)
    rate = (number * np.nan_to_num(entropy(rows))).sum(axis=1)
    every = number.sum(axis=1)
    return np.asarray(np.divide(rate, every, out=np.full(len(changes), np.nan), where=every > 0))


def expectation_of_quarter(summaries: Counts, *, quarter: int) -> Expectation:
    """Return the matrix of one quarter of all reference pieces, and its sampling baseline."""
    return harmonic_consistency.expectation(by_quarter(summaries)[:, quarter])


def distance_of_quarter(summaries: Counts, expected: Expectation, *, quarter: int) -> Floats:
    """Return the distance of one quarter of each piece, shape (pieces,); NaN without a change of chords in it."""
    if not expected.matrix.any():
        return np.full(len(summaries), np.nan)
    return harmonic_consistency.excess_divergence(by_quarter(summaries)[:, quarter], expected)


def _quarter(quarter: int) -> Metric:
    return Metric(
        "", "lower", changes_by_quarter, partial(expectation_of_quarter, quarter=quarter),
        partial(distance_of_quarter, quarter=quarter), is_distributed=False,
    )  # fmt: skip


METRICS = {
    "harmonic_development": Metric(
        "bits", "closer", changes_by_quarter, score=entropy_rate, corpus="", is_distributed=False
    ),
    "harmonic_development_1": _quarter(0),
    "harmonic_development_2": _quarter(1),
    "harmonic_development_3": _quarter(2),
    "harmonic_development_4": _quarter(3),
}
