"""How commands declare their options: groups of fields, each with what typer has to know, and with marks.

A group is a frozen dataclass. :mod:`maestrokit.cli.parameters` turns its fields into options for typer, and the values
of a command line back into the group.

Marks say of options that they have an effect in some combinations only, or exclude each other; for shared options a
command has a table ``CASES``. What is typed and can have no effect is an error; what is from the environment or a file
is passed over.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any

import typer

from maestrokit.cli.choices import Completion
from maestrokit.cli.errors import long_name, running_command, source_of
from maestrokit.errors import PARAMETER, UsageError

INFO, MARKS = "info", "marks"
"""Where a field has what typer has to know, and its marks."""
ASIDE = "writes something aside"
"""Of an option that does not shape the main output and so is no part of its provenance."""
TIME = "is a time"
"""Of an option that takes ``10ms``, ``2s`` and ``1m30s``, or several times in one text."""
CASE = re.compile(r"`(\w+)`(?: (\S+))?")
"""A parameter that is given, or that has one of the values ``A|B``."""
STRENGTH = ("DEFAULT", "DEFAULT_MAP", "ENVIRONMENT", "COMMANDLINE")
"""Sources of values; a later one wins over an earlier one."""
NAMED = {"FILE": "a file", "DIR": "a folder", "RUN": "a folder", "PATH": "a file or folder",
         "NAME|RUN": "a shipped model or a run folder"}  # fmt: skip
"""Metavars of options that name a file or a folder."""
NOTHING: tuple[object, ...] = (None, False, 0, (), [])
CASES_IN_FORCE = "cases"
"""Where a context has the cases of the options of its command."""


@dataclass(frozen=True, eq=False)
class Fact:
    """What a command finds out about a run, in the words of messages; two facts differ even if their words do not."""

    words: str


Case = str | Fact
r"""``\`frames\``` is an option that is given, ``\`spectrum\` mel|logmel`` one that has one of these values."""


@dataclass(frozen=True)
class Cases:
    """Of an option that has an effect in some cases only, or in all but some.

    Parameters
    ----------
    cases : tuple of Case
    excluded : bool
        Whether the option has no effect in these cases, and one in all others.
    hint : str, optional
        What helps who types the option in another case.
    """

    cases: tuple[Case, ...]
    excluded: bool = False
    hint: str | None = None

    def __post_init__(self) -> None:
        assert all(isinstance(case, Fact) or CASE.fullmatch(case) for case in self.cases)

    def __str__(self) -> str:
        words = (case.words if isinstance(case, Fact) else case for case in self.cases)
        return " or ".join(re.sub(r"\|(?=[^|]*$)", " or ", case).replace("|", ", ") for case in words)

    @property
    def needs_facts(self) -> bool:
        """Whether a fact has to be stated before it is known whether the option has an effect."""
        return any(isinstance(case, Fact) for case in self.cases)


def only_with(*cases: Case, hint: str | None = None) -> Cases:
    """Return the mark of an option that has an effect in these cases only."""
    return Cases(cases, hint=hint)


def not_with(*cases: Case) -> Cases:
    """Return the mark of an option that has no effect in these cases."""
    return Cases(cases, excluded=True)


@dataclass(frozen=True)
class Excludes:
    """Of an option that cannot be combined with others, by the names of their parameters, and what helps who tries."""

    names: tuple[str, ...]
    hint: str = "give one of the two"


def option(
    default: Any,
    metavar: str,
    help: str,
    *marks: object,
    spell: str = "",
    complete: Completion | None = None,
    **more: Any,
) -> Any:
    """Return the field of an option with a value.

    Parameters
    ----------
    default
        MISSING for an option that is required.
    metavar : str
        What its value is called in the help.
    marks
        Such as bounds and cases.
    spell : str
        How it is written, with spaces between several ways, where that is not ``--`` and the name of the field.
    complete : function
        Completes its value for shells.
    more
        For typer.
    """
    info = typer.Option(*spell.split(), metavar=metavar or None, help=help, autocompletion=complete, **more)
    return field(default=default, metadata={INFO: info, MARKS: marks})


def flag(default: bool | None, help: str, *marks: object, spell: str) -> Any:
    """Return the field of an option without a value; see :func:`option`."""
    return field(default=default, metadata={INFO: typer.Option(*spell.split(), help=help), MARKS: marks})


def argument(
    metavar: str, help: str, *marks: object, default: Any = MISSING, complete: Completion | None = None
) -> Any:
    """Return the field of an argument, which is required unless it has a default; see :func:`option`."""
    info = typer.Argument(metavar=metavar, help=help, autocompletion=complete)
    return field(default=default, metadata={INFO: info, MARKS: marks})


def settle_exclusions(context: typer.Context, marks: Mapping[str, Excludes], values: dict[str, Any]) -> None:
    """Leave out the weaker of two options that exclude each other: a variable where an option is typed.

    Raises
    ------
    UsageError
        If both are of the same source.
    """
    parameters = {str(parameter.name): parameter for parameter in context.command.params}
    for name, other, hint in ((name, other, mark.hint) for name, mark in marks.items() for other in mark.names):
        pair = [parameters[option] for option in (name, other)]
        if any(values[str(parameter.name)] in NOTHING for parameter in pair):
            continue
        weaker, stronger = sorted(pair, key=lambda parameter: STRENGTH.index(source_of(parameter, context)))
        if source_of(weaker, context) == source_of(stronger, context):
            first, second = (long_name(parameter).replace("-", "_") for parameter in pair)
            raise UsageError(f"`{first}` and `{second}` exclude each other", hint)
        values[str(weaker.name)] = context.params[str(weaker.name)] = weaker.default


def check_cases(context: typer.Context, marks: Mapping[str, Cases], values: dict[str, Any]) -> None:
    """Refuse options that are typed and can have no effect beside the values of the others; leave out other such ones.

    Raises
    ------
    UsageError
        If there is one.
    """
    context.meta[CASES_IN_FORCE] = marks
    for parameter in _idle(context, {name: mark for name, mark in marks.items() if not mark.needs_facts}, ()):
        values[parameter.name] = context.params[parameter.name] = parameter.default


def check_names(context: typer.Context) -> None:
    """Refuse empty names of files, folders and models, as an unset variable of a shell leaves them, and folders for
    files.

    Raises
    ------
    UsageError
        If there is one.
    """
    for parameter in context.command.params:
        value, is_file = context.params.get(str(parameter.name)), parameter.metavar == "FILE"
        name = long_name(parameter).replace("-", "_")
        if value == "" and parameter.metavar in NAMED:
            raise UsageError(f"`{name}` is empty", f"name {NAMED[parameter.metavar]}", parameter=parameter.name)
        if is_file and isinstance(value, str) and value.endswith("/"):
            raise UsageError(f"`{name}` is '{value}', a folder", "name a file", parameter=parameter.name)


def state(*facts: Fact | None) -> None:
    """State what is true of a run, once it is known, and refuse options that are typed and have no effect then.

    None is no fact.

    Raises
    ------
    UsageError
        If there is one.
    """
    if (context := running_command()) is not None:
        _idle(context, {name: mark for name, mark in context.meta[CASES_IN_FORCE].items() if mark.needs_facts}, facts)


def _idle(context: typer.Context, marks: Mapping[str, Cases], facts: Collection[Fact | None]) -> list[Any]:
    """Return the options that have no effect; refuse those that are typed."""
    idle = []
    for parameter in context.command.params:
        mark, source = marks.get(str(parameter.name)), source_of(parameter, context)
        if mark is None or any(_holds(case, context, facts) for case in mark.cases) != mark.excluded:
            continue
        if source == "COMMANDLINE":
            is_opposite = context.params[str(parameter.name)] is False and parameter.secondary_opts
            name = parameter.secondary_opts[0].lstrip("-") if is_opposite else long_name(parameter)
            verb = "has no effect" if mark.excluded else "works only"
            raise UsageError(f"`{name.replace('-', '_')}` {verb} with {mark}", mark.hint, parameter=str(parameter.name))
        if source != "DEFAULT":
            idle.append(parameter)
    return idle


def _holds(case: Case, context: typer.Context, facts: Collection[Fact | None]) -> bool:
    """Return whether an option is given, or has one of the values that a case names, or a fact is stated.

    A number that is the default, as one candidate is, counts as not given.
    """
    if isinstance(case, Fact):
        return case in facts
    match = CASE.fullmatch(case)
    assert match is not None
    parameter = next(candidate for candidate in context.command.params if candidate.name in (match[1], f"{match[1]}_"))
    value = context.params.get(str(parameter.name))
    if match[2] is None:
        is_same_number = not isinstance(value, bool | str) and value == parameter.default
        return value not in NOTHING and not is_same_number
    return (f"{value:g}" if isinstance(value, float) else str(value)) in match[2].split("|")


def sentence(mark: Cases, spelled: Mapping[str, str]) -> str:
    """Return cases as a sentence of a manual."""
    words = PARAMETER.sub(lambda name: spelled.get(name[1], f"--{name[1].replace('_', '-')}"), str(mark))
    return f"{'Not' if mark.excluded else 'Only'} with {words}."
