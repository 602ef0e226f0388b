"""Rolls of cells hold notes, but for where between two cells they end."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH
from maestrokit.music.rolls.cells import CELL, CELLS, PLANES, SEGMENT, cells_of, notes_of_cells

BINS = 32


def notes(*rows):
    """Return notes from (onset, offset, pitch, velocity bin)."""
    return StepNotes(*np.array(rows, np.int64).reshape(-1, 4).T)


def same(first, second):
    return all(np.array_equal(*columns) for columns in zip(first, second, strict=True))


@st.composite
def sequences(draw):
    """Draw notes, at most one onset of a key in a cell, that end between cells."""
    rows = []
    for key in draw(st.lists(st.integers(0, KEYS - 1), unique=True, max_size=4)):
        cells = sorted(draw(st.sets(st.integers(0, CELLS - 1), max_size=8)))
        for first, following in itertools.pairwise([*cells, CELLS]):
            onset = CELL * first + draw(st.integers(0, CELL - 1))
            offset = CELL * draw(st.integers(first + 1, following))
            rows.append((onset, offset, key + LOWEST_PITCH, draw(st.integers(0, BINS - 1))))
    return notes(*sorted(rows, key=lambda row: (row[0], row[2])))


@given(sequences())
def test_notes_there_and_back_are_the_same(sequence):
    rolls = cells_of(sequence, start=0, cells=CELLS, velocity_bins=BINS)
    back = notes_of_cells(rolls, velocity_bins=BINS)
    assert same(back, sequence)
    assert np.array_equal(cells_of(back, start=0, cells=CELLS, velocity_bins=BINS), rolls)


def test_planes_hold_onsets_lengths_velocities_and_places():
    rolls = cells_of(notes((7, 15, 60, 20)), start=0, cells=4, velocity_bins=BINS)
    key = 60 - LOWEST_PITCH
    assert rolls.shape == (len(PLANES), 4, KEYS) and rolls[:, :, np.arange(KEYS) != key].sum() == 0
    assert rolls[0, :, key].tolist() == [0, 1, 0, 0] and rolls[1, :, key].tolist() == [0, 1, 1, 0]
    assert rolls[2, 1, key] == np.float32(20.5 / 32) and rolls[3, 1, key] == np.float32(2.5 / 5)


def test_what_sounds_at_the_beginning_of_a_span_has_no_onset_there_and_goes_on():
    sequence = notes((SEGMENT - 8, SEGMENT + 15, 60, 9), (SEGMENT + 20, SEGMENT + 25, 64, 9))
    first = cells_of(sequence, start=0, cells=CELLS, velocity_bins=BINS)
    second = cells_of(sequence, start=SEGMENT, cells=CELLS, velocity_bins=BINS)
    key = 60 - LOWEST_PITCH
    assert second[0, :, key].sum() == 0 and second[1, :4, key].tolist() == [1, 1, 1, 0]
    assert same(notes_of_cells(np.concatenate((first, second), axis=1), velocity_bins=BINS), sequence)
    assert notes_of_cells(second, velocity_bins=BINS).pitch.tolist() == [64]


def test_of_two_onsets_of_a_key_in_a_cell_the_louder_counts():
    rolls = cells_of(notes((0, 2, 60, 30), (3, 20, 60, 10)), start=0, cells=8, velocity_bins=BINS)
    assert same(notes_of_cells(rolls, velocity_bins=BINS), notes((0, 20, 60, 30)))


def test_a_note_is_at_least_a_cell_long_and_ends_before_its_key_is_struck_again():
    rolls = cells_of(notes((4, 5, 60, 1), (13, 14, 60, 1), (0, 40, 110, 1)), start=0, cells=8, velocity_bins=BINS)
    assert same(notes_of_cells(rolls, velocity_bins=BINS), notes((4, 5, 60, 1), (13, 15, 60, 1)))
