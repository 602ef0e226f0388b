"""Marks of options, put beside typer's own in their annotations."""

from dataclasses import dataclass

from maestrokit.cli.choices import Names

ASIDE = "writes something aside"
"""Of an option that does not shape the main output and so is no part of its provenance."""


@dataclass(frozen=True)
class Listed:
    """Of an option whose help lists all names; they are looked up when the help is shown."""

    names: Names


@dataclass(frozen=True)
class Sets:
    """Of an option that sets parameters of the library by names other than its own."""

    names: Names
