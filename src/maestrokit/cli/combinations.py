"""Options that have an effect in some combinations only, and options that exclude each other.

Each option declares this by a mark of :mod:`maestrokit.cli.declare`; for shared options a command has a table
``CASES``. What is typed and can have no effect is an error; what is from the environment or a file is passed over.
"""

from collections.abc import Collection, Mapping
from typing import Any

import typer

from maestrokit.cli.declare import CASE, Cases, Excludes
from maestrokit.cli.errors import long_name, running_command, source_of
from maestrokit.errors import PARAMETER, UsageError

STRENGTH = ("DEFAULT", "DEFAULT_MAP", "ENVIRONMENT", "COMMANDLINE")
"""Sources of values; a later one wins over an earlier one."""
NOTHING: tuple[object, ...] = (None, False, 0, (), [])
MARKS = "cases"
"""Where a context has the cases of the options of its command."""


def settle_exclusions(context: typer.Context, marks: Mapping[str, Excludes], values: dict[str, Any]) -> None:
    """Leave out the weaker of two options that exclude each other: a variable where an option is typed.

    Raises
    ------
    UsageError
        If both are of the same source.
    """
    parameters = {str(parameter.name): parameter for parameter in context.command.params}
    for name, other in ((name, other) for name, mark in marks.items() for other in mark.names):
        pair = [parameters[one] for one in (name, other)]
        if any(values[str(one.name)] in NOTHING for one in pair):
            continue
        weaker, stronger = sorted(pair, key=lambda one: STRENGTH.index(source_of(one, context)))
        if source_of(weaker, context) == source_of(stronger, context):
            one, two = (long_name(parameter).replace("-", "_") for parameter in pair)
            raise UsageError(f"`{one}` and `{two}` exclude each other", "give one of the two")
        values[str(weaker.name)] = context.params[str(weaker.name)] = weaker.default


def check_cases(context: typer.Context, marks: Mapping[str, Cases], values: dict[str, Any]) -> None:
    """Refuse options that are typed and can have no effect beside the values of the others; leave out other such ones.

    Raises
    ------
    UsageError
        If there is one.
    """
    context.meta[MARKS] = marks
    for parameter in _idle(context, {name: mark for name, mark in marks.items() if not mark.needs_facts}, ()):
        values[parameter.name] = context.params[parameter.name] = parameter.default


def state(*facts: str) -> None:
    """State what is known of a run now, and refuse options that are typed and have an effect in other cases only.

    Raises
    ------
    UsageError
        If there is one.
    """
    if (context := running_command()) is not None:
        _idle(context, {name: mark for name, mark in context.meta[MARKS].items() if mark.needs_facts}, facts)


def _idle(context: typer.Context, marks: Mapping[str, Cases], facts: Collection[str]) -> list[Any]:
    """Return the options that have no effect; refuse those that are typed."""
    idle = []
    for parameter in context.command.params:
        mark, source = marks.get(str(parameter.name)), source_of(parameter, context)
        is_idle = mark is not None and any(_holds(case, context.params, facts) for case in mark.cases) == mark.excluded
        if is_idle and source == "COMMANDLINE":
            is_opposite = context.params[str(parameter.name)] is False and parameter.secondary_opts
            name = parameter.secondary_opts[0].lstrip("-") if is_opposite else long_name(parameter)
            verb = "has no effect" if mark is not None and mark.excluded else "works only"
            raise UsageError(f"`{name.replace('-', '_')}` {verb} with {mark}", parameter=str(parameter.name))
        if is_idle and source != "DEFAULT":
            idle.append(parameter)
    return idle


def _holds(case: str, values: Mapping[str, Any], facts: Collection[str]) -> bool:
    """Return whether an option is given, or has one of the values that a case names, or a fact is stated."""
    match = CASE.fullmatch(case)
    if match is None:
        return case in facts
    value = values.get(match[1], values.get(f"{match[1]}_"))
    if match[2] is None:
        return value not in NOTHING
    return (f"{value:g}" if isinstance(value, float) else str(value)) in match[2].split("|")


def sentence(mark: Cases, spelled: Mapping[str, str]) -> str:
    """Return cases as a sentence of a manual."""
    words = PARAMETER.sub(lambda name: spelled.get(name[1], f"--{name[1].replace('_', '-')}"), str(mark))
    return f"{'Not' if mark.excluded else 'Only'} with {words}."
