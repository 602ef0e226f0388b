"""The man pages, generated from the commands' own definitions: ``python -m maestrokit.cli.man.pages man``."""

import inspect
import re
import sys
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperArgument

from maestrokit import __version__, registry
from maestrokit.cli.config import FORMS
from maestrokit.cli.main import COMMANDS, app, command
from maestrokit.cli.man.formats import formats_page
from maestrokit.cli.man.settings import settings_section
from maestrokit.cli.variables import SHARED
from maestrokit.errors import ExitStatus

STATUS_MEANINGS = {
    ExitStatus.OK: "All was done.",
    ExitStatus.NO: "The answer is no (evaluate --fail-under, --fail-over).",
    ExitStatus.USAGE: "The command line is wrong.",
    ExitStatus.BAD_DATA: "An input is not what it should be; in a batch, some inputs failed.",
    ExitStatus.NO_INPUT: "An input does not exist or cannot be opened.",
    ExitStatus.BUG: "An internal error.",
    ExitStatus.CANNOT_WRITE: "An output cannot be written.",
    ExitStatus.LOCKED: "What is needed is locked by another process; try later.",
    ExitStatus.BAD_CONFIG: "A configuration file or environment variable is wrong.",
    ExitStatus.HUNG_UP: "The terminal was closed.",
    ExitStatus.INTERRUPTED: "Interrupted from the keyboard.",
    ExitStatus.CLOSED_PIPE: "Standard output was closed by its reader.",
    ExitStatus.TERMINATED: "Terminated by a signal.",
}
ENVIRONMENT = SHARED | {"NO_COLOR": "If set, tables and progress are printed without colour."}

CONFIGURATION = """The file that --config names is TOML. Its keys are the long names of options without their hyphens in
front, and the names of arguments; the inputs of a command (INPUT) are called inputs, a list.
A table named like a command ([quantize]) is for this command, and goes before the
keys above all tables, which are for all commands that have the option. Values are checked as on the command line; an
option that can have no effect is passed over. They are written so:"""


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    names = registry.names(COMMANDS)
    result = {"maestrokit.1": _program_page(names)}
    for name in names:
        result[f"maestrokit-{name}.1"] = _command_page(name, names)
    result["maestrokit-formats.5"] = formats_page(_page, _prose, _items)
    return result


def _program_page(names: Sequence[str]) -> str:
    group = typer.main.get_command(app)
    summaries = [(f"maestrokit-{name}(1)", _summary(command(name))) for name in names]
    return _page(
        "maestrokit",
        "expressive piano music on the command line",
        [
            ("SYNOPSIS", ".B maestrokit\n.I COMMAND\n[OPTIONS] [INPUT]..."),
            ("DESCRIPTION", _prose(group.help or "")),
            ("COMMANDS", _items((f"\\fB{_escape(name)}\\fR", _escape(text)) for name, text in summaries)),
            ("OPTIONS", _options(group)),
            ("EXIT STATUS", _statuses(ExitStatus)),
            ("ENVIRONMENT", _environment("COMMAND", set(ENVIRONMENT))),
            (
                "CONFIGURATION",
                f"{_prose(CONFIGURATION)}\n{_items((_escape(form), _escape(how)) for form, how in FORMS)}",
            ),
            ("SEE ALSO", _see_also([*(f"maestrokit-{name}" for name in names)])),
        ],
    )


def _command_page(name: str, names: Sequence[str]) -> str:
    module, built = registry.load(COMMANDS, name), command(name)
    built.list_names()
    examples = "\n".join(
        f"{_escape(purpose)}:\n.PP\n.RS\n.nf\n{_escape(line)}\n.fi\n.RE\n.PP" for purpose, line in module.EXAMPLES
    )
    references = "\n.PP\n".join(_escape(reference) for reference in module.REFERENCES)
    arguments = " ".join(_argument(parameter) for parameter in built.params if isinstance(parameter, TyperArgument))
    sections = [
        ("SYNOPSIS", f".B maestrokit {name}\n[\\fIOPTIONS\\fR] {arguments}".rstrip()),
        ("DESCRIPTION", _prose(inspect.getdoc(module.run) or "")),
        ("OPTIONS", _options(built)),
        ("SETTINGS", settings_section(_escape, _items) if hasattr(module, "SETTINGS") else ""),
        ("EXIT STATUS", _statuses(ExitStatus)),
        ("ENVIRONMENT", _environment(name, {v for p in built.params for v in _variables(p)})),
        ("EXAMPLES", examples),
        ("REFERENCES", references),
        ("SEE ALSO", _see_also(["maestrokit", *(f"maestrokit-{other}" for other in names if other != name)])),
    ]
    return _page(f"maestrokit-{name}", _summary(built), [section for section in sections if section[1]])


def _page(name: str, summary: str, sections: Iterable[tuple[str, str]], *, section: int = 1) -> str:
    manual = "File Formats" if section == 5 else "User Commands"
    head = f'.TH "{_escape(name.upper())}" "{section}" "" "maestrokit {__version__}" "{manual}"\n'
    head += f".SH NAME\n{_escape(name)} \\- {_escape(summary[:1].lower() + summary[1:].rstrip('.'))}\n"
    return head + "".join(f".SH {title}\n{body}\n" for title, body in sections)


def _summary(built: Any) -> str:
    return str(built.help).split("\n\n", maxsplit=1)[0].replace("\n", " ").strip()


def _prose(text: str) -> str:
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "\n.PP\n".join(_escape(paragraph) for paragraph in paragraphs)


def _options(built: Any) -> str:
    entries = []
    for parameter in built.params:
        if isinstance(parameter, TyperArgument):
            entries.append((f"\\fI{parameter.metavar}\\fR", _escape(parameter.help or "")))
        else:
            entries.append((_spellings(parameter), _escape(_described(parameter))))
    entries.append(("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "Print the options and leave."))
    return _items(entries)


def _argument(parameter: Any) -> str:
    """Return an argument as a synopsis has it: in brackets if it may be left out, with dots if it may be repeated."""
    name = f"\\fI{_escape(str(parameter.metavar))}\\fR"
    dots = "..." if parameter.nargs == -1 else ""
    return f"{name}{dots}" if parameter.required else f"[{name}]{dots}"


def _spellings(parameter: Any) -> str:
    names = sorted([*parameter.opts, *parameter.secondary_opts], key=lambda name: name.startswith("--"))
    spelt = ", ".join(f"\\fB{_escape(name)}\\fR" for name in names)
    return f"{spelt} \\fI{_escape(parameter.metavar or _kind(parameter))}\\fR" if not _is_flag(parameter) else spelt


def _described(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split())
    default = parameter.default
    if default in (None, (), []) or callable(default):
        return text
    if _is_flag(parameter):
        return f"{text} Default: {'on' if default else 'off'}." if parameter.secondary_opts else text
    shown = parameter.show_default if isinstance(parameter.show_default, str) else default
    return f"{text} Default: {shown}."


def _is_flag(parameter: Any) -> bool:
    return bool(getattr(parameter, "is_flag", False) or getattr(parameter, "count", False))


def _kind(parameter: Any) -> str:
    """Return the values that an option takes where it does not say so itself: its choices, or the name of its type."""
    choices = parameter.type_descriptor.choices
    return "|".join(str(getattr(c, "value", c)) for c in choices) if choices else str(parameter.bare_type()).upper()


def _statuses(statuses: Iterable[ExitStatus]) -> str:
    return _items((f"\\fB{status.value}\\fR", _escape(STATUS_MEANINGS[status])) for status in statuses)


def _environment(name: str, variables: Container[str]) -> str:
    """Return the variables that a command reads: one for each option, those of several commands, and NO_COLOR."""
    own = {
        f"MAESTROKIT_{name.upper()}_OPTION": "The value of an option that is not given, - in its name replaced by _."
    }
    shared = {key: text for key, text in ENVIRONMENT.items() if key in variables or key == "NO_COLOR"}
    return _items((f"\\fB{_escape(key)}\\fR", _escape(text)) for key, text in (own | shared).items())


def _variables(parameter: Any) -> list[str]:
    names = parameter.envvar
    return [names] if isinstance(names, str) else list(names or ())


def _items(entries: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f".TP\n{term}\n{text}" for term, text in entries)


def _see_also(names: Iterable[str]) -> str:
    shown = [f"\\fB{_escape(name)}\\fR(1)" for name in names]
    return ",\n".join([*shown, "\\fBmaestrokit\\-formats\\fR(5)"])


def _escape(text: str) -> str:
    """Return text that roff prints as it stands."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return re.sub(r"(?m)^([.'])", r"\\&\1", escaped)


def main(folder: str) -> None:
    """Write all pages into a folder."""
    for name, text in pages().items():
        Path(folder, name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
