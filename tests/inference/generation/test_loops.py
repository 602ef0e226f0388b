"""A pattern of a few notes ends after some seconds, unless nothing else can be played."""

import numpy as np
import pytest

from maestrokit.inference.generation.keyboard import Keyboard
from maestrokit.inference.generation.loops import LONGEST, Loops
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.piano_range import KEYS

STEP = 0.01


def played(keys: list[int], *, apart: int = 50) -> tuple[Loops, int]:
    """Return the loops after notes of one performance, and the onset of the next."""
    loops = Loops(1)
    for number, key in enumerate(keys):
        loops.add(np.array([apart * number]), np.array([key]))
    return loops, apart * len(keys)


@pytest.mark.parametrize("pattern", [[40], [40, 43], [40, 43, 47]])
def test_a_loop_goes_on_for_some_seconds_only(pattern: list[int]) -> None:
    for times in range(1, 20):
        loops, now = played([1, 2, 3, *pattern * times])
        lasts = (now - 3 * 50) * STEP
        expected = np.arange(KEYS) == pattern[0] if lasts > LONGEST and times >= 3 else np.zeros(KEYS, bool)
        np.testing.assert_array_equal(loops.continuing(np.array([now]), step=STEP)[0], expected)


def test_what_repeats_nothing_or_a_longer_pattern_is_no_loop() -> None:
    for keys in (list(range(60)), [40, 43, 47, 50] * 15, [40, 41], [40, 41, 40, 42] * 10):
        loops, now = played(keys, apart=400)
        assert not loops.continuing(np.array([now]), step=STEP).any()


def test_performances_are_apart_and_some_can_be_dropped() -> None:
    loops = Loops(2)
    for number in range(20):
        loops.add(np.full(2, 50 * number), np.array([number, 40]))
    assert loops.continuing(np.full(2, 1000), step=STEP).any(axis=1).tolist() == [False, True]
    loops.keep(np.array([False, True]))
    assert np.flatnonzero(loops.continuing(np.array([1000]), step=STEP)[0]).tolist() == [40]


@pytest.mark.parametrize("free", [[40], [40, 50]])
def test_another_key_is_preferred_if_there_is_one(free: list[int]) -> None:
    keyboard = Keyboard(1, Encoding())
    for number in range(20):
        onset = np.array([50 * number])
        keyboard.play(onset, onset + 10, np.array([40]), np.array([16]))
    upcoming = keyboard.after(np.array([50]))
    upcoming = upcoming._replace(blocked=~np.isin(np.arange(KEYS), free)[None])
    assert np.flatnonzero(keyboard.preferable(upcoming)[0]).tolist() == [free[-1]]
