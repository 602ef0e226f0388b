"""Which notes are matched: mir_eval's pairs, though only near notes are compared."""

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.metrics.matching import match_notes
from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.score_pairs import Tolerance

# One or two keys and times on a grid of 20 ms: most notes may match several, in long groups.
note = st.tuples(st.integers(0, 100), st.integers(1, 20), st.sampled_from([60, 60, 61]))


def piece(notes: list[tuple[int, int, int]]) -> Piece:
    onset, length, pitch = np.array(notes, np.int64).reshape(-1, 3).T
    return notes_in_seconds(onset / 50, (onset + length) / 50, pitch)


def timed(notes: Piece) -> tuple[np.ndarray, np.ndarray]:
    return np.stack([notes.onset, notes.offset], axis=1), mir_eval.util.midi_to_hz(notes.pitch)


@pytest.mark.parametrize("with_offsets", [False, True])
@settings(max_examples=30)
@given(st.lists(note, min_size=1, max_size=60).map(piece), st.lists(note, min_size=1, max_size=60).map(piece))
def test_pairs_are_those_of_mir_eval(with_offsets: bool, estimate: Piece, reference: Piece) -> None:
    matched = match_notes(estimate, reference, tolerance=Tolerance(), with_offsets=with_offsets)
    ratio = 0.2 if with_offsets else None
    by_mir_eval = mir_eval.transcription.match_notes(*timed(reference), *timed(estimate), offset_ratio=ratio)
    assert [tuple(pair) for pair in matched.tolist()] == by_mir_eval


def test_a_group_is_matched_as_fully_as_possible() -> None:
    # The second estimate may have either of two notes, the first only one of them: both are matched.
    reference, estimate = piece([(0, 5, 60), (2, 5, 60), (50, 5, 60)]), piece([(0, 5, 60), (1, 5, 60), (50, 5, 60)])
    tolerance = Tolerance(onset=0.02)
    matched = match_notes(estimate, reference, tolerance=tolerance, with_offsets=False)
    assert matched.tolist() == [[0, 0], [1, 1], [2, 2]]
    assert match_notes(piece([]), reference, tolerance=tolerance, with_offsets=False).shape == (0, 2)
