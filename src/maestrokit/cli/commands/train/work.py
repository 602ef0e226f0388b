"""The work of ``train``: one training, or a search for its settings."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from maestrokit.cli import batch, report
from maestrokit.cli.commands.train.display import Curves, Display
from maestrokit.cli.errors import about
from maestrokit.cli.options import Jobs
from maestrokit.cli.parse import parse_duration
from maestrokit.errors import CannotWriteError, ExitStatus, MaestrokitError, UsageError
from maestrokit.files.cache import default_cache
from maestrokit.files.checkpoint import model_folder
from maestrokit.training.device import DistributedContext
from maestrokit.training.run import TrainingSpec, corpus_of, modules, settings_of_parts, train
from maestrokit.training.tuning import Search, TrialCallbacks, spaces, tune


def settings_of(named: Mapping[str, object], time_limit: str | None, others: Sequence[str]) -> dict[str, str]:
    """Return settings by name from options of their own, and from NAME=VALUE.

    Raises
    ------
    UsageError
        If one has no value.
    """
    values = {name: str(value) for name, value in named.items() if value is not None}
    if time_limit is not None:
        with about("time_limit"):
            values["time_limit"] = str(parse_duration(time_limit))
    for setting in others:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"`settings` must be NAME=VALUE, not '{setting}'", parameter="settings")
        values[name.replace("-", "_")] = value
    return values


def spec_of(
    family: str,
    task: str | None,
    data: Sequence[str],
    output: str,
    settings: Mapping[str, str],
    init: str | None,
    cache: str | None,
    running: Jobs,
) -> TrainingSpec:
    """Return what is to be trained, on what, and where.

    Raises
    ------
    NoInputError
        If there is no model to start from.
    CannotWriteError
        If the run folder is one of the folders of data.
    """
    folder = Path(output)
    if any(Path(name).resolve() == folder.resolve() for name in data):
        raise CannotWriteError(f"'{output}' is both the data and the run folder", "choose another folder for the run")
    with about("init"):
        start = None if init is None else model_folder(init)
    return TrainingSpec(
        family,
        task or "",
        data,
        folder,
        settings,
        start,
        Path(cache) if cache else default_cache(),
        running.workers,
    )


def print_plan(spec: TrainingSpec, *, is_search: bool) -> None:
    """Print which files would be read, and the run folder, once settings are known to be valid."""
    if is_search:
        spaces(spec)
    else:
        settings_of_parts(spec)
    batch.print_plan((path, str(spec.folder)) for path in corpus_of(spec, modules(spec)[1]).paths)


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
            spec, context=distributed, report=report_record, tick=display.tick, warn=warn, reject=failures.add
        )
    if curves is not None and distributed.is_first:
        curves.draw()
    if not running.quiet and distributed.is_first:
        progress = outcome.progress
        report.say(f"stopped by {outcome.reason} at step {progress.step} after {progress.seconds:.0f} s")
    status = failures.status
    return 128 + outcome.signal_number if outcome.reason == "signal" else status


def run_search(
    spec: TrainingSpec,
    search: Search,
    distributed: DistributedContext,
    running: Jobs,
    plot: str | None,
    made_by: str | None,
) -> int:
    """Search for good settings; return the exit status."""
    curves = None if plot is None else Curves(plot, spec.folder, made_by)
    failures = Failures(running, is_first=distributed.is_first)
    with Display(running, is_first=distributed.is_first) as display:

        def watch(number: int) -> TrialCallbacks:
            display.label = f"trial {number}, {search.trials} in all"
            if display.has_lines:
                display.say(display.label)
            return TrialCallbacks(display.report, display.tick)

        warn = _warner(running, display)
        result = tune(spec, search, context=distributed, watch=watch, warn=warn, reject=failures.add)
    if curves is not None and result.best is not None:
        curves.draw()
    if result.best is not None and not running.quiet:
        chosen = "  ".join(f"--set {name}={value}" for name, value in sorted(result.best["settings"].items()))
        report.say(f"best of {result.tried} trials: {result.best['trial']}, {result.best['score']:.4f}, by {chosen}")
    status = failures.status
    return 128 + result.signal_number if result.signal_number else status


def _warner(running: Jobs, display: Display) -> Callable[[str], None]:
    """Return a function that prints a note, once however many trials give it."""
    printed: set[str] = set()

    def warn(sentence: str) -> None:
        if not running.quiet and sentence not in printed:
            printed.add(sentence)
            display.say(f"note: {sentence}")

    return warn
