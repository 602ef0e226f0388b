"""Options from a configuration file: below flags and environment variables, above defaults."""

from pathlib import Path
from typing import Any

import typer

from maestrokit import registry
from maestrokit.errors import BadConfigError, reason


def defaults(path: str, context: typer.Context) -> dict[str, Any]:
    """Return the values that a TOML file gives to the options of the running command.

    Keys are the long names of options, with - or _. The table named like the command counts before the top level,
    where a key may belong to other commands only.

    Raises
    ------
    BadConfigError
        If the file cannot be read, is not TOML, or its table for this command has a key that is no option.
    """
    content = _content(path)
    options = {
        option.lstrip("-").replace("-", "_"): (str(parameter.name), option in parameter.secondary_opts)
        for parameter in context.command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    lists = {str(parameter.name) for parameter in context.command.params if getattr(parameter, "multiple", False)}
    values: dict[str, Any] = {}
    commands = registry.names("maestrokit.cli.commands")
    own = content.get(str(context.info_name), {})
    if not isinstance(own, dict):
        raise BadConfigError(f"'{path}' has '{context.info_name}', which is no table", f"write [{context.info_name}]")
    for table in (content, own):
        for key, value in table.items():
            name, is_opposite = options.get(key.replace("-", "_"), ("", False))
            if name and not isinstance(value, dict):
                values[name] = [value] if name in lists and not isinstance(value, list) else value
                if is_opposite and isinstance(value, bool):  # keep_duplicates = true is remove_duplicates = false
                    values[name] = not value
            elif table is not content or (isinstance(value, dict) and key not in commands):
                raise BadConfigError(
                    f"'{path}' has '{key}', which is no option of {context.info_name}",
                    f"maestrokit {context.info_name} --help lists them",
                )
    return values


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
