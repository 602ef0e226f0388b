"""The quick running order: against a sort by three keys."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.music.event_order import by_order, running_order

huge = st.sampled_from([0, 1, 2**40, 2**61])
events = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20) | huge, st.integers(-2, 40) | huge), max_size=40)


@settings(max_examples=100)
@given(events)
def test_any_events_come_as_a_sort_by_three_keys_has_them(rows: list[tuple[int, int, int]]) -> None:
    track, tick, order = np.array(rows, np.int64).reshape(-1, 3).T
    assert running_order(track, tick, order).tolist() == np.lexsort((order, tick, track)).tolist()


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3), max_size=40), st.randoms())
def test_orders_that_are_places_are_followed(tracks: list[int], generator: object) -> None:
    track = np.array(tracks, np.int64)
    order = np.array([tracks[:row].count(number) for row, number in enumerate(tracks)], np.int64)
    shuffled = np.array(generator.sample(range(len(tracks)), len(tracks)), np.int64)  # type: ignore[attr-defined]
    rows = by_order(track[shuffled], order[shuffled])
    assert shuffled[rows].tolist() == np.lexsort((order, track)).tolist()
