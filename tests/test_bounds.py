"""Intervals of numbers: what lies in them, and how they read."""

import math
from dataclasses import dataclass
from typing import Annotated

import pytest

from maestrokit.bounds import Within, check, check_fields
from maestrokit.errors import UsageError


@dataclass(frozen=True)
class Example:
    """A number with an interval, one that may be absent, and one that may be anything."""

    share: Annotated[float, Within(0, 1, below=True)] = 0.5
    count: Annotated[int | None, Within(1, 9)] = None
    free: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self)


@pytest.mark.parametrize("value", [-1, 1, 2.0, math.nan, math.inf, -math.inf, 10**400])
def test_what_lies_outside_is_refused(value: float) -> None:
    with pytest.raises(UsageError, match="share must be at least 0 and below 1, not "):
        Example(share=value)


def test_ends_belong_to_an_interval_unless_it_excludes_them() -> None:
    assert Example(share=0).share == 0 and Example(count=9).count == 9 and Example(free=math.inf)
    with pytest.raises(UsageError, match=r"^count must be in 1\.\.9, not 10$"):
        Example(count=10)
    assert 0 not in Within(0, 1, above=True) and 1 not in Within(0, 1, below=True)


def test_each_number_of_several_is_checked() -> None:
    check("span", (0.0, 1.0), Within(0, 1))
    with pytest.raises(UsageError, match="not 2"):
        check("span", (0.0, 2.0), Within(0, 1))


def test_a_number_of_hundreds_of_digits_is_shortened() -> None:
    with pytest.raises(UsageError) as caught:
        check("--seed", 10**300, Within(0, 1))
    assert len(caught.value.fact) < 80
