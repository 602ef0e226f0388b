"""How many listeners a difference needs, against simulated tests."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from maestrokit.metrics.ratings.panel import Measure, Panel
from maestrokit.metrics.ratings.power import Spread, listeners_needed, power, spread_of


def test_simulated_tests_find_the_difference_as_often_as_is_said() -> None:
    spread, clips, difference = Spread(0.0, 0.25, 0.64), 8, 0.5
    listeners = listeners_needed(difference, spread, clips=clips)
    assert listeners is not None
    generator = np.random.default_rng(0)
    sizes = 4000, listeners
    deviation = np.sqrt(2 * (spread.listeners + spread.residual / clips))
    found = ttest_1samp(difference + deviation * generator.normal(size=sizes), 0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(power(difference, spread, listeners=listeners, clips=clips), abs=0.02)
    assert power(difference, spread, listeners=listeners - 1, clips=clips) < 0.8


def test_no_number_of_listeners_makes_up_for_too_few_clips() -> None:
    spread = Spread(0.36, 0.25, 0.64)
    assert listeners_needed(0.5, spread, clips=4) is None
    assert listeners_needed(0.5, spread, clips=40) is not None


def test_power_grows_with_listeners_clips_and_difference() -> None:
    spread = Spread(0.1, 0.25, 0.64)
    by_listeners = [power(0.4, spread, listeners=count, clips=8) for count in (5, 20, 80, 1e6)]
    by_clips = [power(0.4, spread, listeners=20, clips=count) for count in (4, 8, 16, 200)]
    assert by_listeners == sorted(by_listeners) and by_clips == sorted(by_clips)
    assert power(1e6, spread, listeners=5, clips=4) == pytest.approx(1)


def test_spread_of_a_panel_is_found() -> None:
    generator = np.random.default_rng(1)
    shape = 3, 400, 40
    of_clips = generator.normal(0, 0.5, (3, 1, 40))
    ratings = (
        of_clips
        + generator.normal(0, 1.0, (1, 400, 1))
        + generator.normal(0, 0.4, (3, 400, 1))
        + generator.normal(0, 0.8, shape)
    )
    rated = ratings[None]
    panel = Panel(
        [Measure("quality", 0, 100)], ["a", "b", "c"], [""] * 400, rated, rated, np.full((1, 3, 3, 400, 40), np.nan),
        np.ones((400, 3)), np.ones(400, bool),
    )  # fmt: skip
    spread = spread_of(panel, 0)
    assert spread.clips == pytest.approx(of_clips.var(axis=2, ddof=1).mean(), rel=0.05)
    assert spread.residual == pytest.approx(0.64, rel=0.02)
    assert spread.listeners == pytest.approx(0.16, rel=0.15)
