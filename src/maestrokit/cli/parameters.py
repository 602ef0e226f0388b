"""From the parameters of a command's function to options for typer, and from their values back.

The values of a running command make its line of provenance, too: its own options that differ from their defaults,
without any path.
"""

import contextlib
import functools
import inspect
import os
import re
from collections.abc import Callable, Container, Iterator, Mapping
from copy import copy
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo, ParameterInfo

from maestrokit.bounds import Within, check
from maestrokit.cli.choices import Listed, Names, Sets
from maestrokit.cli.declare import (
    ASIDE,
    INFO,
    MARKS,
    TIME,
    Cases,
    Excludes,
    check_cases,
    check_names,
    sentence,
    settle_exclusions,
)
from maestrokit.cli.errors import in_command_words
from maestrokit.cli.options import Common, Provenance
from maestrokit.cli.parse import number_reader, seconds
from maestrokit.cli.report import say, warnings_as_notes
from maestrokit.errors import ClosedPipe, UsageError
from maestrokit.provenance import command_line

Mark = TypeVar("Mark")

PATHS = ("FILE", "PATH", "DIR", "DATA", "SCORE", "TAKE")
RUN = "RUN"
SETTING = "NAME=VALUE"
"""Words in the metavar of an option by which its value is a path, or the name of a model that may be one."""


def expanded(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function for typer: each parameter that is a group of options is replaced by those options."""
    hints: dict[str, Any] = get_type_hints(run, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    own, shared = _own_and_shared(run, hints)
    shaping = [p.name for p in own if ASIDE not in getattr(p.annotation, "__metadata__", ())]
    settle, cases = _settler(run), _cases(run)

    @functools.wraps(run)
    def command(*, context: typer.Context, **values: Any) -> Any:
        with in_command_words(context):
            settle(context, values)
            for name, group in groups.items():
                values[name] = group(**{f.name: values.pop(f.name) for f in fields(group) if f.name in values})
            for name, value in values.items():
                if isinstance(value, Provenance) and value.provenance:
                    values[name] = replace(value, made_by=_line_of(context, shaping))
            quiet = any(isinstance(value, Common) and value.quiet for value in values.values())
            if not quiet and any(name.startswith("MAESTROKIT_") for name in os.environ):
                from maestrokit.cli.variables import unknown_variables

                for line in unknown_variables(context):
                    say(f"note: {line}")
            try:
                with warnings_as_notes(quiet=quiet):
                    return run(**values)
            except BrokenPipeError:
                raise ClosedPipe from None  # typer would make it status 1

    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    arguments = {p.name: str(info.metavar) for p in own if isinstance(info := _info(p.annotation), ArgumentInfo)}
    parameters = [context, *(p.replace(annotation=_prepared(p, arguments, cases)) for p in (*own, *shared))]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _own_and_shared(
    run: Callable[..., Any], hints: Mapping[str, Any]
) -> tuple[list[inspect.Parameter], list[inspect.Parameter]]:
    """Return the options that are a command's own, and those that it shares with others."""
    own: list[inspect.Parameter] = []
    shared: list[inspect.Parameter] = []
    for parameter in inspect.signature(run).parameters.values():
        hint = hints[parameter.name]
        if is_dataclass(hint):
            is_shared = any(base.__module__ == Common.__module__ for base in hint.__mro__)  # type: ignore[union-attr]
            (shared if is_shared else own).extend(_options(hint))
        else:
            own.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))
    return own, shared


def _settler(run: Callable[..., Any]) -> Callable[[typer.Context, dict[str, Any]], None]:
    """Return the function that checks the values of a command, and leaves out those that can have no effect."""
    bounds, exclusions, cases = bounds_of(run), marked(run, Excludes), _cases(run)
    times = {name for name, hint in _annotations(run) if TIME in getattr(hint, "__metadata__", ())}

    def settle(context: typer.Context, values: dict[str, Any]) -> None:
        settle_exclusions(context, exclusions, values)
        check_names(context)
        check_cases(context, cases, values)
        _check_bounds(context, bounds, values, times)

    return settle


def _cases(run: Callable[..., Any]) -> dict[str, Cases]:
    """Return when the options of a command have an effect: by their marks, and by the table of the command."""
    return {**marked(run, Cases), **run.__globals__.get("CASES", {})}


def _options(group: Any) -> list[inspect.Parameter]:
    """Return the options of a group as parameters; fields that carry no option stay out."""
    hints = get_type_hints(group)
    return [
        inspect.Parameter(
            f.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if f.default is MISSING else f.default,
            annotation=Annotated[hints[f.name], f.metadata[INFO], *f.metadata[MARKS]],
        )
        for f in fields(group)
        if INFO in f.metadata
    ]


def _annotations(run: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names and annotations of a command's options, those of groups among them."""
    for name, hint in get_type_hints(run, include_extras=True).items():
        if is_dataclass(hint):
            yield from ((parameter.name, parameter.annotation) for parameter in _options(hint))
        else:
            yield name, hint


def marked(run: Callable[..., Any], kind: type[Mark]) -> dict[str, Mark]:
    """Return the marks of one kind, by the names of the options of a command that have one."""
    return {
        name: mark
        for name, hint in _annotations(run)
        for mark in getattr(hint, "__metadata__", ())
        if isinstance(mark, kind)
    }


def bounds_of(run: Callable[..., Any]) -> dict[str, Within]:
    """Return the bounds of a command's numbers, by the names of their options."""
    return marked(run, Within)


def names_marked(run: Callable[..., Any], mark: type[Listed | Sets]) -> dict[str, Names]:
    """Return the names that the marks of one kind give to the options of a command, by the options' own names."""
    return {name: listed.names for name, listed in marked(run, mark).items()}


def _info(annotation: Any) -> Any:
    """Return what an annotation tells typer."""
    return next((part for part in getattr(annotation, "__metadata__", ()) if isinstance(part, ParameterInfo)), None)


def _prepared(parameter: inspect.Parameter, arguments: Mapping[str, str], cases: Mapping[str, Cases]) -> Any:
    """Return the annotation of an option with numbers read, and refused, in our words, and with cases in its help."""
    annotation = parameter.annotation
    info, base = copy(_info(annotation)), annotation.__origin__
    kind = next((number_type for number_type in (int, float) if number_type in (base, *get_args(base))), None)
    if kind is not None and not getattr(info, "count", False):
        is_time = TIME in annotation.__metadata__
        info.parser = number_reader(partial(seconds, parameter=parameter.name) if is_time else kind)
        if is_time and isinstance(parameter.default, float):
            info.show_default = _spelling(parameter.default, "TIME")
    if parameter.name in cases:
        info.help = f"{info.help} {sentence(cases[parameter.name], arguments)}"
    return Annotated[base, info]


def _check_bounds(
    context: typer.Context, bounds: dict[str, Within], values: dict[str, Any], times: Container[str]
) -> None:
    """Refuse options whose numbers, or numbers within a text such as ``LOW..HIGH``, are outside their bounds."""
    for parameter in context.command.params:
        name = str(parameter.name)
        if name in bounds:
            value = values.get(name)
            is_time = name in times
            read = partial(seconds, parameter=name) if is_time else float
            numbers = _numbers(value, read) if isinstance(value, str) else value
            check(name, numbers, bounds[name], unit=" s" * is_time)


def _numbers(text: str, read: Callable[[str], float]) -> list[float]:
    """Return the numbers of a text, LOW..HIGH or several with commas; what is none is for its command to refuse.

    >>> _numbers("-0.5..inf", float), _numbers("30ms,2s", seconds), _numbers("track", float)
    ([-0.5, inf], [0.03, 2.0], [])
    """
    numbers = []
    for word in re.split(r"\.\.|,", text):
        with contextlib.suppress(ValueError, UsageError):
            numbers.append(read(word))
    return numbers


def _line_of(context: typer.Context, names: list[str]) -> str:
    """Return the line for a command, with those of the named options that differ from their defaults."""
    options: dict[str, object] = {}
    for parameter in context.command.params:
        value = context.params.get(str(parameter.name))
        if parameter.name not in names or value is None or value in (parameter.default, [], ()):
            continue
        if isinstance(value, bool):
            spellings = parameter.opts if value else parameter.secondary_opts
            options[spellings[0]] = True
        else:
            options[parameter.opts[0]] = _spelling(value, parameter.metavar or "")
    return command_line(str(context.info_name), options)


def _spelling(value: object, metavar: str) -> str:
    """Return a value as one word without any path: the word of the metavar, where that says that it is a path.

    The name of a model is the last part of its folder, and so is what a setting names. A time gets its unit.

    >>> _spelling("takes/a.txt", "FILE|track"), _spelling("track", "FILE|track"), _spelling("1/16", "VALUES")
    ('FILE', 'track', '1/16')
    >>> _spelling(0.05, "TIME"), _spelling(1.0, "TIME"), _spelling(2.5, "TIME")
    ('50ms', '1s', '2.5s')
    >>> _spelling(["a=takes/b.mid"], "NAME=PATH|MODEL")
    'a=PATH'
    >>> _spelling("runs/t1", "NAME|RUN"), _spelling(["a.mid", "b"], "PATH")
    ('t1', 'PATH,PATH')
    >>> _spelling(["pianos=home/a.sf2,b/c", "dropout=0.1"], "NAME=VALUE")
    'pianos=a.sf2,c,dropout=0.1'
    """
    if isinstance(value, list | tuple):
        return ",".join(_spelling(part, metavar) for part in value)
    text, words = str(value), re.split(r"[|=]", metavar)
    if isinstance(value, float) and "TIME" in words:
        return f"{value:g}s" if value == 0 or value >= 1 else f"{value * 1000:g}ms"
    if metavar == SETTING:
        text = re.sub(r"[^=,|]+", lambda part: PurePath(part[0]).name or part[0], text)
    if text in words:
        return text
    if paths := [word for word in words if word in PATHS]:
        return f"{text.partition('=')[0]}={paths[0]}" if "=" in metavar else paths[0]
    if RUN in words:
        text = PurePath(text).name or RUN
    return text.encode("utf-8", "backslashreplace").decode()
