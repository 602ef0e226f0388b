"""Copied notes against a search of every stretch."""

import numpy as np
import pytest

from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.sets import copying

GENERATOR = np.random.default_rng(4)
CORPUS = [GENERATOR.integers(-2, 3, length).astype(np.int16) for length in (80, 3, 120)]
PIECES = [GENERATOR.integers(-2, 3, length).astype(np.int16) for length in (40, 60)]


def stretches(intervals: np.ndarray, notes: int) -> list[bytes]:
    count = notes - 1
    return [intervals[start : start + count].tobytes() for start in range(len(intervals) - count + 1)]


def is_there(intervals: np.ndarray, notes: int) -> list[bool]:
    known = {part for piece in CORPUS for part in stretches(piece, notes)}
    return [part in known for part in stretches(intervals, notes)]


def test_runs_and_shares_equal_a_search_of_all_stretches() -> None:
    table = copying.StretchIndex(CORPUS)
    longest = [max(notes for notes in range(1, 30) if any(is_there(piece, notes))) for piece in PIECES]
    assert min(longest) > 3
    assert copying.longest_runs(PIECES, table).tolist() == longest
    for notes in (4, 5, 8):
        shares = [np.mean(is_there(piece, notes)) for piece in PIECES]
        np.testing.assert_allclose(copying.copied_shares(PIECES, table, notes=notes), shares)


def test_a_copy_in_another_key_and_tempo_is_found_whole() -> None:
    onset = np.sort(GENERATOR.uniform(0, 30, 90))
    piece = notes_in_seconds(onset, onset + 0.2, GENERATOR.integers(40, 80, 90))
    table = copying.StretchIndex([CORPUS[0], copying.note_intervals(piece)])
    chords = np.diff(piece.onset, prepend=-1) > 0.03  # stretched, the same chords
    slower = piece.replace(onset=piece.onset + np.cumsum(chords), pitch=piece.pitch + 7)
    copied = [copying.note_intervals(slower)]
    assert copying.longest_runs(copied, table).tolist() == [90]
    assert copying.copied_shares(copied, table, notes=16).tolist() == [1.0]
    shuffled = [copying.note_intervals(piece.replace(pitch=GENERATOR.permutation(piece.pitch)))]
    assert copying.longest_runs(shuffled, table)[0] < 10


def test_stretches_do_not_cross_from_one_piece_to_the_next() -> None:
    halves = copying.StretchIndex([PIECES[0][:20], PIECES[0][20:]])
    assert copying.longest_runs(PIECES[:1], halves).tolist() == [21]
    assert copying.longest_runs([PIECES[0][18:22]], halves)[0] == 3


def test_no_notes_no_value_and_an_empty_corpus_has_nothing() -> None:
    nothing = np.empty(0, np.int16)
    assert np.isnan(copying.longest_runs([nothing], copying.StretchIndex(CORPUS))).all()
    assert np.isnan(copying.copied_shares([nothing], copying.StretchIndex(CORPUS), notes=4)).all()
    assert copying.longest_runs(PIECES, copying.StretchIndex([nothing])).tolist() == [1, 1]
    assert copying.copied_shares(PIECES, copying.StretchIndex([]), notes=4).tolist() == [0, 0]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 15, 100])
def test_a_hash_is_of_its_stretch_alone(count: int) -> None:
    numbers = GENERATOR.integers(0, 2**63, 120, dtype=np.uint64)
    again = np.concatenate([numbers[5:], numbers])
    hashes = copying._hashes(numbers, count)
    assert len(np.unique(hashes)) == len(hashes) == 121 - count
    np.testing.assert_array_equal(copying._hashes(again, count)[115:], hashes)
