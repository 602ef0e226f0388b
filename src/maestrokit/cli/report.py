"""Errors, notes and progress on standard error. Data are never written there."""

import contextlib
import os
import sys
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any, TextIO, TypeVar

from maestrokit.errors import DataWarning, ExitStatus, MaestrokitError

Result = TypeVar("Result")
PATIENCE = 0.5  # seconds that one input may take before anything is shown
FIELDS = ("count", "name", "seconds", "rate")

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


def counted(number: int, thing: str) -> str:
    """Return a number of things in words.

    >>> counted(1, "note"), counted(2, "note")
    ('1 note', '2 notes')
    """
    return f"{number} {thing}{'s' * (number != 1)}"


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


def with_progress(results: Iterable[Result], *, names: Sequence[str], label: str, quiet: bool) -> Iterator[Result]:
    """Yield results, one for each name, with a line of progress at a terminal unless it is quiet.

    Parameters
    ----------
    results : iterable
        As many as names, in their order; computed as they are taken, in this process or in others.
    names : sequence of str
        Of the inputs.
    label : str
        Stands before the bar.
    """
    if quiet or not names or not is_terminal():
        yield from results
        return
    from maestrokit.files.progress import reported_to

    line, remaining = _ProgressLine(label, len(names)), iter(results)
    try:
        for name in names:
            line.begin(name)
            with reported_to(line.advance):
                result = next(remaining)
            yield result
        yield from remaining  # none are left, and whatever computed them comes to its end
    finally:
        line.close()


class _ProgressLine:
    """A bar with the name of an input, the seconds of it that are done, and how many times faster than real time."""

    def __init__(self, label: str, inputs: int) -> None:
        self._label, self._inputs, self._begun = label, inputs, 0
        self._start = 0.0
        self._fields = dict.fromkeys(FIELDS, "")
        self._bar: Any = None
        self._row: Any = None

    def begin(self, name: str) -> None:
        """Show that the next input is worked on."""
        self._begun += 1
        self._start = time.monotonic()
        self._fields = dict.fromkeys(FIELDS, "") | {"name": printable(PurePath(name).name)}
        if self._inputs > 1:
            self._fields["count"] = f"{self._begun} of {self._inputs}"
            self._show(0.0)

    def advance(self, seconds: float, total: float | None) -> None:
        """Show how many seconds of the input are done."""
        elapsed = time.monotonic() - self._start
        self._fields["seconds"] = f"{seconds:.0f} s" if total is None else f"{seconds:.0f} of {total:.0f} s"
        self._fields["rate"] = f"{seconds / elapsed:.3g} x real time" if elapsed > 0 else ""
        if self._bar is not None or elapsed >= PATIENCE:
            self._show(min(seconds / total, 1.0) if total else None)

    def close(self) -> None:
        """Take the line away."""
        if self._bar is not None:
            self._bar.stop()

    def _show(self, share: float | None) -> None:
        """Show the line, with so much of the input done; None where its length is unknown."""
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            columns = [TextColumn("{task.fields[" + name + "]}", markup=False) for name in FIELDS]
            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(), *columns,
                console=Console(stderr=True), transient=True, redirect_stdout=False,
            )  # fmt: skip
            self._row = self._bar.add_task(self._label, total=self._inputs, **self._fields)
            self._bar.start()
        is_endless = share is None and self._inputs == 1
        self._bar.update(
            self._row, total=None if is_endless else self._inputs, completed=self._begun - 1 + (share or 0),
            **self._fields,
        )  # fmt: skip
