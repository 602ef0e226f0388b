"""Who made a file: the chain of commands, as lines of text that outputs carry.

A line names the program, its version, the command and the options that were given, in the order in which the
command declares them. It holds no clock, host, folder or file of the run, so the same work gives the same bytes: where
an option names a file there is the word of the manual, and a model has its name without the folders above it.
"""

import shlex
from collections.abc import Mapping, Sequence

from maestrokit import __version__

MARK = "maestrokit"


def command_line(command: str, options: Mapping[str, object]) -> str:
    """Return the line for one command.

    >>> command_line("quantize", {"--grid": "1/16", "--no-overlaps": True})
    'maestrokit 0.1.0: quantize --grid 1/16 --no-overlaps'
    """
    words = [command]
    for name, value in options.items():
        words += [name] if value is True else [name, str(value)]
    return f"{MARK} {__version__}: {shlex.join(words)}"


def is_command_line(text: str) -> bool:
    """Return whether a text was made by :func:`command_line`, of any version.

    >>> is_command_line("maestrokit 0.1.0: quantize"), is_command_line("maestrokit take 3: Don't use")
    (True, False)
    """
    program, _, rest = text.partition(" ")
    version, colon, command = rest.partition(": ")
    return program == MARK and bool(colon) and " " not in version and _words(command) != []


def command_lines(text: str) -> list[str]:
    r"""Return the lines of a text, such as the comment of a recording, that were made by :func:`command_line`.

    >>> command_lines("Sonata\nmaestrokit 0.1.0: render")
    ['maestrokit 0.1.0: render']
    """
    return [line for line in text.splitlines() if is_command_line(line)]


def option_of(line: str, command: str, name: str) -> str | None:
    """Return the value that a line of one command gives to an option; None of another command, or without it.

    >>> option_of("maestrokit 0.1.0: generate --model lstm", "generate", "model")
    'lstm'
    """
    words = _words(line.partition(": ")[2])
    key = f"--{name}"
    return words[words.index(key) + 1] if words[:1] == [command] and key in words[:-1] else None


def _words(text: str) -> list[str]:
    """Return the words of a command line; none of a text that is none."""
    try:
        return shlex.split(text)
    except ValueError:  # a quotation that does not end
        return []


def extended(chain: Sequence[str], line: str) -> list[str]:
    """Return the chain with one more command, unless it ends with the very same one: doing it twice is doing it once.

    >>> extended(["a"], "b"), extended(["a", "b"], "b")
    (['a', 'b'], ['a', 'b'])
    """
    return [*chain] if chain and chain[-1] == line else [*chain, line]
