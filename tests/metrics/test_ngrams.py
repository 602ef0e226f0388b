"""Chances sum to one, and are those of the formula written out."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import UsageError
from maestrokit.metrics.ngrams import counted, probabilities

V = 5
sequences = st.lists(st.integers(0, V - 1), min_size=3, max_size=60)


def plain_chance(tokens, context, token, is_highest=True):
    """Interpolated Kneser-Ney from its definition; `context` is a tuple."""
    n = len(context) + 1

    def counts(length, highest):
        if highest:
            return Counter(tuple(tokens[i : i + length]) for i in range(len(tokens) - length + 1))
        longest = {tuple(tokens[i : i + ORDER]) for i in range(len(tokens) - ORDER + 1)}
        kinds = {gram[ORDER - length - 1 :] for gram in longest}
        return Counter(gram[1:] for gram in kinds)

    lower = plain_chance(tokens, context[1:], token, False) if context else 1 / V
    table = counts(n, is_highest)
    once, twice = (sum(1 for c in table.values() if c == k) for k in (1, 2))
    discount = once / (once + 2 * twice) if once else 0.0
    of_context = {gram: c for gram, c in table.items() if gram[:-1] == context}
    if not of_context:
        return lower
    total = sum(of_context.values())
    seen = of_context.get((*context, token), 0)
    return (max(seen - discount, 0) + discount * len(of_context) * lower) / total


ORDER = 3


@settings(max_examples=40, deadline=None)
@given(sequences, st.lists(st.integers(0, V - 1), min_size=3, max_size=3))
def test_it_is_the_definition(learnt, told):
    model = counted(np.array(learnt), order=ORDER, vocabulary=V)
    assert probabilities(model, np.array(told))[-1] == pytest.approx(plain_chance(learnt, tuple(told[:-1]), told[-1]))


@settings(max_examples=40, deadline=None)
@given(sequences, st.tuples(st.integers(0, V - 1), st.integers(0, V - 1)))
def test_chances_sum_to_one(learnt, context):
    model = counted(np.array(learnt), order=ORDER, vocabulary=V)
    assert sum(probabilities(model, np.array([*context, token]))[-1] for token in range(V)) == pytest.approx(1)


def test_a_pattern_is_learnt():
    pattern = np.tile(np.arange(5), 200)
    model = counted(pattern, order=4, vocabulary=V)
    assert -np.log(probabilities(model, pattern)[4:]).mean() < 0.01


def test_grams_too_long_to_number_are_refused():
    with pytest.raises(UsageError, match="cannot be counted"):
        counted(np.arange(5), order=9, vocabulary=390)
