"""The work of ``train``: one training, or a search for its settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from maestrokit.cli import report
from maestrokit.cli.options import Running
from maestrokit.cli.training_display import Curves, Display
from maestrokit.errors import UsageError
from maestrokit.training.device import Place
from maestrokit.training.run import Order, train
from maestrokit.training.tuning import Eye, Search, tune


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


def run_training(order: Order, place: Place, running: Running, plot: str | None) -> int:
    """Train; return the exit status."""
    curves = None if plot is None else Curves(plot, order.folder, running.made_by)
    with Display(running, is_first=place.is_first) as display:

        def tell(record: dict[str, Any]) -> None:
            display.report(record)
            if curves is not None and record["part"] == "validation":
                curves.draw()

        outcome = train(order, place=place, report=tell, tick=display.tick, warn=_warner(running, display))
    if curves is not None and place.is_first:
        curves.draw()
    if not running.quiet and place.is_first:
        done = outcome.progress
        report.say(f"stopped by {outcome.reason} at step {done.step} after {done.seconds:.0f} s")
    return 128 + outcome.signal_number if outcome.reason == "signal" else 0


def run_search(order: Order, search: Search, place: Place, running: Running, plot: str | None) -> int:
    """Search for good settings; return the exit status."""
    curves = None if plot is None else Curves(plot, order.folder, running.made_by)
    with Display(running, is_first=place.is_first) as display:

        def watch(number: int) -> Eye:
            display.label = f"trial {number}, {search.trials} in all"
            if display.has_lines:
                display.say(display.label)
            return Eye(display.report, display.tick)

        found = tune(order, search, place=place, watch=watch, warn=_warner(running, display))
    if curves is not None and found.best is not None:
        curves.draw()
    if found.best is not None and not running.quiet:
        chosen = "  ".join(f"--set {name}={value}" for name, value in sorted(found.best["settings"].items()))
        report.say(f"best of {found.tried} trials: {found.best['trial']}, {found.best['score']:.4f}, by {chosen}")
    return 128 + found.signal_number if found.signal_number else 0


def _warner(running: Running, display: Display):  # type: ignore[no-untyped-def]
    said: set[str] = set()

    def warn(sentence: str) -> None:
        if not running.quiet and sentence not in said:
            said.add(sentence)  # once, however many trials meet it
            display.say(f"note: {sentence}")

    return warn
