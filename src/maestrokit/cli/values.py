"""From the words of a command line to the values of its parameters.

typer does this by pydantic, whose import alone takes longer than most commands. The types that our options have need no
more than Python's own constructors, and numbers have readers of their own (:func:`maestrokit.cli.parse.number_reader`).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import typer

TRUE = ("1", "on", "t", "true", "y", "yes")
FALSE = ("", "0", "f", "false", "n", "no", "off")


def _bool(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in TRUE and word not in FALSE:
        raise typer.BadParameter(f"'{value}' is neither true nor false")
    return word in TRUE


CONSTRUCTORS: dict[Any, Callable[[Any], Any]] = {bool: _bool, int: int, str: str, list[str]: str}
"""By the type of a parameter: what makes a value, or each of several, where the parameter has no reader."""


def own_values(parameters: Sequence[Any]) -> Sequence[Any]:
    """Return typer's parameters, their values to be made here."""
    for parameter in parameters:
        descriptor = parameter.type_descriptor
        make = descriptor.parameter_info.parser or CONSTRUCTORS[descriptor.annotation]
        parameter.get_runtime_param = partial(ValueOf, make, is_list=descriptor.is_list)
    return parameters


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
