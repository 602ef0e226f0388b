"""Melody similarity: how like the melody of the nearest reference piece the melody of a piece is.

The melody is the skyline: the highest note of each chord (onsets up to 30 ms apart); what is compared are its
intervals, so that the key does not matter, up to the first 256: about a minute. Two melodies of n and m intervals are
compared in two ways, each 0..1 and 1 for the same:

``melody_similarity`` is 2 L / (n + m), L being the length of their longest common subsequence.
``melody_similarity_dtw`` is 1 - D / 12, D being the mean difference of intervals in semitones (each at most an octave)
along the best path of dynamic time warping.

The value of a piece is that of the reference piece most like it. A high value is no merit: the reference's own value
is what people's different pieces have, and a copy has 1. In pairs, :mod:`maestrokit.metrics.pairs.melody`
compares each piece with the one of its name.

Differences: for DTW, only the eight reference pieces with the longest common subsequences are tried. Shared melodies
are usually searched as notes with durations; here durations do not count. The skyline takes a figure above the melody
for the melody. muspy, mgeval and MusDr have no such metric.

References
----------
Uitdenbogerd, A. and Zobel, J. Melodic matching techniques for large music databases. ACM Multimedia 1999 (skyline, and
longest common subsequences of intervals).
"""

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.metrics import alignment
from maestrokit.metrics.alignment import Sequences
from maestrokit.metrics.contract import SHARE, Metric
from maestrokit.metrics.piece import Piece
from maestrokit.music.note_arrays import chord_rows

LONGEST = 256  # intervals of a melody that are compared
OCTAVE = 12  # semitones: the greatest difference of two intervals that counts
CANDIDATES = 8  # reference pieces that dynamic time warping is tried with


def melody(piece: Piece) -> Sequences:
    """Return the first intervals of the skyline, padded, shape (LONGEST,)."""
    return alignment.padded(skyline_intervals(piece), LONGEST)


def skyline_intervals(piece: Piece) -> Integers:
    """Return the intervals between the highest notes of successive chords in semitones, shape (chords - 1,)."""
    if len(piece) == 0:
        return np.empty(0, np.int64)
    return np.diff(np.maximum.reduceat(piece.pitch, chord_rows(piece.onset)))


def with_melody(summaries: Sequences) -> Sequences:
    """Return the melodies that have an interval at all."""
    return summaries[alignment.lengths(summaries) > 0]


def subsequence_shares(melodies: Sequences, others: Sequences) -> Floats:
    """Return 2 L / (n + m) of each melody with each other, (melodies, others); NaN where one has no interval."""
    own, ends = alignment.lengths(melodies)[:, None], alignment.lengths(others)
    share = 2 * alignment.common_subsequences(melodies, others) / np.maximum(own + ends, 1)
    return np.where((own > 0) & (ends > 0), share, np.nan)


def nearest_by_subsequence(summaries: Sequences, reference: Sequences) -> Floats:
    """Return the similarity of each melody to the nearest of the reference, shape (pieces,)."""
    return np.array([_highest(shares) for shares in subsequence_shares(summaries, reference)])


def nearest_by_warping(summaries: Sequences, reference: Sequences) -> Floats:
    """Return the similarity of each melody to the nearest of the reference by warping, shape (pieces,)."""
    values = np.full(len(summaries), np.nan)
    for row, shares in enumerate(subsequence_shares(summaries, reference)):
        likely = reference[np.argsort(-shares, kind="stable")[:CANDIDATES]]
        if np.isfinite(shares).any():
            values[row] = warped_similarities(summaries[row], likely).max()
    return values


def warped_similarities(melody: Sequences, others: Sequences) -> Floats:
    """Return 1 - D / 12 of one melody with each of others, shape (others,); each must have an interval."""
    return np.asarray(1 - alignment.warped_distances(melody, others, most=OCTAVE) / OCTAVE)


def _highest(similarities: Floats) -> float:
    return float(np.nanmax(similarities)) if np.isfinite(similarities).any() else float("nan")


METRICS = {
    "melody_similarity": Metric(
        "", "closer", melody, with_melody, nearest_by_subsequence, is_distributed=False, bounds=SHARE
    ),
    "melody_similarity_dtw": Metric(
        "", "closer", melody, with_melody, nearest_by_warping, is_distributed=False, bounds=SHARE
    ),
}
