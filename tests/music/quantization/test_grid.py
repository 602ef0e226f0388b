"""Grids: the nearest point, in exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestrokit.errors import UsageError
from maestrokit.music.quantization.grid import Grid, parse_note_values, point_after, snapped
from maestrokit.music.timing import TempoMap

steps = st.fractions(min_value=Fraction(1, 50), max_value=2000, max_denominator=1000)
ticks = st.lists(st.integers(0, 10**9), min_size=1, max_size=20).map(lambda values: np.array(sorted(values), np.int64))


@given(ticks, steps)
def test_snapped_is_the_tick_nearest_to_the_exact_nearest_point(tick: np.ndarray, step: Fraction) -> None:
    for place, result in zip(tick.tolist(), snapped(tick, [Grid(step)]).tolist(), strict=True):
        point = Fraction(result) / step
        near = {round(step * (int(point) + n)) for n in range(-1, 3)}
        assert result in near  # it is a tick of the grid
        nearest = min(abs(step * (int(place / step) + n) - place) for n in range(2))
        assert abs(result - place) <= nearest + Fraction(1, 2)


@given(ticks, st.lists(steps, min_size=1, max_size=3), st.sampled_from([0.5, 0.6, 2 / 3, 0.9]))
def test_snapping_keeps_order_and_twice_is_once(tick: np.ndarray, spans: list[Fraction], swing: float) -> None:
    grids = [Grid(step, swing=swing) for step in spans]
    once = snapped(tick, grids)
    assert (np.diff(once) >= 0).all()
    assert snapped(once, grids).tolist() == once.tolist()


@given(ticks, st.lists(steps, min_size=1, max_size=3))
def test_the_point_after_a_tick_is_a_later_tick_of_the_grid(tick: np.ndarray, spans: list[Fraction]) -> None:
    grids = [Grid(step) for step in spans]
    after = point_after(tick, grids)
    assert (after > tick).all()
    assert snapped(after, grids).tolist() == after.tolist()
    assert (after - tick <= min(spans) + 1).all()


def test_the_later_of_two_equally_near_points() -> None:
    assert snapped(np.array([60, 180]), [Grid(Fraction(120))]).tolist() == [120, 240]


def test_points_counted_from_an_origin() -> None:
    origin = np.array([7, 7])
    assert snapped(np.array([100, 200]), [Grid(Fraction(120))], origin=origin).tolist() == [127, 247]


@pytest.mark.parametrize("text", ["", "1/0", "0", "0/4", "1/16,", "-1/4", "1/4097", "x", "1/16 1/12", "1/1/1"])
def test_texts_that_are_no_note_values(text: str) -> None:
    with pytest.raises(UsageError, match="no note value"):
        parse_note_values(text)


@pytest.mark.parametrize(("text", "hint"), [("16", "did you mean 1/16?"), ("1/4,12", "did you mean 1/12?"),
                                            ("16/1", "did you mean 1/16?"), ("3/2", "for example 1/16")])  # fmt: skip
def test_note_values_above_a_whole_note_are_refused(text: str, hint: str) -> None:
    with pytest.raises(UsageError, match="more than a whole note") as caught:
        parse_note_values(text)
    assert hint in caught.value.hint


def test_the_longest_note_value_is_a_whole_note() -> None:
    assert parse_note_values("1,1/1,2/2") == (1, 1, 1)


@pytest.mark.parametrize("seed", range(12))
def test_one_grid_snaps_like_the_same_one_twice(seed: int) -> None:
    """Of one straight grid only ticks near the middle of two points are compared with both."""
    generator = np.random.default_rng(seed)
    tick = generator.integers(0, 20000, 2000)
    origin = generator.integers(0, 20000, 2000) if seed % 3 else np.array([int(generator.integers(0, 500))])
    if seed % 2:
        change = np.array([0, 700, 3000])
        per_tick = generator.uniform(2e-4, 3e-3, 3)
        second = np.concatenate([[0.0], np.cumsum(np.diff(change) * per_tick[:-1])])
        grid = Grid(Fraction(int(generator.integers(1, 60)), 1000), TempoMap(change, second, per_tick))
    else:
        grid = Grid(Fraction(int(generator.integers(1, 2000)), int(generator.integers(1, 12))))
    assert np.array_equal(snapped(tick, [grid], origin=origin), snapped(tick, [grid, grid], origin=origin))
