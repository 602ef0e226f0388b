"""The options that commands share, each declared once, in groups of which a command takes those that it uses.

A group is a frozen dataclass. A command takes a whole group as one parameter; :mod:`maestrokit.cli.parameters` turns
the parameter into the group's options for typer, and their values back into the group when the command runs.
"""

import os
from dataclasses import dataclass
from typing import Annotated

import typer

from maestrokit.bounds import SEED, Within
from maestrokit.cli.choices import assigned_to, kept_in, one_of

split_names = kept_in("maestrokit.files.maestro:SPLITS")
column_names = kept_in("maestrokit.files.maestro:COLUMNS")


def _use_config(context: typer.Context, value: str | None) -> str | None:
    """Make the values of a configuration file the defaults of the command."""
    if value is not None and not context.resilient_parsing:
        from maestrokit.cli.config import defaults

        context.default_map = defaults(value, context)
    return value


@dataclass(frozen=True)
class Inputs:
    """What is read."""

    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT", help="Files, folders (walked sorted), MAESTRO roots, or - for standard input."),
    ] = None
    files_from: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Read further inputs from FILE, one per line; - is standard input."),
    ] = None
    files0_from: Annotated[
        str | None, typer.Option(metavar="FILE", help="As --files-from, each name ended by a NUL byte (find -print0).")
    ] = None
    split: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of a MAESTRO root, only this split: train, validation or test.",
            autocompletion=one_of(split_names),
        ),
    ] = None
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=TEXT",
            help="Of a MAESTRO root, only rows whose COLUMN contains TEXT: composer=Chopin, title=Etude, year=2004.",
            autocompletion=assigned_to(column_names),
        ),
    ] = None


@dataclass(frozen=True)
class Outputs:
    """What is written."""

    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to FILE; - is standard output, the default for one input."
        ),
    ] = None
    directory: Annotated[
        str | None,
        typer.Option(
            "--directory",
            "-d",
            metavar="DIR",
            help="Write one file per input under DIR, mirroring the tree of the inputs.",
        ),
    ] = None
    update: Annotated[
        bool, typer.Option("--update", "-u", help="Skip inputs whose output exists and is not older.")
    ] = False


@dataclass(frozen=True)
class Common:
    """What every command has."""

    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Print what would be read and written, and do nothing.")
    ] = False
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no notes and no progress, only errors.")] = False
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            help="Print what was done; twice, also the traceback of an internal error.",
        ),
    ] = 0
    config: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.toml",
            envvar="MAESTROKIT_CONFIG",
            is_eager=True,
            callback=_use_config,
            help="Take options that are not given from the table of this command in FILE.toml, or its top level.",
        ),
    ] = None


@dataclass(frozen=True)
class Jobs(Common):
    """How several inputs are worked on."""

    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going/--no-keep-going", "-k", help="Report a bad input and do the rest, or stop at the first."
        ),
    ] = True
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            envvar="MAESTROKIT_JOBS",
            help="Work on N inputs at once; 0 means one per processor core.",
        ),
        Within(0, 1024),
    ] = 1

    @property
    def workers(self) -> int:
        """How many inputs are worked on at once."""
        return self.jobs or os.cpu_count() or 1


@dataclass(frozen=True)
class Batch(Jobs):
    """How inputs that do not depend on each other are worked on."""

    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            envvar="MAESTROKIT_CLUSTER",
            help="Work on the Dask cluster whose scheduler is at ADDRESS, or of a scheduler file.",
        ),
    ] = None


@dataclass(frozen=True)
class Provenance:
    """Whether outputs say how they were made."""

    provenance: Annotated[
        bool,
        typer.Option("--provenance/--no-provenance", help="Write the chain of commands that made an output into it."),
    ] = True
    made_by: str | None = None  # not an option: the line of provenance of this run, None if there shall be none


@dataclass(frozen=True)
class Reading:
    """How files are read."""

    repair: Annotated[
        bool,
        typer.Option("--repair", help="Read the valid part of damaged files instead of refusing them."),
    ] = False


Device = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Run the network on cpu, cuda, or auto: a GPU if there is one.",
        autocompletion=one_of(kept_in("maestrokit.inference.device:DEVICES")),
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        metavar="N",
        envvar="MAESTROKIT_SEED",
        help="Seed of all random numbers; the same seed gives the same output.",
    ),
    SEED,
]
"""Of a command that draws random numbers."""
