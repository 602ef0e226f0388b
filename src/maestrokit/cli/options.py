"""The options that commands share, each declared once.

A group of options is a frozen dataclass. A command takes a whole group as one parameter; :func:`spread` turns the
parameter into the group's options for typer, and the values back into the group when the command runs.
"""

import functools
import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import PurePath
from typing import Annotated, Any, get_type_hints

import typer

from maestrokit.bounds import COUNT, Within, check, within_of
from maestrokit.cli.choices import assigned_to, kept_in, models_for, one_of
from maestrokit.cli.report import warnings_as_notes
from maestrokit.errors import ClosedPipe, NoInputError, UsageError
from maestrokit.provenance import command_line

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
        str | None, typer.Option(metavar="FILE", help="Read further inputs from FILE, one a line; - is standard input.")
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
            help="Write one file an input under DIR, mirroring the tree of the inputs.",
        ),
    ] = None
    update: Annotated[
        bool, typer.Option("--update", "-u", help="Skip inputs whose output exists and is not older.")
    ] = False


@dataclass(frozen=True)
class ModelScoring:
    """The model that is scored, instead of the performances themselves."""

    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|RUN",
            help="Score not the inputs but how well a model predicts their events or notes, or hears their notes if "
            "they are recordings: the name of a shipped model, or a run folder of train.",
            autocompletion=one_of(models_for(None)),
        ),
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="With --model, also score 5-grams of PATH; of a MAESTRO root, of its train."),
    ] = None
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="With --model, take only N inputs, evenly spread over all."), COUNT
    ] = None
    stride: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="With --model, how many events or notes the model's view moves on at once. Smaller is slower and "
            "gives every one more to be predicted from. Default: half the view.",
        ),
        COUNT,
    ] = None
    sweep: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=VALUES",
            help="With a --model that transcribes, score each of several values of a threshold: "
            "onset_threshold=0.2..0.6, with a step 0.2..0.6/0.05, or 0.2,0.3,0.5.",
            autocompletion=assigned_to(kept_in("maestrokit.cli.commands.evaluate.transcription_models:SWEPT")),
        ),
    ] = None


@dataclass(frozen=True)
class Running:
    """How the work is done."""

    keep_going: Annotated[
        bool,
        typer.Option(
            "--keep-going/--no-keep-going", "-k", help="Report a bad input and do the rest, or stop at the first."
        ),
    ] = True
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Print what would be read and written, and do nothing.")
    ] = False
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", "-j", metavar="N", envvar="MAESTROKIT_JOBS", help="Work on N inputs at once; 0 is one a core."
        ),
        Within(0, 1024),
    ] = 1
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            envvar="MAESTROKIT_CLUSTER",
            help="Work on the Dask cluster whose scheduler is at ADDRESS, or of a scheduler file.",
        ),
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", count=True, help="Say what was done; twice, show tracebacks of the program's own faults."
        ),
    ] = 0
    provenance: Annotated[
        bool,
        typer.Option("--provenance/--no-provenance", help="Write the chain of commands that made an output into it."),
    ] = True
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
    made_by: str | None = None  # not an option: the line of provenance of this run, None if there shall be none

    @property
    def workers(self) -> int:
        """How many inputs are worked on at once."""
        return self.jobs or os.cpu_count() or 1


@dataclass(frozen=True)
class Reading:
    """How files are read."""

    repair: Annotated[
        bool,
        typer.Option("--repair", help="Read damaged files as far as they make sense, instead of refusing them."),
    ] = False


ASIDE = "writes something aside"
"""Mark, beside typer's, of an option that does not shape the main output and so is no part of its provenance."""


PATHS = ("FILE", "PATH", "DIR", "DATA...")
RUN = "RUN"
SETTING = "NAME=VALUE"
"""Words in the metavar of an option by which its value is a path, or the name of a model that may be one."""


def spread(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function for typer: each parameter that is a group of options is replaced by those options."""
    hints: dict[str, Any] = get_type_hints(run, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    own: list[inspect.Parameter] = []
    shared: list[inspect.Parameter] = []
    for parameter in inspect.signature(run).parameters.values():
        if parameter.name in groups:
            shared += _parameters(groups[parameter.name])
        else:
            own.append(parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY))
    bounds = bounds_of(run)
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    @functools.wraps(run)
    def command(*, context: typer.Context, **values: Any) -> Any:
        _check_bounds(context, bounds, values)
        for name, group in groups.items():
            chosen = {f.name: values.pop(f.name) for f in fields(group) if f.name in values}
            values[name] = group(**chosen)
        for name, value in values.items():
            if isinstance(value, Running) and value.provenance:
                shaping = [p.name for p in own if ASIDE not in getattr(p.annotation, "__metadata__", ())]
                asked = _asked(context, shaping)
                values[name] = replace(value, made_by=command_line(str(context.info_name), asked))
        quiet = any(isinstance(value, Running) and value.quiet for value in values.values())
        try:
            with warnings_as_notes(quiet=quiet):
                return run(**values)
        except BrokenPipeError:
            raise ClosedPipe from None  # typer would make it status 1
        except (UsageError, NoInputError) as error:
            from maestrokit.cli.config import blamed

            raise blamed(error, context) from error.__cause__

    command.__signature__ = inspect.Signature([context, *own, *shared])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in (context, *own, *shared)}
    return command


def bounds_of(run: Callable[..., Any]) -> dict[str, Within]:
    """Return where the numbers of a command's options may lie, by the options' names."""
    found: dict[str, Within] = {}
    for name, hint in get_type_hints(run, include_extras=True).items():
        if is_dataclass(hint):
            found |= bounds_of(hint)  # type: ignore[arg-type]  # a group of options
        elif (within := within_of(hint)) is not None:
            found[name] = within
    return found


def _check_bounds(context: typer.Context, bounds: dict[str, Within], values: dict[str, Any]) -> None:
    """Refuse options whose numbers, or numbers within a text such as ``LOW..HIGH``, are not where they may lie."""
    for parameter in context.command.params:
        within, value = bounds.get(str(parameter.name)), values.get(str(parameter.name))
        if within is not None:
            try:
                check(parameter.opts[0], _numbers(value) if isinstance(value, str) else value, within)
            except UsageError as error:
                from maestrokit.cli.config import blamed

                hint = f"maestrokit {context.info_name} --help says what it means"
                raise blamed(UsageError(error.message, hint), context) from None


def _numbers(text: str) -> list[float]:
    """Return the numbers of a text, LOW..HIGH or several with commas; what is none is for its command to refuse.

    >>> _numbers("-0.5..inf"), _numbers("0.03,1e300"), _numbers("track")
    ([-0.5, inf], [0.03, 1e+300], [])
    """
    found = []
    for word in re.split(r"\.\.|,", text):
        try:
            found.append(float(word))
        except ValueError:
            continue
    return found


def _parameters(group: type) -> list[inspect.Parameter]:
    """Return the options of a group as parameters; fields that carry no option stay out."""
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in fields(group)
        if hasattr(hints[f.name], "__metadata__")
    ]


def _asked(context: typer.Context, names: list[str]) -> dict[str, object]:
    """Return the options of the command's own that differ from their defaults, as spelt on a command line."""
    asked: dict[str, object] = {}
    for parameter in context.command.params:
        value = context.params.get(str(parameter.name))
        if parameter.name not in names or value is None or value in (parameter.default, [], ()):
            continue
        if isinstance(value, bool):
            spellings = parameter.opts if value else parameter.secondary_opts
            asked[spellings[0]] = True
        else:
            asked[parameter.opts[0]] = _spelling(value, parameter.metavar or "")
    return asked


def _spelling(value: object, metavar: str) -> str:
    """Return a value as one word that tells no file or folder: the word of the metavar, where that says it is a path.

    The name of a model is the last part of its folder, and so is what a setting names.

    >>> _spelling("takes/a.txt", "FILE|track"), _spelling("track", "FILE|track"), _spelling("1/16", "VALUES")
    ('FILE', 'track', '1/16')
    >>> _spelling("runs/t1", "NAME|RUN"), _spelling(["a.mid", "b"], "PATH")
    ('t1', 'PATH,PATH')
    >>> _spelling(["pianos=home/a.sf2,b/c", "dropout=0.1"], "NAME=VALUE")
    'pianos=a.sf2,c,dropout=0.1'
    """
    if isinstance(value, list | tuple):
        return ",".join(_spelling(part, metavar) for part in value)
    text, words = str(value), metavar.split("|")
    if metavar == SETTING:
        text = re.sub(r"[^=,|]+", lambda part: PurePath(part[0]).name or part[0], text)
    if text in words:
        return text
    if paths := [word for word in words if word in PATHS]:
        return paths[0]
    if RUN in words:
        text = PurePath(text).name or RUN
    return text.encode("utf-8", "backslashreplace").decode()


__all__ = ["ASIDE", "Inputs", "Outputs", "Reading", "Running", "spread"]
