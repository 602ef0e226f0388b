import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.music.rolls.frames import event_counts, frame_count, frame_spans, held_values, piano_roll, sounding_time

HOP = 0.02
times = st.floats(0, 20, allow_nan=False)
spans = st.lists(st.tuples(times, st.floats(0, 5)), max_size=30)


def columns(pairs):
    onset = np.array([start for start, _ in pairs])
    return onset, onset + np.array([length for _, length in pairs])


@given(spans)
@settings(max_examples=50)
def test_every_note_is_in_at_least_one_frame_and_in_all_that_it_touches(pairs):
    onset, offset = columns(pairs)
    first, after = frame_spans(onset, offset, hop=HOP)
    assert (after > first).all()
    assert (first * HOP <= onset + 1e-6).all()
    assert (after * HOP >= offset - 1e-6).all()
    assert ((after - first - 2) * HOP <= offset - onset + 1e-6).all()


def test_times_on_the_edge_of_a_frame_stay_on_their_side():
    onset = np.arange(1000) * HOP
    first, after = frame_spans(onset, onset + HOP, hop=HOP)
    assert first.tolist() == list(range(1000))
    assert after.tolist() == list(range(1, 1001))


def test_roll_holds_velocities_on_keys():
    roll = piano_roll([0.0, 0.5], [0.5, 1.0], [21, 108], [10, 90], hop=0.1, frames=10)
    assert roll.shape == (10, 88)
    assert roll[:, 0].tolist() == [10] * 5 + [0] * 5
    assert roll[:, 87].tolist() == [0] * 5 + [90] * 5
    assert roll.sum() == 500


def test_roll_leaves_out_other_keys_and_cuts_other_times():
    roll = piano_roll([-1.0, 0.0, 5.0], [9.0, 1.0, 6.0], [60, 20, 60], [1, 2, 3], hop=0.1, frames=10)
    assert roll[:, 60 - 21].tolist() == [1] * 10
    assert roll.sum() == 10


def test_later_note_wins_where_notes_of_a_key_share_a_frame():
    roll = piano_roll([0.0, 0.15], [0.15, 0.2], [60, 60], [1, 2], hop=0.1, frames=2)
    assert roll[:, 60 - 21].tolist() == [1, 2]


@given(spans)
@settings(max_examples=50)
def test_sounding_time_adds_up_to_the_durations(pairs):
    onset, offset = columns(pairs)
    seconds = sounding_time(onset, offset, hop=1.0, frames=26)
    assert seconds.shape == (26,)
    assert np.isclose(seconds.sum(), (offset - onset).sum())
    expected = [np.clip(np.minimum(offset, i + 1) - np.maximum(onset, i), 0, None).sum() for i in range(26)]
    assert np.allclose(seconds, expected)


@given(st.lists(times, max_size=40))
@settings(max_examples=30)
def test_each_event_is_counted_once(onsets):
    counts = event_counts(np.array(onsets), hop=HOP, frames=frame_count(21, hop=HOP))
    assert counts.sum() == len(onsets)


def test_events_outside_the_frames_are_not_counted():
    assert event_counts([-1.0, 0.0, 3.0], hop=1.0, frames=2).tolist() == [1, 0]


def test_nothing_makes_an_empty_roll():
    assert piano_roll([], [], [], [], hop=HOP, frames=3).sum() == 0
    assert frame_count(0, hop=HOP) == 0
    assert held_values([], [], [1.0]).tolist() == [0]
