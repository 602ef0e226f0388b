"""The work of ``train``: one training, or a search for its settings, and the files that it cannot use."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from maestrokit.cli import report
from maestrokit.cli.commands.train.display import Curves, Display
from maestrokit.cli.errors import common_status, failed
from maestrokit.cli.options import Jobs
from maestrokit.errors import ExitStatus, MaestrokitError
from maestrokit.files.checkpoint import has_weights
from maestrokit.training.device import DistributedContext
from maestrokit.training.run import TrainingSpec, train

if TYPE_CHECKING:
    from maestrokit.training.tuning import Search, TrialCallbacks

REASONS = {
    "steps": "all steps are done", "time": "no more fits within the time limit",
    "patience": "the validations did not improve any more", "signal": "it was interrupted",
}  # fmt: skip


def run_training(
    spec: TrainingSpec, distributed: DistributedContext, running: Jobs, plot: str | None, made_by: str | None
) -> int:
    """Train; return the exit status."""
    curves = None if plot is None else Curves(plot, spec.folder, made_by)
    failures = Failures(running, is_first=distributed.is_first)
    with Display(running, is_first=distributed.is_first) as display:

        def report_record(record: dict[str, Any]) -> None:
            display.report(record)
            if curves is not None and record["part"] == "validation":
                curves.draw()

        warn = _warner(running, display)
        outcome = train(
            spec,
            context=distributed,
            report=report_record,
            tick=display.tick,
            warn=warn,
            reject=failures.add,
            announce=display.announce,
        )
    if curves is not None and distributed.is_first:
        curves.draw()
    if not running.quiet and distributed.is_first:
        progress = outcome.progress
        report.say(f"training ended at step {progress.step} after {progress.seconds:.0f} s: {REASONS[outcome.reason]}")
        if progress.validated < 0:
            fact = "has weights that were not validated" if has_weights(spec.folder) else "has no weights yet"
            report.say(f"'{spec.folder}' {fact}; run the same command again to resume")
    status = failures.summed_up()
    return 128 + outcome.signal_number if outcome.reason == "signal" else status


def run_search(
    spec: TrainingSpec,
    search: "Search",
    distributed: DistributedContext,
    running: Jobs,
    plot: str | None,
    made_by: str | None,
) -> int:
    """Search for good settings; return the exit status."""
    from maestrokit.training.tuning import TrialCallbacks, tune

    curves = None if plot is None else Curves(plot, spec.folder, made_by)
    failures = Failures(running, is_first=distributed.is_first)
    with Display(running, is_first=distributed.is_first) as display:

        def watch(number: int) -> "TrialCallbacks":
            display.label = f"trial {number}, {search.trials} in all"
            if display.has_lines:
                display.say(display.label)
            return TrialCallbacks(display.report, display.tick, display.announce)

        warn = _warner(running, display)
        result = tune(spec, search, context=distributed, watch=watch, warn=warn, reject=failures.add)
    if curves is not None and result.best is not None:
        curves.draw()
    if result.best is not None and not running.quiet:
        chosen = "  ".join(f"--set {name}={value}" for name, value in sorted(result.best["settings"].items()))
        report.say(f"best of {result.tried} trials: {result.best['trial']}, {result.best['score']:.4f}, by {chosen}")
    status = failures.summed_up()
    return 128 + result.signal_number if result.signal_number else status


def _warner(running: Jobs, display: Display) -> Callable[[str], None]:
    """Return a function that prints a note, once however many trials give it."""
    printed: set[str] = set()

    def warn(sentence: str) -> None:
        if not running.quiet and sentence not in printed:
            printed.add(sentence)
            display.say(f"note: {sentence}")

    return warn


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
            failed("train", error, self._running)

    def summed_up(self) -> int:
        """Print how many there are, and return the exit status of a training without them."""
        if not self._statuses:
            return ExitStatus.OK
        if self._is_first and not self._running.quiet:
            count = len(self._statuses)
            report.say(f"maestrokit train: left out {report.counted(count, 'file')} that cannot be used")
        return common_status(self._statuses.values())
