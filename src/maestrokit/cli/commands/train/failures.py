"""The files that a training cannot use."""

from maestrokit.cli import batch, report
from maestrokit.cli.options import Jobs
from maestrokit.errors import ExitStatus, MaestrokitError


class Failures:
    """The files that cannot be used, each reported once, however many trials meet it."""

    def __init__(self, running: Jobs, *, is_first: bool) -> None:
        self._running, self._is_first = running, is_first
        self._statuses: dict[str, ExitStatus] = {}

    def add(self, error: MaestrokitError) -> None:
        """Report a file and why it cannot be used.

        Raises
        ------
        typer.Exit
            With ``--no-keep-going``.
        """
        if error.fact in self._statuses:
            return
        self._statuses[error.fact] = error.status
        if self._is_first:
            batch.failed("train", error, self._running)

    @property
    def status(self) -> int:
        """The exit status of a training without them."""
        if not self._statuses:
            return ExitStatus.OK
        if self._is_first and not self._running.quiet:
            count = len(self._statuses)
            report.say(f"maestrokit train: left out {count} file{'s' * (count != 1)} that cannot be used")
        return batch.common_status(self._statuses.values())
