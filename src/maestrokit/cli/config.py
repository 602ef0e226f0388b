"""Options from a configuration file: below flags and environment variables, above defaults."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from maestrokit import registry
from maestrokit.errors import BadConfigError, choices_hint, nearest_name, reason

FORMS = (
    ("An option without a value", "quiet = true, keep-duplicates = true, remove-duplicates = false"),
    ("A number, also of --verbose", 'steps = 500, or "500"'),
    ("A time", 'duration = "1m30s"'),
    ("Any other value", 'grid = "1/16"'),
    ("Several values, which are given repeatedly or with commas", 'where = ["year=2004", "composer=Bach"]'),
)
"""For the manual: how the values of a configuration file are written."""


def defaults(path: str, context: typer.Context) -> dict[str, Any]:
    """Return the values that a TOML file gives to the options of the running command, as words of a command line.

    Keys are the long names of options, with - or _, and the names of arguments. The table named like the command counts
    before the top level, where a key may belong to other commands only.

    Raises
    ------
    BadConfigError
        If the file cannot be read, is not TOML, or has a table of no command, a key of no option, two keys of one
        option, or a value of a wrong kind.
    """
    content, command = _content(path), str(context.info_name)
    commands = registry.names("maestrokit.cli.commands")
    tables = {name: value for name, value in content.items() if name in commands or isinstance(value, dict)}
    for name, table in tables.items():
        if name not in commands:
            raise BadConfigError(f"'{path}' has [{name}], which is no command", choices_hint(name, commands))
        if not isinstance(table, dict):
            raise BadConfigError(f"'{path}' has '{name}', which is no table", f"write [{name}]")
    shared = {key: value for key, value in content.items() if key not in tables}
    own = tables.get(command, {})
    return _values(path, shared, context, is_shared=True) | _values(path, own, context, is_shared=False)


def _values(path: str, table: Mapping[str, Any], context: typer.Context, *, is_shared: bool) -> dict[str, Any]:
    """Return the values of one table; keys of a shared one may be of other commands."""
    options, command = _options(context.command), str(context.info_name)
    values: dict[str, Any] = {}
    keys: dict[str, str] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name == "config":
            raise BadConfigError(f"'{path}' has '{key}', and a configuration file names no other", "leave it out")
        if name not in options:
            known = _options_of_all() if is_shared else options.keys()
            if name in known:
                continue
            fact = f"'{path}' has '{key}', which is no option of {'any command' if is_shared else command}"
            nearest = nearest_name(name, known)
            question = f"did you mean '{nearest.replace('_', '-')}'? " if nearest else ""
            raise BadConfigError(fact, f"{question}maestrokit {command} --help lists the options")
        parameter, is_opposite = options[name]
        if parameter.name in keys:
            fact = f"'{path}' has '{keys[parameter.name]}' and '{key}', which set the same"
            raise BadConfigError(fact, "leave out one of the two")
        keys[parameter.name] = key
        values[parameter.name] = _value(value, parameter, f"'{path}' has '{key}'", is_opposite=is_opposite)
    return values


def _options(command: Any) -> dict[str, tuple[Any, bool]]:
    """Return the options of a command, and whether their opposites are meant, by their long names with _."""
    return {
        option.lstrip("-").replace("-", "_"): (parameter, option in parameter.secondary_opts)
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--") or not option.startswith("-")
    }


def _options_of_all() -> set[str]:
    from maestrokit.cli.main import command

    return {option for name in registry.names("maestrokit.cli.commands") for option in _options(command(name))}


def _value(value: Any, parameter: Any, subject: str, *, is_opposite: bool) -> Any:
    """Return a value of a file as it would be on the command line."""
    words = value if isinstance(value, list) else [value]
    if getattr(parameter, "is_flag", False):
        if isinstance(value, bool):
            return value != is_opposite  # keep_duplicates = true is remove_duplicates = false
        fact = f"{subject}, which is true or false"
    elif {type(word) for word in words} <= {str, int, float}:
        texts = [str(word) for word in words]
        return texts if getattr(parameter, "multiple", False) or parameter.nargs == -1 else ",".join(texts)
    elif getattr(parameter, "count", False):
        fact = f"{subject}, which must be a number"
    else:
        fact = f"{subject}, whose value is a text, a number or an array of these"
    raise BadConfigError(fact, "maestrokit(1) says how values are written")


def _content(path: str) -> dict[str, Any]:
    import tomllib

    from maestrokit.files.streams import decoded

    try:
        return tomllib.loads(decoded(Path(path).read_bytes()))
    except OSError as error:
        raise BadConfigError(
            f"cannot read '{path}': {reason(error)}", "--config names a TOML file", path=path
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        hint = 'write values as: grid = "1/16"'
        raise BadConfigError(f"cannot read '{path}': not TOML ({error})", hint, path=path) from None
