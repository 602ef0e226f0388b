"""Environment variables: those that several commands read, and those that none does."""

import os
from collections.abc import Iterator
from typing import Any

import typer

from maestrokit import registry
from maestrokit.errors import nearest_name

PREFIX = "MAESTROKIT_"
SHARED = {
    "MAESTROKIT_CONFIG": "A configuration file, as given to --config.",
    "MAESTROKIT_JOBS": "As given to --jobs.",
    "MAESTROKIT_CLUSTER": "As given to --cluster.",
    "MAESTROKIT_SEED": "As given to --seed.",
}
OF_TESTS = "MAESTROKIT_TEST_DATA"


def unknown_variables(context: typer.Context) -> Iterator[str]:
    """Yield a sentence on each variable that begins like ours and is read by no command; other commands' are theirs."""
    own = _variables(context.command)
    names = registry.names("maestrokit.cli.commands")
    others = tuple(f"{PREFIX}{name.upper()}_" for name in names if name != context.info_name)
    for variable in sorted(name for name in os.environ if name.startswith(PREFIX)):
        if variable not in own and variable not in SHARED and variable != OF_TESTS and not variable.startswith(others):
            nearest = _opposites(context.command).get(variable) or nearest_name(
                variable.removeprefix(PREFIX), _known(names)
            )
            question = f" (did you mean {PREFIX}{_upper(nearest)}?)" if nearest else ""
            yield f"the variable {variable} stands for no option{question}"


def _upper(variable: str) -> str:
    name, equals, value = variable.partition("=")
    return name.upper() + equals + value


def _opposites(command: Any) -> dict[str, str]:
    """Return, by the variables that opposites of options would have, those that mean the same, in lower case."""
    return {
        f"{PREFIX}{command.name}_{word.lstrip('-')}".replace("-", "_").upper(): f"{command.name}_{option.name}=false"
        for option in command.params
        for word in option.secondary_opts
    }


def _known(names: list[str]) -> list[str]:
    """Return the variables of all commands, in lower case, without what all begin with."""
    from maestrokit.cli.main import command

    variables = set(SHARED).union(*(_variables(command(name)) for name in names))
    return [name.removeprefix(PREFIX).lower() for name in sorted(variables)]


def _variables(command: Any) -> set[str]:
    """Return the variables of a command's options."""
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    variables = [parameter.envvar or f"{PREFIX}{command.name}_{parameter.name}".upper() for parameter in options]
    return {name for names in variables for name in ([names] if isinstance(names, str) else names)}
