"""The options that commands share, each declared once, in groups of which a command takes those that it uses.

A group is a frozen dataclass. A command takes a whole group as one parameter; :mod:`maestrokit.cli.parameters` turns
the parameter into the group's options for typer, and their values back into the group when the command runs.
"""

import os
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from maestrokit.bounds import SEED, Within
from maestrokit.cli.choices import assigned_to, kept_in, one_of
from maestrokit.cli.declare import Excludes, argument, flag, only_with, option

split_names = kept_in("maestrokit.files.datasets.maestro:SPLITS")
column_names = kept_in("maestrokit.files.datasets.maestro:COLUMNS")


def _use_config(context: typer.Context, value: str | None) -> str | None:
    """Make the values of a configuration file the defaults of the command."""
    if value is not None and not context.resilient_parsing:
        from maestrokit.cli.config import defaults

        context.default_map = defaults(value, context)
    return value


# fmt: off
@dataclass(frozen=True)
class Inputs:
    """What is read."""

    inputs: list[str] | None = argument("INPUT", "Files, folders (walked sorted), MAESTRO roots, or - for standard "
        "input.", default=None)
    files_from: str | None = option(None, "FILE", "Read further inputs from FILE, one per line; - is standard input.")
    files0_from: str | None = option(None, "FILE", "As --files-from, each name ended by a NUL byte (find -print0).")
    split: str | None = option(None, "NAME", "Of a MAESTRO root, only this split: train, validation or test.",
        complete=one_of(split_names))
    where: list[str] | None = option(None, "COLUMN=TEXT", "Of a MAESTRO root, only rows whose COLUMN contains TEXT: "
        "composer=Chopin, title=Etude, year=2004.", complete=assigned_to(column_names))


@dataclass(frozen=True)
class Outputs:
    """What is written."""

    output: str | None = option(None, "FILE", "Write to FILE; - is standard output, the default for one input.",
        Excludes(("directory",), "-o names one file, -d a folder for several"), spell="--output -o")
    directory: str | None = option(None, "DIR", "Write one file per input under DIR, mirroring the tree of the "
        "inputs.", spell="--directory -d")
    update: bool = flag(False, "Skip inputs whose output exists and is not older than they and what is read for "
        "them.",
        only_with("`output`", "`directory`"), spell="--update -u")


@dataclass(frozen=True)
class Common:
    """What every command has."""

    dry_run: bool = flag(False, "Print what would be read and written, and do nothing.", spell="--dry-run -n")
    quiet: bool = flag(False, "Print no notes and no progress, only errors.", Excludes(("verbose",)),
        spell="--quiet -q")
    verbose: int = option(0, "", "Print what was done; twice, also the traceback of an internal error.",
        Within(0, 1000), count=True, spell="--verbose -v")
    config: str | None = option(None, "FILE.toml", "Take options that are not given from the table of this command "
        "in FILE.toml, or its top level.", envvar="MAESTROKIT_CONFIG", is_eager=True, callback=_use_config)


@dataclass(frozen=True)
class Jobs(Common):
    """How several inputs are worked on."""

    keep_going: bool = flag(True, "Report a bad input and do the rest, or stop at the first.",
        spell="--keep-going/--no-keep-going -k")
    jobs: int = option(1, "N", "Work on N inputs at once; 0 means one per processor core.", Within(0, 1024),
        envvar="MAESTROKIT_JOBS", spell="--jobs -j")

    @property
    def workers(self) -> int:
        """How many inputs are worked on at once."""
        return self.jobs or os.cpu_count() or 1


@dataclass(frozen=True)
class Batch(Jobs):
    """How inputs that do not depend on each other are worked on."""

    cluster: str | None = option(None, "ADDRESS", "Work on the Dask cluster whose scheduler is at ADDRESS, or of a "
        "scheduler file.", envvar="MAESTROKIT_CLUSTER")


@dataclass(frozen=True)
class Provenance:
    """Whether outputs say how they were made."""

    provenance: bool = flag(True, "Write the chain of commands that made an output into it.",
        spell="--provenance/--no-provenance")
    made_by: str | None = None  # not an option: the line of provenance of this run, None if there shall be none


@dataclass(frozen=True)
class Reading:
    """How files are read."""

    repair: bool = flag(False, "Read the valid part of damaged files instead of refusing them.", spell="--repair")


# fmt: on
Seed = Annotated[
    int,
    typer.Option(
        metavar="N", envvar="MAESTROKIT_SEED", help="Seed of all random numbers; the same seed gives the same output."
    ),
    SEED,
]
"""Of a command that draws random numbers."""


def device_option(default: str, *marks: object) -> Any:
    """Return the field of the option that says where a network runs."""
    return option(
        default,
        "NAME",
        "Run the network on cpu, cuda, or auto: a GPU if there is one.",
        *marks,
        complete=one_of(kept_in("maestrokit.inference.device:DEVICES")),
    )
