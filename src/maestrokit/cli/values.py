"""From the words of a command line to the values of its parameters.

typer does this by pydantic, whose import alone takes longer than most commands. The types that our options have need no
more than Python's own constructors.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import typer

TRUE = ("1", "on", "t", "true", "y", "yes")
FALSE = ("", "0", "f", "false", "n", "no", "off")


def _bool(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise ValueError


def _int(value: Any) -> int:
    if isinstance(value, bool) or ((number := int(value)) != value and not isinstance(value, str)):
        raise ValueError
    return number


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    return float(value)


CONSTRUCTORS: dict[type, tuple[Callable[[Any], Any], str]] = {
    bool: (_bool, "true or false"),
    int: (_int, "a whole number"),
    float: (_float, "a number"),
    str: (str, "a text"),
    list[str]: (str, "a text"),
}
"""By the type of a parameter: what makes a value of it, and what the word for it should have been."""


def own_values(parameters: Sequence[Any]) -> Sequence[Any]:
    """Return typer's parameters, their values to be made here."""
    for parameter in parameters:
        parameter.get_runtime_param = partial(ValueOf, parameter.type_descriptor.annotation)
    return parameters


class ValueOf:
    """Makes the values of one parameter; it stands in the place of typer's own, which is of pydantic."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    def coerce(self, value: Any, param: Any, ctx: typer.Context) -> Any:
        """Return a value of the parameter's type, from words, from defaults, or from a configuration file.

        Raises
        ------
        typer.BadParameter
            If the value cannot be of that type.
        """
        make, wanted = CONSTRUCTORS[self.kind]
        try:
            if self.kind == list[str]:
                return [str(word) for word in value or ()]
            return None if value is None else make(value)
        except (ValueError, TypeError, OverflowError):
            raise typer.BadParameter(f"'{value}' is not {wanted}.", ctx=ctx, param=param) from None
