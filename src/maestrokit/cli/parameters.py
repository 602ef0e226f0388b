"""From the parameters of a command's function to options for typer, and from their values back."""

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_type_hints

import typer

from maestrokit.bounds import Within, check, within_of
from maestrokit.cli.choices import Names
from maestrokit.cli.errors import in_command_words
from maestrokit.cli.made_by import line_of
from maestrokit.cli.marks import ASIDE, Listed, Sets
from maestrokit.cli.options import Common, Provenance
from maestrokit.cli.report import warnings_as_notes
from maestrokit.errors import ClosedPipe


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
                    values[name] = replace(value, made_by=line_of(context, shaping))
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


def aliases_of(run: Callable[..., Any]) -> dict[str, Names]:
    """Return the other names of the parameters that a command's options set, by the names of the options."""
    return {name: mark.names for name, mark in _marks(run, Sets)}


def lists(run: Callable[..., Any]) -> dict[str, Names]:
    """Return where the names are from that the help of a command lists, by parameter."""
    return {name: mark.names for name, mark in _marks(run, Listed)}


def _marks(run: Callable[..., Any], kind: type) -> list[tuple[str, Any]]:
    return [
        (name, mark)
        for name, hint in get_type_hints(run, include_extras=True).items()
        for mark in getattr(hint, "__metadata__", ())
        if isinstance(mark, kind)
    ]


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
