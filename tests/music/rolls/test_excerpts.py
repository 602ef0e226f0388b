"""Excerpts as rolls: what begins, what sounds, and what transposition and tempo do to them."""

import numpy as np

from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import LOWEST_PITCH
from maestrokit.music.rolls.excerpts import FRAMES, HOP, ExcerptVariation, roll_of

NOTES = TimedNotes(
    np.array([0.0, 1.0, 1.0, 30.0]), np.array([2.0, 1.1, 25.0, 31.0]), np.array([60, 62, 108, 60]),
    np.array([127, 64, 1, 90]),
)  # fmt: skip
C, D, TOP = 60 - LOWEST_PITCH, 62 - LOWEST_PITCH, 87


def test_a_note_begins_in_one_frame_and_sounds_to_its_end() -> None:
    onset, sounding = roll_of(NOTES, 0.0)
    assert onset.shape == sounding.shape == (FRAMES, 88)
    assert onset[0, C] == 1.0 and np.isclose(onset[20, D], 64 / 127) and np.count_nonzero(onset) == 3
    assert sounding[:, C].sum() == 2.0 / HOP and sounding[:, D].sum() == 2 and sounding[20:, TOP].all()


def test_what_began_before_an_excerpt_sounds_in_it_and_what_comes_after_is_not_there() -> None:
    onset, sounding = roll_of(NOTES, 1.5)
    assert not onset.any()
    assert sounding[:10, C].all() and not sounding[10:, C].any() and sounding[:, TOP].all()


def test_transposition_moves_keys_and_leaves_out_those_beyond_the_piano() -> None:
    onset, sounding = roll_of(NOTES, 0.0, ExcerptVariation(semitones=2))
    assert onset[0, D] == 1.0 and np.count_nonzero(onset) == 2 and not sounding[:, TOP].any()


def test_a_faster_tempo_brings_more_music_into_an_excerpt() -> None:
    onset, sounding = roll_of(NOTES, 0.0, ExcerptVariation(tempo=2.0))
    assert onset[10, D] and sounding[:, C].sum() == 20 + 10 and onset[300, C]
