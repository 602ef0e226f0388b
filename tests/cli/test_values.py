"""Words become values without pydantic, and a wrong one is refused in one sentence of ours."""

from typing import Any

import pytest
import typer

from maestrokit import registry
from maestrokit.cli.main import COMMANDS, app, command
from maestrokit.cli.values import CONSTRUCTORS, ValueOf


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (int, "12", 12),
        (int, 12.0, 12),
        (float, "-1e3", -1000.0),
        (float, 3, 3.0),
        (bool, "yes", True),
        (bool, "", False),
        (bool, True, True),
        (str, 5, "5"),
        (list[str], ("a", "b"), ["a", "b"]),
        (list[str], None, []),
        (int, None, None),
    ],
)
def test_values_of_words_and_of_configuration(kind: Any, given: object, value: object) -> None:
    made = ValueOf(kind).coerce(given, None, typer.Context(typer.main.get_command(app)))
    assert made == value and type(made) is type(value)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (int, "3.5", "'3.5' is not a whole number."),
        (int, 3.5, "'3.5' is not a whole number."),
        (int, True, "'True' is not a whole number."),
        (int, float("inf"), "'inf' is not a whole number."),
        (float, "fast", "'fast' is not a number."),
        (float, [1.0], "'[1.0]' is not a number."),
        (bool, "perhaps", "'perhaps' is not true or false."),
    ],
)
def test_wrong_words_are_named_with_what_was_wanted(kind: Any, given: object, message: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        ValueOf(kind).coerce(given, None, typer.Context(typer.main.get_command(app)))
    assert caught.value.message == message


def test_every_parameter_is_of_a_kind_whose_values_are_made_here() -> None:
    for name in registry.names(COMMANDS):
        for parameter in command(name).params:
            assert parameter.type_descriptor.annotation in CONSTRUCTORS, (name, parameter.name)
