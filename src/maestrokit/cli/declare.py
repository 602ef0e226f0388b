"""How commands declare their options: groups of fields, each with what typer has to know, and with marks.

A group is a frozen dataclass. :mod:`maestrokit.cli.parameters` turns its fields into options for typer, and the values
of a command line back into the group.
"""

import re
from dataclasses import MISSING, dataclass, field
from typing import Any

import typer

from maestrokit.cli.choices import Completion

INFO, MARKS = "info", "marks"
"""Where a field has what typer has to know, and its marks."""
ASIDE = "writes something aside"
"""Of an option that does not shape the main output and so is no part of its provenance."""
TIME = "is a time"
"""Of an option that takes ``10ms``, ``2s`` and ``1m30s``, or several times in one text."""
CASE = re.compile(r"`(\w+)`(?: (\S+))?")
"""A parameter that is given, or that has one of the values ``A|B``."""


@dataclass(frozen=True)
class Cases:
    r"""Of an option that has an effect in some cases only, or in all but some.

    Parameters
    ----------
    cases : tuple of str
        As in messages: ``\`frames\``` is an option that is given; ``\`spectrum\` mel|logmel`` one that has one of these
        values; anything else a fact that the command states when it knows it.
    excluded : bool
        Whether the option has no effect in these cases, and one in all others.
    """

    cases: tuple[str, ...]
    excluded: bool = False

    def __str__(self) -> str:
        return " or ".join(re.sub(r"\|(?=[^|]*$)", " or ", case).replace("|", ", ") for case in self.cases)

    @property
    def needs_facts(self) -> bool:
        """Whether a fact has to be stated before it is known whether the option has an effect."""
        return not all(map(CASE.fullmatch, self.cases))


def only_with(*cases: str) -> Cases:
    """Return the mark of an option that has an effect in these cases only."""
    return Cases(cases)


def not_with(*cases: str) -> Cases:
    """Return the mark of an option that has no effect in these cases."""
    return Cases(cases, excluded=True)


@dataclass(frozen=True)
class Excludes:
    """Of an option that cannot be combined with others, by the names of their parameters."""

    names: tuple[str, ...]


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
