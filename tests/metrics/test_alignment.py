"""Alignments against their recursions written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.metrics import alignment

values = st.lists(st.integers(-3, 3), min_size=1, max_size=90).map(np.array)


def longest_common_subsequence(one: np.ndarray, other: np.ndarray) -> int:
    table = np.zeros((len(one) + 1, len(other) + 1), int)
    for row, first in enumerate(one):
        for column, second in enumerate(other):
            longer = max(table[row, column + 1], table[row + 1, column])
            table[row + 1, column + 1] = table[row, column] + 1 if first == second else longer
    return int(table[-1, -1])


def warped(one: np.ndarray, other: np.ndarray, most: int) -> float:
    table = np.full((len(one) + 1, len(other) + 1), np.inf)
    table[0, 0] = 0
    for row, first in enumerate(one):
        for column, second in enumerate(other):
            cost = min(abs(first - second), most)
            steps = table[row, column + 1] + cost, table[row + 1, column] + cost, table[row, column] + 2 * cost
            table[row + 1, column + 1] = min(steps)
    return float(table[-1, -1] / (len(one) + len(other)))


@given(st.lists(values, min_size=1, max_size=3), st.lists(values, min_size=1, max_size=3))
@settings(max_examples=20, deadline=None)
def test_both_equal_their_recursions(first: list, second: list) -> None:
    rows = np.array([alignment.padded(one, 90) for one in first])
    columns = np.array([alignment.padded(other, 95) for other in second])
    expected = [[longest_common_subsequence(one, other) for other in second] for one in first]
    assert alignment.common_subsequences(rows, columns).tolist() == expected
    assert [[alignment.common_subsequence(one, other) for other in second] for one in first] == expected
    for row, one in zip(rows, first, strict=True):
        distances = alignment.warped_distances(row, columns, most=4)
        np.testing.assert_allclose(distances, [warped(one, other, 4) for other in second], atol=1e-12)


def test_many_sequences_in_parts_are_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).integers(-4, 5, (7, 130)).astype(np.int16)
    whole = alignment.common_subsequences(rows, rows)
    monkeypatch.setattr(alignment, "_AT_ONCE", 1)
    np.testing.assert_array_equal(alignment.common_subsequences(rows, rows), whole)
    assert np.diag(whole).tolist() == [130] * 7 and (whole == whole.T).all()


def test_padding_equals_nothing() -> None:
    empty = alignment.padded(np.empty(0, np.int64), 5)[None]
    assert alignment.common_subsequences(empty, empty).tolist() == [[0]]
