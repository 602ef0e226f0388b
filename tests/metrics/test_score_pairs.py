"""Pairs against mir_eval on the same notes: equal, not nearly."""

import mir_eval
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import UsageError
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, compare, mean_rows
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.rolls.frames import piano_roll
from maestrokit.music.sustain import interval_union

# Few keys, times on a grid of 10 ms and velocities that vary, so that many notes may match many.
note = st.tuples(st.integers(0, 60), st.integers(1, 40), st.sampled_from([60, 60, 61, 72]), st.integers(1, 127))
pieces = st.lists(note, min_size=1, max_size=40).map(
    lambda notes: notes_in_seconds(*(np.array(c) for c in zip(*[(t / 100, (t + d) / 100, p, v) for t, d, p, v in notes],
                                                              strict=True)))
)  # fmt: skip
TOLERANCES = [Tolerance(), Tolerance(onset=0.1, offset_ratio=0.5), Tolerance(onset=0.01, offset_min=0.01)]


def intervals(piece: Piece) -> np.ndarray:
    return np.stack([piece.onset, piece.offset], axis=1)


def hertz(piece: Piece) -> np.ndarray:
    return mir_eval.util.midi_to_hz(piece.pitch)


def three(scores: dict[str, float], prefix: str) -> tuple[float, ...]:
    return tuple(scores[f"{prefix}_{name}"] for name in ("precision", "recall", "f1"))


@pytest.mark.parametrize("tolerance", TOLERANCES)
@given(estimate=pieces, reference=pieces)
@settings(max_examples=60, deadline=None)
def test_note_scores_equal_mir_eval(tolerance: Tolerance, estimate: Piece, reference: Piece) -> None:
    found = compare(NotesAndPedal(estimate, None), NotesAndPedal(reference, None), tolerances=[tolerance])
    timed = (intervals(reference), hertz(reference)), (intervals(estimate), hertz(estimate))
    loud = [(*side, piece.velocity) for side, piece in zip(timed, (reference, estimate), strict=True)]
    options = {"onset_tolerance": tolerance.onset, "offset_min_tolerance": tolerance.offset_min}
    scored = mir_eval.transcription.precision_recall_f1_overlap
    assert three(found, "onset") == scored(*timed[0], *timed[1], offset_ratio=None, **options)[:3]
    options["offset_ratio"] = tolerance.offset_ratio
    assert three(found, "onset_offset") == scored(*timed[0], *timed[1], **options)[:3]
    with_velocity = mir_eval.transcription_velocity.precision_recall_f1_overlap(*loud[0], *loud[1], **options)
    assert three(found, "onset_offset_velocity") == pytest.approx(with_velocity[:3])


@given(pieces)
@settings(max_examples=30, deadline=None)
def test_perfect_estimates_score_1(piece: Piece) -> None:
    pedal = interval_union(intervals(piece))
    found = compare(NotesAndPedal(piece, pedal), NotesAndPedal(piece, pedal), tolerances=[Tolerance()])
    # Of notes struck twice at once, mir_eval may match those of different velocity.
    sure = [value for name, value in found.items() if "velocity" not in name]
    assert sure == pytest.approx([1.0] * len(sure))
    assert len([name for name in found if not name.startswith("melody")]) == 21  # melodies need two chords


@given(pieces, pieces)
@settings(max_examples=30, deadline=None)
def test_frame_scores_are_those_of_a_fine_piano_roll(estimate: Piece, reference: Piece) -> None:
    estimated, referred = (piano_roll(p.onset, p.offset, p.pitch, np.ones(len(p), np.int64), hop=0.01, frames=110) > 0
                  for p in (estimate, reference))  # fmt: skip
    found = compare(NotesAndPedal(estimate, None), NotesAndPedal(reference, None), tolerances=[Tolerance()])
    common = (estimated & referred).sum()
    assert found["frame_precision"] == pytest.approx(common / estimated.sum(), abs=1e-9)
    assert found["frame_recall"] == pytest.approx(common / referred.sum(), abs=1e-9)


@given(pieces)
@settings(max_examples=10, deadline=None)
def test_nothing_estimated_scores_0(piece: Piece) -> None:
    nothing = NotesAndPedal(notes_in_seconds(np.empty(0), np.empty(0), np.empty(0, np.int64)), None)
    for pair in ((nothing, NotesAndPedal(piece, None)), (NotesAndPedal(piece, None), nothing), (nothing, nothing)):
        assert set(compare(*pair, tolerances=[Tolerance()]).values()) == {0.0}


def test_pedal_scores_of_one_late_and_one_missing_press() -> None:
    notes = notes_in_seconds(np.array([0.0]), np.array([1.0]), np.array([60]))
    reference = NotesAndPedal(notes, np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    estimate = NotesAndPedal(notes, np.array([[1.04, 2.0], [3.2, 4.0]]))
    found = compare(estimate, reference, tolerances=[Tolerance()])
    assert three(found, "pedal_onset") == pytest.approx((1 / 2, 1 / 3, 0.4))
    assert found["pedal_frame_precision"] == pytest.approx(1)
    assert found["pedal_frame_recall"] == pytest.approx((0.96 + 0.8) / 3)


def test_sweeps_name_their_tolerance() -> None:
    notes = [notes_in_seconds(np.array([t]), np.array([1.0]), np.array([60])) for t in (0.0, 0.04)]
    sweep = [Tolerance(onset=onset) for onset in (0.03, 0.05)]
    found = compare(NotesAndPedal(notes[0], None), NotesAndPedal(notes[1], None), tolerances=sweep)
    assert (found["onset_f1@30ms"], found["onset_f1@50ms"]) == (0, 1)
    assert "frame_f1" in found


def test_means_are_over_the_pairs_that_have_the_score() -> None:
    rows = mean_rows([{"a": 0.0, "b": 1.0}, {"a": 1.0}], generator=np.random.default_rng(0))
    assert [(row.metric, row.value, row.n) for row in rows] == [("a", 0.5, 2), ("b", 1.0, 1)]


def test_negative_tolerances_are_refused() -> None:
    with pytest.raises(UsageError, match=r"onset must be in 0\.\.86400, not -1"):
        Tolerance(onset=-1)


def test_notes_of_a_performance_last_as_long_as_asked_and_end_where_it_is_cut() -> None:
    notes = TimedNotes(np.array([0.5, 3.0]), np.array([1.0, 3.5]), np.array([60, 62]), np.array([64, 70]))
    performance = transcript(notes, np.array([[0.6, 2.0], [2.8, 4.0]]))
    held, released = (NotesAndPedal.of(performance, extends_by_pedal=choice) for choice in (True, False))
    assert held.notes.offset.tolist() == [2.0, 4.0] and released.notes.offset.tolist() == [1.0, 3.5]
    cut = held.until(1.5)
    assert cut.notes.offset.tolist() == [1.5] and cut.pedal is not None and cut.pedal.tolist() == [[0.6, 1.5]]
    assert NotesAndPedal(held.notes, None).until(3.2).notes.offset.tolist() == [2.0, 3.2]
