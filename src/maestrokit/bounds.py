"""Bounds of numbers, declared in their annotations: ``share: Annotated[float, Within(0, 1)]``.

Options and settings alike are checked by these declarations and nowhere else. Both ends are finite, so that infinity
and not-a-number are refused everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, get_args, get_type_hints

from maestrokit.errors import UsageError

LARGEST_SEED = 2**63 - 1
LARGEST_COUNT = 10**9
DAY = 86400  # seconds
LONGEST_SHOWN = 24  # characters of a wrong value


@dataclass(frozen=True)
class Within:
    """An interval.

    Parameters
    ----------
    low, high : float
    above, below : bool
        Whether the lower end itself, or the upper one, is excluded.
    whole : bool
        Whether only whole numbers are meant.
    """

    low: float
    high: float
    above: bool = False
    below: bool = False
    whole: bool = False

    def __contains__(self, value: float) -> bool:
        return (self.low < value if self.above else self.low <= value) and (
            value < self.high if self.below else value <= self.high
        )

    def __str__(self) -> str:
        """Return the interval in words.

        >>> str(Within(0, 1)), str(Within(0, 1, below=True)), str(Within(0, 60, above=True))
        ('in 0..1', 'at least 0 and below 1', 'above 0 and at most 60')
        """
        if not (self.above or self.below):
            return f"in {self.low}..{self.high}"
        return (
            f"{'above' if self.above else 'at least'} {self.low} and {'below' if self.below else 'at most'} {self.high}"
        )


SEED = Within(0, LARGEST_SEED, whole=True)
COUNT = Within(1, LARGEST_COUNT, whole=True)
SHARE = Within(0, 1)


def sentence(within: Within, unit: str = "") -> str:
    """Return an interval as a sentence of a manual.

    >>> sentence(Within(0, 1)), sentence(Within(0, 60), " s")
    ('In 0..1.', 'In 0..60 s.')
    """
    words = str(within)
    return f"{words[0].upper()}{words[1:]}{unit}."


def within_of(annotation: Any) -> Within | None:
    """Return the interval that an annotation declares, if it does; of whole numbers if its type is.

    >>> from typing import Annotated
    >>> within_of(Annotated[int | None, Within(1, 9)]).whole, within_of(Annotated[float, Within(1, 9)]).whole
    (True, False)
    """
    metadata = getattr(annotation, "__metadata__", ())
    within = next((part for part in metadata if isinstance(part, Within)), None)
    is_whole = within is not None and int in (annotation.__origin__, *get_args(annotation.__origin__))
    return replace(within, whole=True) if within is not None and is_whole else within


def check(name: str, value: Any, within: Within, hint: str | None = None, *, unit: str = "") -> None:
    """Refuse a number outside its interval, or several of which one is; None passes.

    Raises
    ------
    UsageError
        If there is one outside, or that is no number.
    """
    for number in value if isinstance(value, tuple | list) else (value,):
        is_number = isinstance(number, Integral if within.whole else Real)
        if number is not None and not (is_number and number in within):
            kind = "" if is_number else "a whole number " if within.whole else "a number "
            fact = f"`{name}` must be {kind}{within}{unit}, not {shown(number)}{unit if is_number else ''}"
            raise UsageError(fact, hint, parameter=name)


def shown(value: object) -> str:
    """Return a value for a message; a number of hundreds of digits is shortened."""
    text = f"{value:g}" if isinstance(value, float) else f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}.."


def check_fields(instance: Any) -> None:
    """Refuse a dataclass with a field outside its interval; for ``__post_init__``. Raises as :func:`check_values`."""
    check_values(type(instance), vars(instance))


def check_values(kind: type, values: Mapping[str, Any]) -> None:
    """Refuse values for fields of a dataclass that are outside the intervals that its annotations declare.

    Raises
    ------
    UsageError
        If there is one.
    """
    for name, annotation in get_type_hints(kind, include_extras=True).items():
        within = within_of(annotation)
        if within is not None and name in values:
            check(name, values[name], within)
