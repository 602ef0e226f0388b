"""Alignments against their recursions written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.metrics import alignment

values = st.lists(st.integers(-3, 3), min_size=1, max_size=90).map(np.array)


def longest_common_subsequence(first_sequence: np.ndarray, second_sequence: np.ndarray) -> int:
    table = np.zeros((len(first_sequence) + 1, len(second_sequence) + 1), int)
    for row, first in enumerate(first_sequence):
        for column, second in enumerate(second_sequence):
            longer = max(table[row, column + 1], table[row + 1, column])
            table[row + 1, column + 1] = table[row, column] + 1 if first == second else longer
    return int(table[-1, -1])


def warped(first_sequence: np.ndarray, second_sequence: np.ndarray, most: int) -> float:
    table = np.full((len(first_sequence) + 1, len(second_sequence) + 1), np.inf)
    table[0, 0] = 0
    for row, first in enumerate(first_sequence):
        for column, second in enumerate(second_sequence):
            cost = min(abs(first - second), most)
            steps = table[row, column + 1] + cost, table[row + 1, column] + cost, table[row, column] + 2 * cost
            table[row + 1, column + 1] = min(steps)
    return float(table[-1, -1] / (len(first_sequence) + len(second_sequence)))


@given(st.lists(values, min_size=1, max_size=3), st.lists(values, min_size=1, max_size=3))
@settings(max_examples=20, deadline=None)
def test_both_equal_their_recursions(first: list, second: list) -> None:
    rows = np.array([alignment.padded(sequence, 90) for sequence in first])
    columns = np.array([alignment.padded(other, 95) for other in second])
    expected = [[longest_common_subsequence(sequence, other) for other in second] for sequence in first]
    assert alignment.common_subsequences(rows, columns).tolist() == expected
    assert [[alignment.common_subsequence(sequence, other) for other in second] for sequence in first] == expected
    for row, sequence in zip(rows, first, strict=True):
        distances = alignment.warped_distances(row, columns, most=4)
        np.testing.assert_allclose(distances, [warped(sequence, other, 4) for other in second], atol=1e-12)


def test_many_sequences_in_parts_are_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).integers(-4, 5, (7, 130)).astype(np.int16)
    lengths = alignment.common_subsequences(rows, rows)
    monkeypatch.setattr(alignment, "_AT_ONCE", 1)
    np.testing.assert_array_equal(alignment.common_subsequences(rows, rows), lengths)
    assert np.diag(lengths).tolist() == [130] * 7 and (lengths == lengths.T).all()


def test_padding_equals_nothing() -> None:
    empty = alignment.padded(np.empty(0, np.int64), 5)[None]
    assert alignment.common_subsequences(empty, empty).tolist() == [[0]]
