"""From words to values: times and spans, ``10ms``, ``2s``, ``1m30s`` and ``LOW..HIGH``; and the values of parameters.

typer makes values by pydantic, whose import alone takes longer than most commands. The types that our options have need
no more than Python's own constructors, and numbers have readers of their own.
"""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

import typer

from maestrokit.bounds import Within, check
from maestrokit.errors import UsageError

Number = TypeVar("Number", int, float)
SECONDS = {
    "d": Fraction(86400), "h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000),
    "us": Fraction(1, 1_000_000),
}  # fmt: skip
BARE = re.compile(r"(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,3})?")
PARTS = re.compile(rf"({BARE.pattern})(us|ms|[dhms])")
TIME = re.compile(rf"(?:{PARTS.pattern})+")
LONGEST = Fraction(10**300)  # what is longer is as this, which floats hold and all bounds exclude
TIMES_HINT = "write 10ms, 2s or 1m30s"


def parse_time(text: str, *, parameter: str | None = None, within: Within | None = None) -> Fraction:
    """Return a time in seconds, exactly.

    A time needs its unit, since ``10`` could be 10 ms or 10 s. Only 0 may do without, and a parameter whose own name
    says seconds.

    Raises
    ------
    UsageError
        If the text is no time, or outside its bounds.

    >>> parse_time("1m30s"), parse_time("10ms"), parse_time("2", parameter="prompt_seconds")
    (Fraction(90, 1), Fraction(1, 100), Fraction(2, 1))
    """
    text = text.strip()
    if BARE.fullmatch(text):
        time = Fraction(text)
        if time and not (parameter or "").endswith("seconds"):
            raise UsageError(
                f"'{text}' is a number without a unit of time", f"write {text}ms or {text}s", parameter=parameter
            )
    elif TIME.fullmatch(text):
        time = sum((Fraction(number) * SECONDS[unit] for number, unit in PARTS.findall(text)), Fraction(0))
    else:
        raise UsageError(f"'{text}' is no time", TIMES_HINT, parameter=parameter)
    time = min(time, LONGEST)
    if within is not None:
        check(parameter or "time", float(time), within, unit=" s")
    return time


def seconds(text: str, *, parameter: str | None = None) -> float:
    """Return a time in seconds; raises as :func:`parse_time`."""
    return float(parse_time(text, parameter=parameter))


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
    except UsageError as error:
        fact = f"`{parameter}` must be a range: {error.fact}"
        raise UsageError(fact, f"write LOW..HIGH, as in `{parameter}`={example}", parameter=parameter) from None
    except ValueError:
        ends = None
    if ends is None or not float("-inf") < ends[0] <= ends[1] < float("inf"):
        kind = "whole numbers" if read is int else "times" if read is seconds else "numbers"
        hint = f"write LOW..HIGH, the lower bound first, as in `{parameter}`={example}"
        raise UsageError(f"`{parameter}` must be a range of {kind}, not '{text}'", hint, parameter=parameter)
    return ends


def number_reader(make: Callable[[str], Any]) -> Callable[[object], Any]:
    """Return a function that reads a number, for typer; what is none it refuses in one sentence.

    A number itself, as a default is, stays as it is.
    """

    def read(value: object) -> Any:
        try:
            return make(value) if isinstance(value, str) else value
        except UsageError as error:
            raise typer.BadParameter(f"{error.fact}: {error.hint}") from None
        except ValueError:
            raise typer.BadParameter(f"'{value}' is no {'whole ' * (make is int)}number") from None

    return read


def spelt_duration(seconds: float) -> str:
    """Return a duration in its two largest units.

    >>> spelt_duration(5400), spelt_duration(59.6), spelt_duration(90061)
    ('1h30m', '1m00s', '1d1h')
    """
    total = round(seconds)
    for unit, smaller in (("d", "h"), ("h", "m"), ("m", "s")):
        size, part = int(SECONDS[unit]), int(SECONDS[smaller])
        if total >= size:
            rest = total % size // part
            return f"{total // size}{unit}" + (f"{rest}h" if unit == "d" else f"{rest:02d}{smaller}")
    return f"{total}s"


TRUE = ("1", "on", "t", "true", "y", "yes")
FALSE = ("", "0", "f", "false", "n", "no", "off")


def _bool(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in TRUE and word not in FALSE:
        raise typer.BadParameter(f"'{value}' is neither true nor false")
    return word in TRUE


CONSTRUCTORS: dict[Any, Callable[[Any], Any]] = {
    bool: _bool, int: number_reader(int), str: str, list[str]: str,
}  # fmt: skip
"""By the type of a parameter: what makes a value, or each of several, where the parameter has no reader."""


def own_values(parameters: Sequence[Any]) -> Sequence[Any]:
    """Return typer's parameters, their values to be made here."""
    for parameter in parameters:
        descriptor = parameter.type_descriptor
        make = descriptor.parameter_info.parser or CONSTRUCTORS[descriptor.annotation]
        if parameter.param_type_name == "argument":
            parameter.display_type_rich = _no_type  # the metavar says what it is
        parameter.get_runtime_param = partial(ValueOf, make, is_list=descriptor.is_list)
    return parameters


def _no_type(**_: object) -> str:
    return ""


class ValueOf:
    """Makes the values of one parameter; it stands in the place of typer's own, which is of pydantic."""

    def __init__(self, make: Callable[[Any], Any], *, is_list: bool = False) -> None:
        self.make, self.is_list = make, is_list

    def coerce(self, value: Any, param: Any, ctx: typer.Context) -> Any:
        """Return a value of the parameter's type, from words, from defaults, or from a configuration file.

        Raises
        ------
        typer.BadParameter
            If the value cannot be of that type.
        """
        try:
            if self.is_list:
                return [self.make(word) for word in value or ()]
            return None if value is None else self.make(value)
        except typer.BadParameter as error:
            error.ctx, error.param = ctx, param
            raise
