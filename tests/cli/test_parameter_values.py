"""Words become values without pydantic, and a wrong one is refused in one sentence of ours."""

from typing import Any

import pytest
import typer

from maestrokit import registry
from maestrokit.cli.main import COMMANDS, app, command
from maestrokit.cli.parse import CONSTRUCTORS, ValueOf, number_reader, seconds

INTEGER, TIME = number_reader(int), number_reader(seconds)
CONTEXT = typer.Context(typer.main.get_command(app))


@pytest.mark.parametrize(
    ("make", "word", "value"),
    [
        (INTEGER, "12", 12),
        (INTEGER, None, None),
        (TIME, "10ms", 0.01),
        (CONSTRUCTORS[bool], "yes", True),
        (CONSTRUCTORS[bool], "", False),
        (CONSTRUCTORS[bool], True, True),
        (CONSTRUCTORS[str], 5, "5"),
    ],
)
def test_values_of_words_and_of_configuration(make: Any, word: object, value: object) -> None:
    coerced = ValueOf(make).coerce(word, None, CONTEXT)
    assert coerced == value and type(coerced) is type(value)


def test_several_words_become_a_list_and_none_an_empty_one() -> None:
    several = ValueOf(str, is_list=True)
    assert (several.coerce(("a", 1), None, CONTEXT), several.coerce(None, None, CONTEXT)) == (["a", "1"], [])


@pytest.mark.parametrize(
    ("make", "word", "message"),
    [
        (INTEGER, "3.5", "'3.5' is no whole number"),
        (CONSTRUCTORS[bool], "perhaps", "'perhaps' is neither true nor false"),
    ],
)
def test_wrong_words_are_named_with_the_option_that_they_were_for(make: Any, word: object, message: str) -> None:
    option = next(parameter for parameter in command("quantize").params if parameter.name == "jobs")
    with pytest.raises(typer.BadParameter) as caught:
        ValueOf(make).coerce(word, option, CONTEXT)
    assert (caught.value.message, caught.value.param, caught.value.ctx) == (message, option, CONTEXT)


def test_every_parameter_is_of_a_kind_whose_values_are_made_here() -> None:
    for name in registry.names(COMMANDS):
        for parameter in command(name).params:
            descriptor = parameter.type_descriptor
            assert descriptor.parameter_info.parser or descriptor.annotation in CONSTRUCTORS, (name, parameter.name)
