"""The progress line at a terminal: which input, how many seconds of it are done, and how fast."""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any, TypeVar

from maestrokit.cli import report
from maestrokit.files.progress import reported_to

Result = TypeVar("Result")
PATIENCE = 0.5  # seconds that one input may take before anything is shown
FIELDS = ("count", "name", "seconds", "rate")


def shown(results: Iterable[Result], *, names: Sequence[str], label: str, quiet: bool) -> Iterator[Result]:
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
    if quiet or not names or not report.is_terminal():
        yield from results
        return
    line, remaining = _Line(label, len(names)), iter(results)
    try:
        for name in names:
            line.begin(name)
            with reported_to(line.advance):
                result = next(remaining)
            yield result
        yield from remaining  # none are left, and whatever computed them comes to its end
    finally:
        line.close()


class _Line:
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
        self._fields = dict.fromkeys(FIELDS, "") | {"name": report.printable(PurePath(name).name)}
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
