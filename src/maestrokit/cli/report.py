"""Words for people, on standard error: errors and notes. Data never comes this way."""

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
    """Print one line; a closed standard error is nobody's error.

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
    """Print where an error came from, for those who mend the program."""
    for line in "".join(traceback.format_exception(error)).splitlines():
        say(line)


def say_error(command: str, error: BaseException, *, verbose: bool) -> ExitStatus:
    """Print an error in the project's form, one line and perhaps one that helps; return the status it stands for."""
    prefix = f"maestrokit {command}".strip()
    if isinstance(error, MaestrokitError):
        say(f"{prefix}: {error.message}")
        if error.hint:
            say(f"  {error.hint}")
        return error.status
    if verbose:
        say_traceback(error)
    say(f"{prefix}: internal error: {type(error).__name__}: {error}")
    if not verbose:
        say("  this is a fault of maestrokit; run again with -vv for the traceback to report")
    return ExitStatus.BUG


@contextlib.contextmanager
def warnings_as_notes(*, quiet: bool) -> Iterator[None]:
    """Print what is in doubt about inputs as notes, each once, or nothing."""
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
    """Return whether a person watches standard error."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
