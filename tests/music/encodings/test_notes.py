"""Notes and events say the same; what a model reads is what a keyboard played note by note would show."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.inference.generation.keyboard import Keyboard
from maestrokit.music.encodings.events import MAXIMUM_STEPS, Encoding, encode_notes
from maestrokit.music.encodings.key_state import GROUPS
from maestrokit.music.encodings.notes import (
    DURATION_EDGES,
    END,
    LEAD,
    TIME_EDGES,
    classes,
    excerpt,
    note_sequence,
    remainder_nats,
)
from maestrokit.music.encodings.step_notes import StepNotes, louder_notes, reconciled, stretched_notes, transposed_notes

ENCODING = Encoding()


def notes_from(rows):
    """Return notes from any rows of onset, duration, key and velocity bin."""
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return reconciled(columns[0], columns[0] + columns[1], columns[2], columns[3])


ROWS = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 40), st.integers(0, 3000)),
        st.one_of(st.integers(1, 20), st.integers(1, 20000)),
        st.integers(21, 108),
        st.integers(0, 31),
    ),
    max_size=40,
)


def some_notes(count=900, seed=0):
    generator = np.random.default_rng(seed)
    onset = np.cumsum(generator.integers(0, 12, count))
    pedal = (onset // 80 + 1) * 80  # many notes end with a lift of the pedal
    offset = np.where(generator.random(count) < 0.6, pedal, onset + generator.integers(1, 60, count))
    return reconciled(onset, np.maximum(offset, onset + 1), generator.integers(30, 90, count),
                      generator.integers(0, 32, count))  # fmt: skip


@given(ROWS)
@settings(deadline=None)
def test_events_of_notes_are_notes_again(rows):
    notes = notes_from(rows)
    tokens = encode_notes(notes, ENCODING)
    back = note_sequence(tokens, ENCODING)
    assert all(np.array_equal(column, other) for column, other in zip(notes, back, strict=True))
    assert np.array_equal(encode_notes(back, ENCODING), tokens)


@given(ROWS)
@settings(deadline=None)
def test_codes_of_notes_are_notes_again(rows):
    """Each target, with its remainder, plays the note on a keyboard that knows only the notes before."""
    notes = notes_from(rows)
    inputs, targets = excerpt(notes, 0, len(notes.pitch) + 1, ENCODING)
    keyboard = Keyboard(1, ENCODING)
    for place in range(len(notes.pitch)):
        assert all(
            np.allclose(column[place], other[0]) for column, other in zip(inputs, keyboard.inputs(), strict=True)
        )
        now = int(notes.onset[place])
        delta = now - int(keyboard.last[0])
        assert TIME_EDGES[targets.time[place]] <= delta < TIME_EDGES[targets.time[place] + 1]
        assert targets.joinable[place] == keyboard.joinable()[0]
        moment = keyboard.after(np.array([delta]))
        assert np.array_equal(moment.sounding[0], targets.sounding[place])
        assert np.array_equal(moment.blocked[0], targets.blocked[place])
        assert np.allclose(moment.groups.features[0], targets.groups[place])
        key, code = targets.pitch[place], targets.duration[place]
        assert not targets.blocked[place, key]
        if code < GROUPS:
            assert moment.groups.offset[0, code] == notes.offset[place]
        else:
            lasts = notes.offset[place] - now
            assert DURATION_EDGES[code - GROUPS] <= lasts < DURATION_EDGES[code - GROUPS + 1]
        column = np.array([now]), np.array([notes.offset[place]]), np.array([key]), targets.velocity[place : place + 1]
        keyboard.play(*column)
    assert targets.time[-1] == END
    assert not targets.is_note[-1]
    assert np.count_nonzero(targets.is_note) == len(notes.pitch)


def test_an_excerpt_is_a_part_of_the_whole():
    notes = some_notes()
    all_codes = excerpt(notes, 0, len(notes.pitch) + 1, ENCODING)
    for start, stop in ((0, 5), (3, 70), (100, 400), (700, len(notes.pitch) + 1)):
        part = excerpt(notes, start, stop, ENCODING)
        for all_of, some_of in zip((*all_codes[0], *all_codes[1]), (*part[0], *part[1]), strict=True):
            assert np.allclose(all_of[start:stop], some_of, atol=0.15 if start > LEAD else 1e-6)


@pytest.mark.parametrize("edges", [TIME_EDGES, DURATION_EDGES])
def test_every_time_has_a_class_and_a_price(edges):
    values = np.concatenate([np.arange(edges[0], 3000), [MAXIMUM_STEPS, MAXIMUM_STEPS + 1]])
    found = classes(values, edges)
    assert np.all(edges[found] <= values)
    assert np.all(values < edges[found + 1])
    assert np.all(np.diff(found) >= 0)
    assert remainder_nats(classes(np.array([50]), edges), edges)[0] == 0  # half a second is exact


def test_what_pedals_end_together_is_pointed_to():
    notes = notes_from([(0, 100, 60, 9), (10, 90, 64, 9), (20, 80, 67, 9), (20, 30, 72, 9)])
    _, targets = excerpt(notes, 0, 5, ENCODING)
    assert targets.duration.tolist()[:4] == [GROUPS + 63 + 4, 0, 0, GROUPS + 29]


def test_a_chord_goes_upwards_and_its_keys_are_blocked_once():
    notes = notes_from([(0, 50, 60, 9), (0, 50, 64, 9)])
    _, targets = excerpt(notes, 0, 3, ENCODING)
    assert not targets.blocked[0].any()
    assert np.array_equal(np.flatnonzero(targets.blocked[1]), np.arange(60 - 21 + 1))
    assert targets.time.tolist() == [0, 0, END]


def test_a_piece_without_notes_is_a_begin_and_an_end():
    nothing = notes_from([])
    inputs, targets = excerpt(nothing, 0, 1, ENCODING)
    assert len(inputs.time) == 1
    assert targets.time.tolist() == [END]


@given(ROWS, st.floats(0.9, 1.1), st.integers(-5, 5), st.integers(-3, 3))
@settings(deadline=None)
def test_varied_notes_are_notes_of_a_piano(rows, factor, semitones, bins):
    notes = stretched_notes(notes_from(rows), factor)
    notes = louder_notes(transposed_notes(notes, semitones, lowest=21, highest=108), bins, velocity_bins=32)
    assert np.all((notes.pitch >= 21) & (notes.pitch <= 108))
    assert np.all((notes.velocity_bin >= 0) & (notes.velocity_bin < 32))
    again = reconciled(*notes)
    assert all(np.array_equal(column, other) for column, other in zip(notes, again, strict=True))
    assert isinstance(notes, StepNotes)
