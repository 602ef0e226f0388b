"""Diversity of a set: how unlike one another the melodies of its pieces are.

The mean over all pairs of different pieces of 1 - ``melody_similarity`` (:mod:`.melody_similarity`): 0 where all pieces
have one melody (in any key), near .6 where they have nothing in common, as short subsequences are shared by any two
melodies. It needs no reference; that of the reference beside it is the value of as many of its pieces. In the interval,
pairs of a piece with itself in a resample do not count.

Sets of text are compared so by Self-BLEU; muspy, mgeval and MusDr have no such metric (the mean of mgeval's intra-set
distances is it for a descriptor).

References
----------
Zhu, Y. et al. Texygen: a benchmarking platform for text generation models. SIGIR 2018 (Self-BLEU).
"""

from collections.abc import Sequence

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.alignment import Sequences
from maestrokit.metrics.contract import SHARE, Metric
from maestrokit.metrics.sets.melody_similarity import melody, subsequence_shares


def diversity(melodies: Sequence[Sequences], _: object, counts: Floats) -> Floats:
    """Return the mean over pairs of pieces, each counted as often as its pieces are, shape (resamples,).

    Parameters
    ----------
    melodies : sequence of int16, shape (intervals,)
    counts : float64, shape (resamples, pieces)
    """
    every = np.array(melodies)
    distance = 1 - subsequence_shares(every, every)
    np.fill_diagonal(distance, 0)
    is_known = np.isfinite(distance)
    pairs = is_known & ~np.eye(len(every), dtype=np.bool_)
    total = np.einsum("rp,pq,rq->r", counts, np.where(is_known, distance, 0), counts, optimize=True)
    number = np.einsum("rp,pq,rq->r", counts, pairs.astype(np.float64), counts, optimize=True)
    return np.asarray(np.divide(total, number, out=np.full(len(counts), np.nan), where=number > 0))


METRICS = {"diversity": Metric("", "closer", melody, of_set=diversity, corpus="", is_distributed=False, bounds=SHARE)}
