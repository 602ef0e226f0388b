"""Values with their intervals on one scale."""

import re

import pytest

from maestrokit.metrics.contract import SHARE
from maestrokit.plots.inline.marks import Mark, interval_marks


def positions(svg: str) -> list[float]:
    return [float(text) for text in re.findall(r'cx="([0-9.]+)%"', svg)]


def test_equal_bounds_are_one_scale() -> None:
    low, high = (
        positions(interval_marks([Mark(value)], label="", reference=1.0, bounds=SHARE))[0] for value in (0.2, 0.9)
    )
    assert high - low == pytest.approx(0.7 * 100 / 1.2, abs=0.11)


def test_without_bounds_a_scale_holds_all_that_there_is() -> None:
    small, large = (interval_marks([Mark(value)], label="", reference=1.5 * value) for value in (2.0, 20.0))
    assert small == large
    assert positions(interval_marks([Mark(1.0, 0.0, 4.0), Mark(3.0)], label="")) == [pytest.approx(29.2, abs=0.1), 70.8]


def test_a_number_alone_is_no_picture() -> None:
    nan = float("nan")
    assert interval_marks([Mark(1.0)], label="") == ""
    assert interval_marks([Mark(nan), Mark(nan)], label="", reference=1.0, bounds=SHARE) == ""
    assert 'aria-label="&lt;b&gt;"' in interval_marks([Mark(1.0), Mark(nan)], label="<b>", bounds=SHARE)
