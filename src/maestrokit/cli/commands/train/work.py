"""The work of ``train``: one training, or a search for its settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from maestrokit.cli import batch, report
from maestrokit.cli.commands.train.display import Curves, Display
from maestrokit.cli.options import Running
from maestrokit.errors import ExitStatus, MaestrokitError, UsageError
from maestrokit.training.device import DistributedContext
from maestrokit.training.run import TrainingSpec, corpus_of, modules, settings_of_parts, train
from maestrokit.training.tuning import Search, TrialCallbacks, spaces, tune

SALVAGE = "maestrokit quantize --repair --grid none keeps what can be salvaged of it"


def settings_of(named: Mapping[str, object], others: Sequence[str]) -> dict[str, str]:
    """Return settings by name from options of their own, and from NAME=VALUE.

    Raises
    ------
    UsageError
        If one has no value.
    """
    values = {name: str(value) for name, value in named.items() if value is not None}
    for setting in others:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set '{setting}' is not NAME=VALUE")
        values[name.replace("-", "_")] = value
    return values


def print_plan(spec: TrainingSpec, *, is_search: bool) -> None:
    """Print which files would be read, and the run folder, once settings are known to make sense."""
    if is_search:
        spaces(spec)
    else:
        settings_of_parts(spec)
    batch.print_plan((path, str(spec.folder)) for path in corpus_of(spec, modules(spec)[1]).paths)


class Failures:
    """The files that cannot be used, each said once, however many trials meet it."""

    def __init__(self, running: Running, *, is_first: bool) -> None:
        self._running, self._is_first = running, is_first
        self._found: dict[str, ExitStatus] = {}

    def add(self, error: MaestrokitError) -> None:
        """Say which file it is and why.

        Raises
        ------
        typer.Exit
            With ``--no-keep-going``.
        """
        if error.message in self._found:
            return
        self._found[error.message] = error.status
        if self._is_first:
            hint = SALVAGE if "--repair" in error.hint else error.hint  # an option of the commands that filter
            batch.failed("train", type(error)(error.message, hint), self._running)

    @property
    def status(self) -> int:
        """The exit status of a training that went on without them."""
        if not self._found:
            return ExitStatus.OK
        if self._is_first and not self._running.quiet:
            count = len(self._found)
            report.say(f"maestrokit train: left out {count} file{'s' * (count != 1)} that cannot be used")
        return batch.common_status(self._found.values())


def run_training(spec: TrainingSpec, context: DistributedContext, running: Running, plot: str | None) -> int:
    """Train; return the exit status."""
    curves = None if plot is None else Curves(plot, spec.folder, running.made_by)
    failures = Failures(running, is_first=context.is_first)
    with Display(running, is_first=context.is_first) as display:

        def tell(record: dict[str, Any]) -> None:
            display.report(record)
            if curves is not None and record["part"] == "validation":
                curves.draw()

        warn = _warner(running, display)
        outcome = train(spec, context=context, report=tell, tick=display.tick, warn=warn, reject=failures.add)
    if curves is not None and context.is_first:
        curves.draw()
    if not running.quiet and context.is_first:
        done = outcome.progress
        report.say(f"stopped by {outcome.reason} at step {done.step} after {done.seconds:.0f} s")
    status = failures.status
    return 128 + outcome.signal_number if outcome.reason == "signal" else status


def run_search(
    spec: TrainingSpec, search: Search, context: DistributedContext, running: Running, plot: str | None
) -> int:
    """Search for good settings; return the exit status."""
    curves = None if plot is None else Curves(plot, spec.folder, running.made_by)
    failures = Failures(running, is_first=context.is_first)
    with Display(running, is_first=context.is_first) as display:

        def watch(number: int) -> TrialCallbacks:
            display.label = f"trial {number}, {search.trials} in all"
            if display.has_lines:
                display.say(display.label)
            return TrialCallbacks(display.report, display.tick)

        warn = _warner(running, display)
        found = tune(spec, search, context=context, watch=watch, warn=warn, reject=failures.add)
    if curves is not None and found.best is not None:
        curves.draw()
    if found.best is not None and not running.quiet:
        chosen = "  ".join(f"--set {name}={value}" for name, value in sorted(found.best["settings"].items()))
        report.say(f"best of {found.tried} trials: {found.best['trial']}, {found.best['score']:.4f}, by {chosen}")
    status = failures.status
    return 128 + found.signal_number if found.signal_number else status


def _warner(running: Running, display: Display):  # type: ignore[no-untyped-def]
    said: set[str] = set()

    def warn(sentence: str) -> None:
        if not running.quiet and sentence not in said:
            said.add(sentence)  # once, however many trials meet it
            display.say(f"note: {sentence}")

    return warn
