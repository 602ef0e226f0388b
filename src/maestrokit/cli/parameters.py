"""From the parameters of a command's function to options for typer, and from their values back.

The values of a running command make its line of provenance, too: its own options that differ from their defaults,
without any path.
"""

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import PurePath
from typing import Any, get_type_hints

import typer

from maestrokit.bounds import Within, check, within_of
from maestrokit.cli.choices import ASIDE, Listed, Names, Sets
from maestrokit.cli.errors import in_command_words
from maestrokit.cli.options import Common, Provenance
from maestrokit.cli.report import warnings_as_notes
from maestrokit.errors import ClosedPipe
from maestrokit.provenance import command_line

PATHS = ("FILE", "PATH", "DIR", "DATA")
RUN = "RUN"
SETTING = "NAME=VALUE"
"""Words in the metavar of an option by which its value is a path, or the name of a model that may be one."""


def expanded(run: Callable[..., Any]) -> Callable[..., Any]:
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
    shaping = [p.name for p in own if ASIDE not in getattr(p.annotation, "__metadata__", ())]

    @functools.wraps(run)
    def command(*, context: typer.Context, **values: Any) -> Any:
        with in_command_words(context):
            _check_bounds(context, bounds, values)
            for name, group in groups.items():
                values[name] = group(**{f.name: values.pop(f.name) for f in fields(group) if f.name in values})
            for name, value in values.items():
                if isinstance(value, Provenance) and value.provenance:
                    values[name] = replace(value, made_by=_line_of(context, shaping))
            quiet = any(isinstance(value, Common) and value.quiet for value in values.values())
            try:
                with warnings_as_notes(quiet=quiet):
                    return run(**values)
            except BrokenPipeError:
                raise ClosedPipe from None  # typer would make it status 1

    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    command.__signature__ = inspect.Signature([context, *own, *shared])  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in (context, *own, *shared)}
    return command


def bounds_of(run: Callable[..., Any]) -> dict[str, Within]:
    """Return the bounds of a command's numbers, by the names of their options."""
    bounds: dict[str, Within] = {}
    for name, hint in get_type_hints(run, include_extras=True).items():
        if is_dataclass(hint):
            bounds |= bounds_of(hint)  # type: ignore[arg-type]  # a group of options
        elif (within := within_of(hint)) is not None:
            bounds[name] = within
    return bounds


def names_marked(run: Callable[..., Any], mark: type[Listed | Sets]) -> dict[str, Names]:
    """Return the names that the marks of one kind give to the options of a command, by the options' own names."""
    hints = get_type_hints(run, include_extras=True)
    return {
        name: one.names
        for name, hint in hints.items()
        for one in getattr(hint, "__metadata__", ())
        if isinstance(one, mark)
    }


def _check_bounds(context: typer.Context, bounds: dict[str, Within], values: dict[str, Any]) -> None:
    """Refuse options whose numbers, or numbers within a text such as ``LOW..HIGH``, are outside their bounds."""
    for parameter in context.command.params:
        name = str(parameter.name)
        if name in bounds:
            value = values.get(name)
            check(name, _numbers(value) if isinstance(value, str) else value, bounds[name])


def _numbers(text: str) -> list[float]:
    """Return the numbers of a text, LOW..HIGH or several with commas; what is none is for its command to refuse.

    >>> _numbers("-0.5..inf"), _numbers("0.03,1e300"), _numbers("track")
    ([-0.5, inf], [0.03, 1e+300], [])
    """
    numbers = []
    for word in re.split(r"\.\.|,", text):
        try:
            numbers.append(float(word))
        except ValueError:
            continue
    return numbers


def _parameters(group: type) -> list[inspect.Parameter]:
    """Return the options of a group as parameters; fields that carry no option stay out."""
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=hints[f.name])
        for f in fields(group)
        if hasattr(hints[f.name], "__metadata__")
    ]


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
