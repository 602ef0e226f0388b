"""Times and spans in text, ``10ms``, ``2s``, ``1m30s`` and ``LOW..HIGH``; and numbers, for typer."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeVar

import typer

from maestrokit.bounds import Within, check
from maestrokit.errors import UsageError

Number = TypeVar("Number", int, float)
SECONDS = {
    "d": Fraction(86400), "h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000),
    "us": Fraction(1, 1_000_000),
}  # fmt: skip
PARTS = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(us|ms|[dhms])")
TIME, BARE = re.compile(rf"(?:{PARTS.pattern})+"), re.compile(r"(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
TIMES_HINT = "write 10ms, 2s or 1m30s"


def parse_time(text: str, *, parameter: str | None = None, within: Within | None = None, bare: bool = True) -> Fraction:
    """Return a time in seconds, exactly.

    Parameters
    ----------
    bare : bool
        Whether a number without a unit is seconds. Else only 0 may do without: ``10`` could be 10 ms or 10 s.

    Raises
    ------
    UsageError
        If the text is no time, or outside its bounds.

    >>> parse_time("1m30s"), parse_time("10ms"), parse_time("2")
    (Fraction(90, 1), Fraction(1, 100), Fraction(2, 1))
    """
    text = text.strip()
    if BARE.fullmatch(text):
        time = Fraction(text)
        if time and not bare:
            raise UsageError(f"'{text}' is a number without a unit of time", TIMES_HINT, parameter=parameter)
    elif TIME.fullmatch(text):
        time = sum((Fraction(number) * SECONDS[unit] for number, unit in PARTS.findall(text)), Fraction(0))
    else:
        raise UsageError(f"'{text}' is no time", TIMES_HINT, parameter=parameter)
    if within is not None:
        check(parameter or "time", float(min(time, Fraction(10**300))), within)
    return time


def seconds(text: str) -> float:
    """Return a time in seconds; raises as :func:`parse_time`."""
    return float(parse_time(text))


def parse_span(text: str, read: Callable[[str], Number], *, parameter: str, example: str) -> tuple[Number, Number]:
    """Return the two ends of ``LOW..HIGH``, or of one number twice.

    Raises
    ------
    UsageError
        If it is not of that form, or falls.

    >>> parse_span("-0.5..2", float, parameter="pitch_shift", example="-2..2")
    (-0.5, 2.0)
    """
    low, _, high = text.partition("..")
    try:
        ends = read(low), read(high or low)
    except (ValueError, UsageError):
        ends = None
    if ends is None or not float("-inf") < ends[0] <= ends[1] < float("inf"):
        kind = "whole numbers" if read is int else "numbers"
        hint = f"write LOW..HIGH, the lower bound first, as in `{parameter}`={example}"
        raise UsageError(f"`{parameter}` must be a range of {kind}, not '{text}'", hint, parameter=parameter)
    return ends


def number_reader(kind: type, *, is_time: bool) -> Callable[[object], Any]:
    """Return a function that reads a number, for typer; what is none it refuses in one sentence."""

    def read(value: object) -> Any:
        try:
            return (seconds if is_time else kind)(str(value))
        except UsageError as error:
            raise typer.BadParameter(f"{error.fact}: {error.hint}") from None
        except ValueError:
            raise typer.BadParameter(f"'{value}' is no {'whole ' * (kind is int)}number") from None

    return read


def spelt_duration(seconds: float) -> str:
    """Return a duration in its two largest units.

    >>> spelt_duration(5400), spelt_duration(59.6), spelt_duration(90061)
    ('1h30m', '1m00s', '1d1h')
    """
    whole = round(seconds)
    for unit, smaller in (("d", "h"), ("h", "m"), ("m", "s")):
        size, part = int(SECONDS[unit]), int(SECONDS[smaller])
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size}{unit}" + (f"{rest}h" if unit == "d" else f"{rest:02d}{smaller}")
    return f"{whole}s"
