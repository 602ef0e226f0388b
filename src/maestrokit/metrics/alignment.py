"""How alike two sequences of integers are: their longest common subsequence, and dynamic time warping."""

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers

Sequences = NDArray[np.int16]
"""Rows of values in -127..127, padded by :data:`PADDING` to one length."""
PADDING = -128
_WORD = 64  # bits
_AT_ONCE = 8192  # pairs of sequences that are compared together


def padded(values: Integers, length: int) -> Sequences:
    """Return the first values of a sequence, padded to a length.

    >>> padded(np.array([1, 2, 3]), 4).tolist()
    [1, 2, 3, -128]
    """
    row = np.full(length, PADDING, np.int16)
    row[: len(values)] = values[:length]
    return row


def lengths(sequences: Sequences) -> Integers:
    """Return how long each sequence is without its padding, shape (..,)."""
    return np.asarray((sequences != PADDING).sum(axis=-1))


def common_subsequence(first: Integers, second: Integers) -> int:
    """Return the length of the longest common subsequence of two sequences of any length; see the plural.

    >>> common_subsequence(np.array([1, 2, 3, 4]), np.array([2, 9, 4, 1]))
    2
    """
    masks: dict[int, int] = {}
    for bit, value in enumerate(first.tolist()):
        masks[value] = masks.get(value, 0) | 1 << bit
    every = rest = (1 << len(first)) - 1
    for value in second.tolist():
        grows = masks.get(value, 0) & rest
        rest = (rest + grows | rest & ~grows) & every
    return len(first) - rest.bit_count()


def common_subsequences(sequences: Sequences, others: Sequences) -> Integers:
    """Return the length of the longest common subsequence of each sequence with each other, (sequences, others).

    Bit-parallel: a bit for each value of a sequence is cleared where the common subsequence grows.

    Parameters
    ----------
    sequences : int16, shape (sequences, length)
    others : int16, shape (others, length)

    References
    ----------
    Hyyro, H. Bit-parallel LCS-length computation revisited. AWOCA 2004.

    >>> common_subsequences(padded(np.array([1, 2, 3, 4]), 4)[None], padded(np.array([2, 9, 4, 1]), 5)[None]).tolist()
    [[2]]
    """
    rows = max(1, _AT_ONCE // max(len(others), 1))
    parts = [_common_subsequences(sequences[row : row + rows], others) for row in range(0, len(sequences), rows)]
    return np.concatenate([np.empty((0, len(others)), np.int64), *parts])


def _common_subsequences(sequences: Sequences, others: Sequences) -> Integers:
    count, length = sequences.shape
    words = -(-max(length, 1) // _WORD)
    bits = np.zeros((count, 256, words * _WORD), np.bool_)  # of each value, where it is in the sequence
    bits[np.arange(count)[:, None], sequences.astype(np.int64) & 255, np.arange(length)] = True
    bits[:, PADDING & 255] = False
    masks = np.packbits(bits, axis=2, bitorder="little").view("<u8").astype(np.uint64)  # (sequences, values, words)
    masks = np.ascontiguousarray(masks.transpose(2, 1, 0))
    rest = np.full((words, len(others), count), np.iinfo(np.uint64).max, np.uint64)
    for column in (others.T.astype(np.int64) & 255)[: lengths(others).max(initial=0)]:
        grows = masks[:, column] & rest
        unchanged = rest & ~grows
        overflow = np.zeros((len(others), count), np.uint64)
        for word in range(words):
            total = rest[word] + grows[word]
            over = total < rest[word]
            total += overflow
            overflow = (over | (total < overflow)).astype(np.uint64)
            rest[word] = total | unchanged[word]
    return np.asarray(words * _WORD - np.bitwise_count(rest).sum(axis=0, dtype=np.int64)).T


def warped_distances(sequence: Sequences, others: Sequences, *, most: float) -> Floats:
    """Return the distance of one sequence to each of others by dynamic time warping, 0 to `most`, shape (others,).

    The cost of two values is their difference, at most `most`; a step in both sequences counts twice, so that every
    path has the weight n + m, by which its sum is divided (the symmetric form P = 0).

    Parameters
    ----------
    sequence : int16, shape (length,), others : int16, shape (others, length)
        Each with at least one value.

    References
    ----------
    Sakoe, H. and Chiba, S. Dynamic programming algorithm optimization for spoken word recognition. IEEE Trans. ASSP
    26(1), 1978.

    >>> warped_distances(padded(np.array([0, 2]), 2), padded(np.array([0, 0, 2]), 3)[None], most=12).tolist()
    [0.0]
    """
    ends = lengths(others)
    own, width = int(lengths(sequence)), int(ends.max(initial=0))
    before = np.full((len(others), width + 1), np.inf)
    before[:, 0] = 0
    for value in sequence[:own].astype(np.float64):
        cost = np.minimum(np.abs(others[:, :width] - value), most)
        # Steps along a row: D[j] = C[j] + min over k <= j of (entered[k] - C[k]), C being the sum of costs up to j.
        entered = np.minimum(before[:, 1:] + cost, before[:, :-1] + 2 * cost)
        along = np.cumsum(cost, axis=1)
        before[:, 1:] = along + np.minimum.accumulate(entered - along, axis=1)
        before[:, 0] = np.inf
    return np.asarray(before[np.arange(len(others)), ends] / (own + ends))
