"""The line of provenance of a running command: its own options that differ from their defaults, without any path."""

import re
from pathlib import PurePath

import typer

from maestrokit.provenance import command_line

PATHS = ("FILE", "PATH", "DIR", "DATA")
RUN = "RUN"
SETTING = "NAME=VALUE"
"""Words in the metavar of an option by which its value is a path, or the name of a model that may be one."""


def line_of(context: typer.Context, names: list[str]) -> str:
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
