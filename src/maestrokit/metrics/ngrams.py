"""Interpolated Kneser-Ney n-grams of events: the baseline that every sequence model has to beat.

Between the counts of long contexts and of short ones, each order keeps a discount D = n1 / (n1 + 2 n2) for what it has
never seen (n1, n2: n-grams seen once and twice), and orders below the highest count in how many contexts an event
occurs instead of how often. Contexts reach over the ends of pieces, where ``begin`` separates them.

References
----------
.. [1] R. Kneser, H. Ney, "Improved Backing-off for M-gram Language Modeling", ICASSP 1995.
.. [2] S. Chen, J. Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling", Computer Speech &
   Language 13, 1999, section 2.7 (the interpolated form used here).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.errors import UsageError


@dataclass(frozen=True, eq=False)
class NgramTable:
    """The n-grams of one length, as sorted keys: their tokens as digits of a number in base `vocabulary`."""

    key: Integers
    count: Integers
    context: Integers
    """Sorted keys of the tokens but the last."""
    total: Integers
    """Sum of the counts of each context."""
    kinds: Integers
    """Different continuations of each context."""
    discount: float


@dataclass(frozen=True, eq=False)
class Ngrams:
    """The n-grams of all orders, the shortest first."""

    orders: list[NgramTable]
    vocabulary: int


def counted(tokens: NDArray[np.integer], *, order: int, vocabulary: int) -> Ngrams:
    """Return the n-grams of a sequence of tokens, of all lengths up to `order`.

    UsageError says that n-grams of that length cannot be numbered, or that the sequence is shorter.
    """
    if order < 1 or vocabulary**order >= 2**63 or len(tokens) < order:
        raise UsageError(f"{order}-grams of {vocabulary} tokens cannot be counted in {len(tokens)} tokens")
    key, count = np.unique(_keys(np.asarray(tokens, np.int64), order, vocabulary), return_counts=True)
    orders = [_order(key, count, vocabulary)]
    for length in range(order - 1, 0, -1):
        key, count = np.unique(key % vocabulary**length, return_counts=True)  # in how many contexts
        orders.insert(0, _order(key, count, vocabulary))
    return Ngrams(orders, vocabulary)


def probabilities(ngrams: Ngrams, tokens: NDArray[np.integer]) -> Floats:
    """Return the probability of each token given those before, shape (tokens,).

    The first tokens use the shorter contexts that they have.
    """
    sequence = np.asarray(tokens, np.int64)
    probability = np.full(len(sequence), 1 / ngrams.vocabulary)
    for length, order in enumerate(ngrams.orders, start=1):
        if length > len(sequence):
            break
        key = _keys(sequence, length, ngrams.vocabulary)
        context, has_context = _find(order.context, key // ngrams.vocabulary)
        entry, is_known = _find(order.key, key)
        count = np.where(is_known, order.count[entry], 0)
        total, kinds = order.total[context], order.kinds[context]
        lower = probability[length - 1 :]
        mixed = (np.maximum(count - order.discount, 0) + order.discount * kinds * lower) / total
        probability[length - 1 :] = np.where(has_context, mixed, lower)
    return probability


def _keys(tokens: Integers, length: int, vocabulary: int) -> Integers:
    """Return the keys of all n-grams, (tokens - length + 1,); the last token is the last digit."""
    keys = np.zeros(len(tokens) - length + 1, np.int64)
    for digit in range(length):
        keys = keys * vocabulary + tokens[digit : len(tokens) - length + 1 + digit]
    return keys


def _order(key: Integers, count: Integers, vocabulary: int) -> NgramTable:
    starts = np.flatnonzero(np.diff(key // vocabulary, prepend=-1))
    once, twice = int((count == 1).sum()), int((count == 2).sum())
    discount = once / (once + 2 * twice) if once else 0.0
    kinds = np.diff(np.append(starts, len(key)))
    return NgramTable(key, count, key[starts] // vocabulary, np.add.reduceat(count, starts), kinds, discount)


def _find(table: Integers, keys: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Return the row of each key in a sorted table, and whether it is there."""
    row = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return row, table[row] == keys
