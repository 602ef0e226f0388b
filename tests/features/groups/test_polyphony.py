import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit import features
from maestrokit.features.groups.polyphony import pitches_at_once
from scenes import scene

notes = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.integers(58, 62)), max_size=25)


@given(notes)
@settings(max_examples=40)
def test_steps_count_different_pitches(rows):
    onset, length, pitch = (np.array([row[i] for row in rows], np.int64) for i in range(3))
    time, count = pitches_at_once(onset * 1.0, (onset + length) * 1.0, pitch)
    assert (np.diff(time) > 0).all()
    for moment in np.arange(50) + 0.5:
        expected = len(set(pitch[(onset < moment) & (moment < onset + length)].tolist()))
        step = np.searchsorted(time, moment) - 1
        assert (count[step] if step >= 0 else 0) == expected


def test_overlapping_notes_of_one_pitch_are_one():
    view = features.note_view(scene([(0, 4, 60, 64), (1, 2, 60, 64), (1, 3, 67, 64)], end=8.0))
    keys = features.describe(view, names=["polyphony"])["polyphony"]["keys"]
    assert keys == {"mean": 1.5, "maximum": 2, "rate": 0.25, "silence": 0.5}


def test_pedal_is_heard_in_sounding_only():
    view = features.note_view(scene([(0, 1, 60, 64), (1, 2, 64, 64)], controls=[(0.5, 64, 127), (3.0, 64, 0)], end=4.0))
    polyphony = features.describe(view, names=["polyphony"])["polyphony"]
    assert polyphony["keys"]["maximum"] == 1
    assert polyphony["sounding"] == {"mean": 1.666667, "maximum": 2, "rate": 0.5, "silence": 0.25}


def test_frames_hold_the_count_at_their_start():
    view = features.note_view(scene([(0, 1, 60, 64), (0.5, 1, 64, 64)], end=2.0))
    series = features.frames(view, names=["polyphony"], hop=0.25)
    assert series["keys_down"].tolist() == [1, 1, 2, 2, 0, 0, 0, 0]
