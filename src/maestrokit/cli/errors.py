"""Errors in the words of the command line: which option, variable or configuration key is at fault.

The library names parameters by their Python names, as :class:`~maestrokit.errors.MaestrokitError` says. Here, and
nowhere else, they become the options of the running command.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperOption

from maestrokit.cli import report
from maestrokit.cli.choices import Names
from maestrokit.errors import (
    PARAMETER,
    BadConfigError,
    ExitStatus,
    MaestrokitError,
    NoInputError,
    UsageError,
    nearest_name,
)

if TYPE_CHECKING:
    from maestrokit.cli.options import Jobs

ELSEWHERE = {"repair": "maestrokit quantize --repair --grid none keeps what can be salvaged of it"}
"""Hints in place of those that name a parameter of another command only."""

TALLY = "tally"
"""Where the context of a command that works on a batch has its tally."""


@dataclass
class Tally:
    """How many inputs of a batch there are, and how many are done."""

    inputs: int
    done: int = 0


class Interrupted(BaseException):
    """Ctrl-C was pressed; typer would answer a KeyboardInterrupt itself."""


_running: ContextVar[typer.Context | None] = ContextVar("running", default=None)


@contextlib.contextmanager
def in_command_words(context: typer.Context) -> Iterator[None]:
    """Let errors speak of the options of a command while it runs, and an interrupt of how far it got."""
    token = _running.set(context)
    try:
        yield
    except MaestrokitError as error:
        raise explained(error) from error.__cause__
    except (KeyboardInterrupt, Interrupted):
        tally = context.meta.get(TALLY)
        raise Interrupted("" if tally is None else f", {tally.done} of {tally.inputs} done") from None
    finally:
        _running.reset(token)


def running_command() -> typer.Context | None:
    """Return the context of the command that runs; None where there is none, as in a library."""
    return _running.get()


def is_typed(name: str) -> bool:
    """Return whether an option of the running command is on the command line."""
    return _source_of_name(name) == "COMMANDLINE"


def is_given(name: str) -> bool:
    """Return whether the value of an option of the running command is from anywhere but its default."""
    return _source_of_name(name) not in ("", "DEFAULT")


def _source_of_name(name: str) -> str:
    context = _running.get()
    return "" if context is None else str(getattr(context.get_parameter_source(name), "name", ""))


@contextlib.contextmanager
def about(parameter: str) -> Iterator[None]:
    """Say of errors which parameter of the command they are about, where the library cannot know."""
    try:
        yield
    except MaestrokitError as error:
        error.parameter = parameter
        raise


def explained(error: MaestrokitError) -> MaestrokitError:
    """Return an error with the options of the running command in place of the library's parameters.

    It is one of configuration if the value at fault comes from the environment or from a file.
    """
    context = _running.get()
    if context is None:
        return error
    options = _options(context)
    fact = PARAMETER.sub(lambda name: _spelled(options, name[1]) or name[1], error.fact)
    names = PARAMETER.findall(error.fact) if error.parameter is None else [error.parameter]
    source = _common_origin([_option_that_set(options[name], context) for name in names if name in options], context)
    hint = _hint(error, options, context)
    if source is None or not isinstance(error, UsageError | NoInputError):
        return type(error)(fact, hint, path=error.path)
    return BadConfigError(f"{fact} (from {source})", hint, path=error.path)


def failed(command: str, error: MaestrokitError, running: "Jobs") -> ExitStatus:
    """Print the error of one input, and return its status.

    Raises
    ------
    typer.Exit
        Without ``running.keep_going``.
    """
    status = report.say_error(command, explained(error), verbose=running.verbose > 1)
    if not running.keep_going:
        raise typer.Exit(status)
    return status


def common_status(failures: Iterable[ExitStatus]) -> ExitStatus:
    """Return the status of a run in which inputs failed: their common one, else the most severe, else 65."""
    kinds = set(failures)
    if len(kinds) == 1:
        return kinds.pop()
    for status in (ExitStatus.CANNOT_WRITE, ExitStatus.BUG):
        if status in kinds:
            return status
    return ExitStatus.BAD_DATA


def origin(parameter: Any, context: typer.Context) -> str | None:
    """Return the variable, or the key and the file, that an option's value is from; None if from neither."""
    source = source_of(parameter, context)
    if source == "ENVIRONMENT":
        names = [parameter.envvar] if isinstance(parameter.envvar, str) else parameter.envvar
        return next((str(name) for name in names if os.environ.get(name)), None)
    if source == "DEFAULT_MAP":
        return f"{long_name(parameter)} in '{context.params.get('config')}'"
    return None


def long_name(parameter: Any) -> str:
    """Return the long name of an option, without its hyphens."""
    return next((str(name[2:]) for name in parameter.opts if name.startswith("--")), str(parameter.name))


def nearest_option(error: object, context: typer.Context | None) -> str | None:
    """Return the option that a mistyped one is part of, else the one that it is nearest to; None if there is none."""
    word = str(getattr(error, "option_name", "")).lstrip("-")
    if not hasattr(error, "possibilities") or context is None:
        return None
    names = [
        name[2:]
        for parameter in context.command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name[:2] == "--"
    ]
    parts = [name for name in names if name.startswith(f"{word}-") or name.endswith(f"-{word}")]
    nearest = next(iter(parts), None) or nearest_name(word, [*names, "help"])
    return f"--{nearest}" if nearest else None


def _options(context: typer.Context) -> dict[str, list[tuple[Any, str]]]:
    """Return the options of a command, and how each is written, by the names of the parameters that it sets."""
    options: dict[str, list[tuple[Any, str]]] = {}
    aliases: Mapping[str, Names] = getattr(context.command, "aliases", {})
    for parameter in context.command.params:
        is_option = isinstance(parameter, TyperOption)
        spelled = f"--{long_name(parameter)}" if is_option else str(parameter.metavar or parameter.name).strip("[].")
        names = {str(parameter.name): spelled, long_name(parameter).replace("-", "_"): spelled}
        names |= {word.lstrip("-").replace("-", "_"): word for word in parameter.secondary_opts}
        for name, word in names.items():
            options.setdefault(name, []).append((parameter, word))
    for parameter in context.command.params:
        word = f"--{long_name(parameter)}"
        for name in aliases[str(parameter.name)]() if parameter.name in aliases else ():
            text = f"{word} {name}" if getattr(parameter, "multiple", False) else word
            options.setdefault(name, []).append((parameter, text))
    return options


def _spelled(options: Mapping[str, list[tuple[Any, str]]], name: str) -> str | None:
    """Return how a parameter is set on the command line; None if the command has no option for it."""
    return options[name][0][1] if name in options else None


def _option_that_set(candidates: list[tuple[Any, str]], context: typer.Context) -> Any:
    """Return the option that set a parameter, of several that might have; the first if none did."""
    sources = [source_of(parameter, context) for parameter, _ in candidates]
    return next(
        (pair[0] for pair, source in zip(candidates, sources, strict=True) if source not in ("DEFAULT", "")),
        candidates[0][0],
    )


def _common_origin(parameters: list[Any], context: typer.Context) -> str | None:
    """Return where the values at fault are from; None if one of them is from the command line, or all are defaults."""
    if any(source_of(parameter, context) == "COMMANDLINE" for parameter in parameters):
        return None
    return next((name for parameter in parameters if (name := origin(parameter, context)) is not None), None)


def source_of(parameter: Any, context: typer.Context) -> str:
    """Return where an option's value is from: DEFAULT, DEFAULT_MAP (a file), ENVIRONMENT or COMMANDLINE."""
    return str(getattr(context.get_parameter_source(str(parameter.name)), "name", ""))


def _hint(error: MaestrokitError, options: Mapping[str, Any], context: typer.Context) -> str | None:
    """Return the hint, in the words of the command; the part that it can follow, another one, or none."""
    if error.hint is None:
        is_known = isinstance(error, UsageError) and error.parameter in options
        return f"maestrokit {context.info_name} --help says what it means" if is_known else None
    ways = error.hint.split(", or ")
    hint = ", or ".join(way for way in ways if all(name in options for name in PARAMETER.findall(way)))
    if not hint:
        return next((ELSEWHERE.get(name) for name in PARAMETER.findall(error.hint) if name not in options), None)
    return PARAMETER.sub(lambda name: str(_spelled(options, name[1])), hint)
