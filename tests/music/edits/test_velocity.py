"""Velocity normalisation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import UsageError
from maestrokit.music.edits.velocity import (
    normalized_velocities,
    parse_velocity_range,
    velocity_range,
    with_normalized_velocity,
)
from maestrokit.music.performance import Performance
from strategies import performances

velocities = st.lists(st.integers(1, 127), max_size=30)


@given(velocities, st.integers(0, 127), st.integers(0, 127))
def test_normal_velocities_are_within_0_and_1(values: list[int], lowest: int, highest: int) -> None:
    normal, outside = normalized_velocities(values, lowest, highest)
    assert ((normal >= 0) & (normal <= 1)).all()
    assert outside == sum(not lowest <= value <= highest for value in values)


@given(velocities.filter(lambda values: len(set(values)) > 1))
def test_the_own_range_is_spread_onto_0_to_1_in_proportion(values: list[int]) -> None:
    normal, outside = normalized_velocities(values, min(values), max(values))
    assert (normal.min(), normal.max(), outside) == (0, 1, 0)
    assert np.allclose(normal * (max(values) - min(values)) + min(values), values)


@settings(max_examples=40)
@given(performances(max_notes=6), performances(max_notes=6))
def test_a_corpus_normalised_by_its_range_has_the_whole_range_and_stays_so(
    first: Performance, second: Performance
) -> None:
    lowest, highest = velocity_range([first, second])
    louder = [with_normalized_velocity(performance, lowest, highest) for performance in (first, second)]
    assert [outside for _, outside in louder] == [0, 0]
    once = [performance for performance, _ in louder]
    new_range = velocity_range(once)
    if lowest < highest:
        assert new_range == (1, 127)
        assert [with_normalized_velocity(performance, *new_range)[0] for performance in once] == once
    for before, after in zip((first, second), once, strict=True):
        assert before.replace(notes=before.notes.replace(velocity=after.notes.velocity)) == after


@settings(max_examples=40)
@given(performances(max_notes=6), performances(max_notes=6))
def test_ranges_of_parts_make_the_range_of_the_whole(first: Performance, second: Performance) -> None:
    (a, b), (c, d) = velocity_range([first]), velocity_range([second])
    assert velocity_range([first, second]) == (min(a, c), max(b, d))


@pytest.mark.parametrize("value", [1, 64, 127])
def test_a_constant_velocity_becomes_the_middle(value: int) -> None:
    normal, outside = normalized_velocities([value, value], value, value)
    assert (normal.tolist(), outside) == ([0.5, 0.5], 0)


@pytest.mark.parametrize("text", ["", "20", "110,20", "20,20", "-1,20", "0,128", "1,2,3", "a,b", "²,³"])
def test_texts_that_are_no_ranges(text: str) -> None:
    with pytest.raises(UsageError, match="no range"):
        parse_velocity_range(text)
