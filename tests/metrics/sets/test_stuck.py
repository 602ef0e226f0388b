"""Loops are patterns of one to three notes; silences are what no note and no pedal sounds in."""

import numpy as np
import pytest

from maestrokit.metrics.piece import Piece, notes_in_seconds
from maestrokit.metrics.sets.stuck import longest_loop, longest_silence


def played(pitches: list[int], *, step: float = 0.5, lasting: float = 0.25) -> Piece:
    onset = np.arange(len(pitches)) * step
    return notes_in_seconds(onset, onset + lasting, np.array(pitches, np.int64))


def random(count: int) -> list[int]:
    """Return distinct pitches, so that nothing repeats."""
    return np.random.default_rng(0).permutation(np.arange(21, 109))[:count].tolist()


@pytest.mark.parametrize(
    ("pattern", "times", "seconds"),
    [([60], 9, 4.0), ([60, 62], 4, 3.5), ([60, 62, 64], 3, 4.0), ([60, 62, 64], 2, 0.0), ([60, 62, 64, 65], 5, 0.0)],
)
def test_a_loop_lasts_from_its_first_onset_to_its_last(pattern: list[int], times: int, seconds: float) -> None:
    around = [pitch for pitch in random(60) if pitch not in pattern]
    assert longest_loop(played([*around[:20], *pattern * times, *around[20:40]])) == pytest.approx([seconds])


def test_the_longest_of_several_loops_counts_and_neither_tempo_nor_key_matter() -> None:
    two = [60, 60, 60, 50, 70, 70, 70, 70, 51]
    assert longest_loop(played(two)) == pytest.approx([1.5])
    assert longest_loop(played([pitch + 7 for pitch in two], step=1.0)) == pytest.approx([3.0])


def test_repeated_chords_are_a_loop_however_they_are_spread() -> None:
    order = np.random.default_rng(1).permuted(np.tile([60, 64, 67], (5, 1)), axis=1)
    onset = (np.arange(5)[:, None] + [0.0, 0.01, 0.02]).ravel()
    piece = notes_in_seconds(onset, onset + 0.5, order.ravel())
    assert longest_loop(piece) == pytest.approx([4.0], abs=0.05)


def test_a_silence_is_where_nothing_sounds() -> None:
    piece = notes_in_seconds(np.array([0.0, 1.0, 5.0, 6.0]), np.array([4.5, 1.5, 5.2, 7.0]), np.array([60, 62, 64, 65]))
    assert longest_silence(piece) == pytest.approx([0.8])
    held = piece.replace(sounding_offset=np.array([4.5, 1.5, 6.0, 7.0]))
    assert longest_silence(held) == pytest.approx([0.5])


def test_a_single_note_has_neither_and_no_note_has_no_value() -> None:
    assert longest_loop(played([60])) == longest_silence(played([60])) == [0.0]
    assert np.isnan(longest_loop(played([]))) and np.isnan(longest_silence(played([])))
