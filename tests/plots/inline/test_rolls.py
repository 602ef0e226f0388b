"""Piano rolls inside a page."""

import numpy as np

from maestrokit.music.note_arrays import TimedNotes
from maestrokit.plots.inline.rolls import keys, piano_roll, truth_and_estimate

NOTES = TimedNotes(np.array([0.0, 1.0]), np.array([0.5, 1.001]), np.array([60, 72]), np.array([30, 100]))


def test_a_note_is_a_rectangle_of_a_semitone_in_hundredths_of_a_second() -> None:
    lowest, highest = keys(NOTES)
    svg = piano_roll(NOTES, seconds=2.0, label="roll")
    assert f'<path class="v0" d="M0 {highest - 60}h50v1h-50z"/>' in svg
    assert f'<path class="v3" d="M100 {highest - 72}h2v1h-2z"/>' in svg  # none is too short to be seen
    assert f'viewBox="0 0 200 {highest - lowest + 1}"' in svg and 'class="head"' in svg


def test_keys_are_around_the_notes_and_never_few() -> None:
    assert keys(NOTES) == (54, 78)
    wide = NOTES._replace(pitch=np.array([21, 108]))
    assert keys(wide) == (19, 110)


def test_truth_and_estimate_tell_hits_from_errors() -> None:
    found = NOTES._replace(pitch=np.array([60, 64]))
    svg = truth_and_estimate(
        NOTES, found, is_hit=np.array([True, False]), is_right=np.array([True, False]), seconds=2.0, start=0.0,
        label="x", spectrum=np.ones((4, 88)),
    )  # fmt: skip
    highest = keys(NOTES)[1]
    assert f'<path class="hit" d="M0 {highest - 60}h50v1h-50z"/>' in svg
    assert f'<path class="missed" d="M100 {highest - 72}.3h2v.4h-2z"/>' in svg
    assert f'<path class="additional" d="M100 {highest - 64}h2v1h-2z"/>' in svg
    assert svg.count("<image") == 1
