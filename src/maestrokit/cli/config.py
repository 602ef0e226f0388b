"""Options from a configuration file, below flags and environment, above defaults; and which of these is wrong."""

import re
from pathlib import Path
from typing import Any

import typer

from maestrokit import registry
from maestrokit.errors import BadConfigError, MaestrokitError, reason


def defaults(path: str, context: typer.Context) -> dict[str, Any]:
    """Return the values that a TOML file gives to the options of the running command.

    Keys are the long names of options, with - or _. The table named like the command counts before the top level,
    where a key may belong to other commands only.

    Raises
    ------
    BadConfigError
        If the file cannot be read, is not TOML, or its table for this command has a key that is no option.
    """
    import tomllib

    from maestrokit.files.text import decoded

    try:
        content = tomllib.loads(decoded(Path(path).read_bytes()))
    except OSError as error:
        raise BadConfigError(f"cannot read '{path}': {reason(error)}", "--config names a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfigError(f"cannot read '{path}': not TOML ({error})", 'write values as: grid = "1/16"') from None
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


def origin(parameter: Any, context: typer.Context) -> str | None:
    """Return the variable, or the key and the file, that an option's value is from; None if from neither."""
    source = getattr(context.get_parameter_source(str(parameter.name)), "name", "")
    if source == "ENVIRONMENT":
        return str(parameter.envvar)
    if source == "DEFAULT_MAP":
        return f"{long_name(parameter)} in '{context.params.get('config')}'"
    return None


def long_name(parameter: Any) -> str:
    """Return the long name of an option, without its hyphens."""
    return next((str(name[2:]) for name in parameter.opts if name.startswith("--")), str(parameter.name))


def blamed(error: MaestrokitError, context: typer.Context) -> MaestrokitError:
    """Return an error as one of configuration, where its words point to a value of the environment or of a file.

    They do if they quote the value, or name the option and no other one that stands on the command line.
    """
    origins = [(one, place) for one in context.command.params if (place := origin(one, context)) is not None]
    typed = [one for one in context.command.params
             if getattr(context.get_parameter_source(str(one.name)), "name", "") == "COMMANDLINE"]  # fmt: skip
    words = f"{error.message} {error.hint}"
    guilty = [place for one, place in origins if _quotes(error.message, context.params.get(str(one.name)))]
    if not guilty and not any(_names(words, one) for one in typed):
        guilty = [place for one, place in origins if _names(words, one)]
    if not guilty:
        return error
    return BadConfigError(f"{error.message} (from {guilty[0]})", error.hint)


def _quotes(message: str, value: object) -> bool:
    values = value if isinstance(value, list | tuple) else [value]
    texts = [part for one in values for part in (str(one), *str(one).split("="))]
    return any(f"'{text}'" in message or f" {text} " in f"{message} ".replace(",", " ") for text in texts if text)


def _names(words: str, parameter: Any) -> bool:
    name = long_name(parameter)
    return re.search(rf"(--{re.escape(name)}|\b{re.escape(name.replace('-', '_'))})\b", words) is not None
