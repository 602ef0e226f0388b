"""Notes and pedal that agree: letting the pedal extend the notes changes none that the pedal ended."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.files.midi import parse_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.music.edits.pedalling import TOGETHER, reconcile_with_pedal, sounding_notes, with_key_releases
from maestrokit.music.note_arrays import TimedNotes, timed_notes

# no two strokes at once: a key cannot be struck twice
NOTES = st.lists(
    st.tuples(st.floats(0, 10), st.floats(0.05, 3)), min_size=1, max_size=8, unique_by=lambda note: note[0]
)
PEDAL = st.lists(st.floats(0.12, 2), max_size=8)


def notes_and_pedal(notes: list[tuple[float, float]], moves: list[float]) -> tuple[TimedNotes, np.ndarray]:
    """Return notes of three keys, sorted, and intervals of the pedal."""
    onset, length = np.array(sorted(notes)).T
    pitch = 40 + np.arange(len(onset)) % 3
    again = np.array(
        [min([9e9, *onset[(pitch == key) & (onset > time)]]) for key, time in zip(pitch, onset, strict=True)]
    )
    lasting = np.minimum(onset + length, again)
    rows = lasting - onset >= 0.03  # as transcriptions have it: no shorter notes, and none goes on when struck again
    written = TimedNotes(onset[rows], lasting[rows], pitch[rows], np.full(int(rows.sum()), 64))
    return written, np.cumsum(moves[: len(moves) // 2 * 2]).reshape(-1, 2)


@settings(max_examples=60)
@given(notes=NOTES, moves=PEDAL, tempo=st.none() | st.floats(10, 400))
def test_notes_that_end_with_the_pedal_or_beside_it_come_back_as_written(
    notes: list[tuple[float, float]], moves: list[float], tempo: float | None
) -> None:
    told, pedal = reconcile_with_pedal(*notes_and_pedal(notes, moves))
    back = parse_midi(dump_midi(transcript(told, pedal, tempo=tempo)), name="x")
    held, written = (timed_notes(back, pedal_extends=extends).offset for extends in (True, False))
    inside = np.zeros(len(written), bool)
    for down, up in pedal:
        inside |= (written > down + 0.003) & (written < up - TOGETHER + 0.001)  # rounded to a tick
    assert np.array_equal(held[~inside], written[~inside])


@settings(max_examples=60)
@given(notes=NOTES, moves=PEDAL)
def test_notes_sound_as_long_as_a_reader_of_the_pedal_reads_them(
    notes: list[tuple[float, float]], moves: list[float]
) -> None:
    told, pedal = reconcile_with_pedal(*notes_and_pedal(notes, moves))
    ticks = TimedNotes(*(np.rint(told[i] * 1000) / 1000 for i in (0, 1)), told.pitch, told.velocity)
    pedal = np.rint(pedal * 1000) / 1000
    back = parse_midi(dump_midi(transcript(ticks, pedal)), name="x")
    sounding = sounding_notes(ticks, pedal).offset
    np.testing.assert_allclose(np.sort(timed_notes(back, pedal_extends=True).offset), np.sort(sounding), atol=0.0011)


@settings(max_examples=60)
@given(notes=NOTES, moves=PEDAL)
def test_little_is_moved(notes: list[tuple[float, float]], moves: list[float]) -> None:
    before, pedal = notes_and_pedal(notes, moves)
    told, moved = reconcile_with_pedal(before, pedal)
    pedal = np.array([span for span in pedal if ((before.onset < span[1]) & (before.offset > span[0])).any()])
    pedal = pedal.reshape(-1, 2)
    assert np.array_equal(told.onset, before.onset) and (told.offset > told.onset).all()
    assert np.abs(told.offset - before.offset).max() <= TOGETHER + 1e-9
    assert np.abs(moved - pedal).max(initial=0) <= TOGETHER + 0.003
    assert (np.diff(moved.ravel()) > 0).all()


@settings(max_examples=60)
@given(notes=NOTES, moves=PEDAL)
def test_without_pedal_notes_are_never_longer_nor_gone(notes: list[tuple[float, float]], moves: list[float]) -> None:
    before, pedal = notes_and_pedal(notes, moves)
    after = with_key_releases(before, pedal)
    assert (after.offset <= before.offset).all() and (after.offset > after.onset).all()
    if not len(pedal):
        assert np.array_equal(after.offset, before.offset)


def test_a_key_struck_again_ends_its_note_whatever_the_pedal() -> None:
    onset = np.array([0.0, 0.9, 2.0])
    notes = TimedNotes(onset, np.array([0.885, 1.5, 2.4]), np.full(3, 60), np.full(3, 64))
    told, pedal = reconcile_with_pedal(notes, np.array([[0.2, 0.92], [1.7, 3.0]]))
    assert told.offset.tolist() == [0.9, 1.5, 2.4] and np.array_equal(pedal, [[0.2, 0.92], [1.7, 3.0]])


def test_a_chord_is_let_go_as_one_when_the_next_is_struck() -> None:
    onset = np.array([0.0, 0.01, 0.02, 1.0])
    notes = TimedNotes(onset, np.array([1.9, 1.9, 1.9, 1.5]), np.array([60, 64, 67, 72]), np.full(4, 64))
    assert with_key_releases(notes, np.array([[0.5, 1.9]])).offset.tolist() == [1.0, 1.0, 1.0, 1.5]
    late = with_key_releases(notes, np.array([[1.2, 1.9]])).offset.tolist()
    assert late == [1.9, 1.9, 1.9, 1.5]  # nothing is struck after the pedal went down
