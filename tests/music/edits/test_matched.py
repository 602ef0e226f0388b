"""Performances in which density, loudness and the length of notes are equal."""

import numpy as np

from maestrokit.music.edits.matched import DENSITY, SOUNDING, matched
from maestrokit.music.note_arrays import TimedNotes


def performance(seed: int, *, seconds: float, softest: int) -> TimedNotes:
    generator = np.random.default_rng(seed)
    onset = np.sort(generator.uniform(3, 3 + seconds, 400))
    pitch, velocity = generator.integers(21, 109, 400), generator.integers(softest, softest + 40, 400)
    return TimedNotes(onset, onset + generator.uniform(0.1, 5, 400), pitch, velocity)


def test_density_loudness_and_lengths_are_those_of_any_other() -> None:
    sparse, dense = (matched(performance(*case, seconds=s, softest=v)) for *case, s, v in ((0, 20, 5), (1, 900, 80)))
    for notes in (sparse, dense):
        assert np.isclose(len(notes.onset) / (notes.onset[-1] - notes.onset[0]), DENSITY)
        assert np.allclose(notes.offset - notes.onset, SOUNDING)
    assert np.array_equal(np.sort(sparse.velocity), np.sort(dense.velocity))


def test_rhythm_pitches_and_which_notes_are_louder_stay() -> None:
    notes = performance(0, seconds=50, softest=20)
    even = matched(notes)
    ratio = np.diff(even.onset) / np.diff(notes.onset)
    assert np.allclose(ratio, ratio[0]) and np.array_equal(even.pitch, notes.pitch)
    louder = notes.velocity[:-1] > notes.velocity[1:]
    assert np.all((even.velocity[:-1] >= even.velocity[1:])[louder])


def test_no_notes_and_one_note_are_themselves() -> None:
    notes = performance(0, seconds=50, softest=20)
    assert len(matched(notes.select(slice(0))).onset) == 0
    assert matched(notes.select(slice(1))).onset.tolist() == [0.0]
