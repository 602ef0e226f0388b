"""Search spaces as they are written: ``1e-4..1e-3``, ``32..128``, ``relative|modern``."""

import math
from dataclasses import dataclass

from maestrokit.errors import UsageError

ROUND = 8  # whole numbers whose ends are multiples of it are searched in steps of it
WIDE = 10.0  # ranges whose ends differ by this factor or more are searched evenly by their logarithm

RANGES = {
    "learning_rate": "1e-4..1e-3",
    "batch": "32..128",
    "length": "128..1024",
    "dropout": "0..0.5",
    "weight_decay": "1e-4..0.1",
}
"""Default search space."""


@dataclass(frozen=True)
class Range:
    """Numbers from one to another, both included."""

    low: float
    high: float
    is_whole: bool

    @property
    def is_logarithmic(self) -> bool:
        """Whether each doubling is as likely as any other."""
        return self.low > 0 and self.high >= WIDE * self.low and not self.is_whole

    @property
    def values(self) -> tuple[str, str]:
        """Both ends, as settings have them."""
        low, high = (str(int(end)) if self.is_whole else repr(end) for end in (self.low, self.high))
        return low, high

    @property
    def step(self) -> int:
        """Distance of the whole numbers that are tried."""
        return ROUND if self.low % ROUND == self.high % ROUND == 0 else 1


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    values: tuple[str, ...]


Space = dict[str, Range | Choice]


def is_space(text: str) -> bool:
    """Return whether a setting has several values.

    >>> is_space("1e-4..1e-3"), is_space("relative|modern"), is_space("0.1")
    (True, True, False)
    """
    return ".." in text or "|" in text


def parse_space(name: str, text: str) -> Range | Choice:
    """Return what LOW..HIGH or ONE|OTHER mean; whole ends mean whole numbers.

    >>> parse_space("batch", "32..128")
    Range(low=32.0, high=128.0, is_whole=True)
    """
    if "|" in text:
        return Choice(tuple(text.split("|")))
    low, _, high = text.partition("..")
    try:
        ends = float(low), float(high)
    except ValueError:
        raise UsageError(f"'{text}' is no range of {name}", "write LOW..HIGH, as 1e-4..1e-3", parameter=name) from None
    if not (math.isfinite(ends[0]) and math.isfinite(ends[1]) and ends[0] < ends[1]):
        raise UsageError(f"'{text}' is no range of {name}: its first number is not below its second", parameter=name)
    return Range(*ends, is_whole=all(word.lstrip("+-").isdigit() for word in (low, high)))
