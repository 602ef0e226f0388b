"""Stretches of one length, and noise in their place."""

import numpy as np
import pytest

from maestrokit.errors import UsageError
from maestrokit.metrics import comparable
from maestrokit.metrics.piece import Piece, notes_in_seconds


def piece(seconds: float = 100.0) -> Piece:
    onset = np.arange(3.0, 3.0 + seconds, 0.5)
    notes = notes_in_seconds(onset, onset + 0.4, 40 + np.arange(len(onset)) % 50)
    return notes.replace(sounding_offset=notes.onset + 4)


def stretch(uncut: Piece, seconds: float, *, seed: int = 0, extends_by_pedal: bool = True) -> Piece:
    generator = np.random.default_rng(seed)
    return comparable.stretch(uncut, seconds, extends_by_pedal=extends_by_pedal, generator=generator)


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
    long, generated = np.full(30, 300.0), np.array([2.0, *([29.7] * 19)])
    assert comparable.common_seconds([long, generated]) == 29
    assert comparable.common_seconds([long]) == comparable.LONGEST
    assert comparable.common_seconds([long, np.array([0.5, 0.5])]) == 0.5


def select(sizes: dict[str, int], reference: int, pieces: int | None = None) -> comparable.Selection:
    lengths = {name: [60.0] * size for name, size in sizes.items()}
    return comparable.select(lengths, [60.0] * reference, pieces=pieces, seconds=20, generator=np.random.default_rng(0))


def test_of_each_system_and_of_the_ceiling_as_many_pieces_are_compared() -> None:
    selection = select({"the reference": 4, "other": 9}, 20)
    assert [len(rows) for rows in (*selection.systems.values(), selection.ceiling)] == [4, 4, 4]
    assert sorted([*selection.ceiling, *selection.corpus]) == list(range(20))
    assert len(select({"a": 30}, 20).ceiling) == 10


@pytest.mark.parametrize(
    ("sizes", "reference", "pieces", "fact", "hint"),
    [
        ({"a": 2, "b": 9}, 20, None, "'a' has 2 pieces, and 3 are compared", "give more of it"),
        ({"a": 5}, 20, 6, "'a' has 5 pieces, and 6 are compared", "give more of it, or fewer `pieces`"),
        ({"the reference": 2}, 20, None, "'the reference' has 2 pieces, and 3 are compared", "give more of it"),
        ({"a": 9}, 5, None, "the reference has 5 pieces of 20 s, and needs 6", "half of the reference are the ceiling; "
         "give fewer `pieces`, or shorter by `seconds`"),
    ],
)  # fmt: skip
def test_what_there_is_too_little_of_is_named(
    sizes: dict[str, int], reference: int, pieces: int | None, fact: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(sizes, reference, pieces)
    assert (caught.value.fact, caught.value.hint) == (fact, hint)


def test_noise_has_as_many_notes_of_the_same_lengths_at_other_times() -> None:
    music, histogram = piece(), np.zeros(128)
    histogram[[60, 61]] = 3, 1
    noise = comparable.without_music(music, histogram, generator=np.random.default_rng(0))
    assert set(noise.pitch) == {60, 61} and (noise.pitch == 60).mean() > 0.6
    np.testing.assert_allclose(noise.offset - noise.onset, 0.4)
    assert np.std(np.diff(noise.onset)) > 0.2 and noise.onset.min() >= music.onset[0]
    nothing = music.select(slice(0))
    assert len(comparable.without_music(nothing, histogram, generator=np.random.default_rng(0))) == 0
