"""Rolls of performances in steps of 100 ms."""

import numpy as np

from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.rolls.segments import rolls_of

NOTES = TimedNotes(
    np.array([0.05, 0.31, 0.9]), np.array([0.25, 0.35, 1.5]), np.array([60, 64, 21]), np.array([127, 64, 32])
)


def set_cells(roll):
    return np.argwhere(roll > 0).tolist()


def test_a_note_begins_in_a_step_and_sounds_in_all_that_it_touches():
    rolls = rolls_of(NOTES, steps=10)
    assert set_cells(rolls[0]) == [[0, 39], [3, 43], [9, 0]]
    assert set_cells(rolls[1]) == [[0, 39], [1, 39], [2, 39], [3, 43], [9, 0]]
    assert (rolls[2][rolls[0] > 0] * 127).round().tolist() == [127, 64, 32]


def test_a_span_that_begins_later_has_what_still_sounds_but_not_its_onset():
    rolls = rolls_of(NOTES, start=0.2, steps=2)
    assert not set_cells(rolls[0][:1]) and set_cells(rolls[0]) == [[1, 43]]
    assert set_cells(rolls[1]) == [[0, 39], [1, 43]]


def test_transposed_and_faster():
    rolls = rolls_of(NOTES, steps=5, semitones=-1, tempo=2.0)
    assert set_cells(rolls[0]) == [[0, 38], [1, 42]]  # the lowest key has left the piano
    assert set_cells(rolls[1]) == [[0, 38], [1, 38], [1, 42]]
