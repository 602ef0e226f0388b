"""Stretches of one length, and noise in their place."""

import numpy as np
import pytest

from maestrokit.metrics import comparable
from maestrokit.metrics.piece import Piece, notes_in_seconds


def piece(seconds: float = 100.0) -> Piece:
    onset = np.arange(3.0, 3.0 + seconds, 0.5)
    notes = notes_in_seconds(onset, onset + 0.4, 40 + np.arange(len(onset)) % 50)
    return notes.replace(sounding_offset=notes.onset + 4)


def stretch(whole: Piece, seconds: float, *, seed: int = 0, extends_by_pedal: bool = True) -> Piece:
    generator = np.random.default_rng(seed)
    return comparable.stretch(whole, seconds, extends_by_pedal=extends_by_pedal, generator=generator)


@pytest.mark.parametrize("seed", range(5))
def test_a_stretch_begins_with_a_note_and_ends_in_time(seed: int) -> None:
    part = stretch(piece(), 20, seed=seed)
    assert len(part) == 40 and part.onset[0] == 0
    assert part.onset[-1] < 20 and part.sounding_offset.max() <= 20
    np.testing.assert_allclose(part.onset_bar, part.onset / 2)
    first = (part.pitch[0] - 40) % 50
    np.testing.assert_array_equal(part.pitch, 40 + (first + np.arange(40)) % 50)


def test_the_pedal_extends_all_notes_or_none() -> None:
    with_pedal, without = (stretch(piece(), 20, extends_by_pedal=choice) for choice in (True, False))
    assert (with_pedal.offset - with_pedal.onset)[0] == pytest.approx(4)
    assert (without.offset - without.onset)[0] == pytest.approx(0.4)
    for part in (with_pedal, without):
        np.testing.assert_array_equal(part.offset, part.sounding_offset)


def test_a_shorter_piece_is_whole_and_an_empty_one_stays_so() -> None:
    assert len(stretch(piece(10), 20)) == 20
    assert len(stretch(piece().select(slice(0)), 20)) == 0


def test_the_common_length_is_that_of_nearly_all_pieces_of_each_system() -> None:
    whole, generated = np.full(30, 300.0), np.array([2.0, *([29.7] * 19)])
    assert comparable.common_seconds([whole, generated]) == 29
    assert comparable.common_seconds([whole]) == comparable.LONGEST
    assert comparable.common_seconds([whole, np.array([0.5, 0.5])]) == 0.5


def test_noise_has_as_many_notes_of_the_same_lengths_at_other_times() -> None:
    whole, histogram = piece(), np.zeros(128)
    histogram[[60, 61]] = 3, 1
    noise = comparable.without_music(whole, histogram, generator=np.random.default_rng(0))
    assert set(noise.pitch) == {60, 61} and (noise.pitch == 60).mean() > 0.6
    np.testing.assert_allclose(noise.offset - noise.onset, 0.4)
    assert np.std(np.diff(noise.onset)) > 0.2 and noise.onset.min() >= whole.onset[0]
    nothing = whole.select(slice(0))
    assert len(comparable.without_music(nothing, histogram, generator=np.random.default_rng(0))) == 0
