"""Errors and notes on standard error. Data are never written there."""

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from typing import TextIO

from maestrokit.errors import DataWarning, ExitStatus, MaestrokitError

_CONTROLS = {code: ascii(chr(code))[1:-1] for code in (*range(32), *range(127, 160))}


def say(text: str) -> None:
    """Print one line; that standard error is closed is no error.

    Control characters, which names of files may hold, are escaped: a line stays a line, and a terminal as it is.
    """
    if sys.stderr is None:  # closed; print would take standard output instead
        return
    try:
        print(printable(text), file=sys.stderr, flush=True)
    except OSError:
        return


def printable(text: str) -> str:
    """Return a text with its control characters escaped."""
    return text.translate(_CONTROLS)


def say_traceback(error: BaseException) -> None:
    """Print the traceback of an error."""
    for line in "".join(traceback.format_exception(error)).splitlines():
        say(line)


def say_error(command: str, error: BaseException, *, verbose: bool) -> ExitStatus:
    """Print an error, one line and perhaps a hint; return its exit status."""
    prefix = f"maestrokit {command}".strip()
    if isinstance(error, MaestrokitError):
        say(f"{prefix}: {error}")
        if error.hint:
            say(f"  {error.hint}")
        return error.status
    if verbose:
        say_traceback(error)
    say(f"{prefix}: internal error: {type(error).__name__}: {error}")
    if not verbose:
        say("  this is a fault in maestrokit; run again with -vv for the traceback to report")
    return ExitStatus.BUG


@contextlib.contextmanager
def warnings_as_notes(*, quiet: bool) -> Iterator[None]:
    """Print DataWarnings as notes, each once, or none of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if quiet else "always", DataWarning)
        show, printed = warnings.showwarning, set[str]()

        def say_note(
            message: Warning | str, category: type[Warning], filename: str, lineno: int,
            file: TextIO | None = None, line: str | None = None,
        ) -> None:  # fmt: skip
            if not issubclass(category, DataWarning):
                show(message, category, filename, lineno, file, line)
            elif str(message) not in printed:
                printed.add(str(message))
                say(f"note: {message}")

        warnings.showwarning = say_note
        yield


def is_terminal() -> bool:
    """Return whether standard error is a terminal that shows progress."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
