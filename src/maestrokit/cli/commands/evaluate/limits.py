"""Limits that scores must keep, for the exit status."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from maestrokit.cli.report import say
from maestrokit.errors import UsageError, choices_hint
from maestrokit.metrics.contract import Row


@dataclass(frozen=True)
class Threshold:
    """One limit: the least (a floor) or the most that a metric may be."""

    metric: str
    value: float
    is_floor: bool

    @property
    def option(self) -> str:
        """The option that set it."""
        return "--fail-under" if self.is_floor else "--fail-over"


def parse_thresholds(texts: Sequence[str], *, is_floor: bool) -> list[Threshold]:
    """Return the limits written as METRIC=VALUE.

    Raises
    ------
    UsageError
        If a text is not of that form.
    """
    found = []
    for text in texts:
        metric, _, value = text.partition("=")
        try:
            limit = float(value)
        except ValueError:
            limit = math.nan
        if not math.isfinite(limit):
            raise UsageError(f"'{text}' is no limit", "write METRIC=VALUE: onset_f1=0.9")
        found.append(Threshold(metric.strip(), limit, is_floor))
    return found


def check_known(limits: Sequence[Threshold], names: Sequence[str]) -> None:
    """Refuse limits of metrics that there are not, before hours are spent on scoring.

    Parameters
    ----------
    names : sequence of str
        Without what tells tolerances apart (``@30ms``), which limits may have.

    Raises
    ------
    UsageError
        If there is such a limit.
    """
    for limit in limits:
        metric = limit.metric.partition("@")[0]
        if metric not in names:
            raise UsageError(f"there is no metric '{limit.metric}'", choices_hint(metric, names))


def broken(rows: Sequence[Row], limits: Sequence[Threshold]) -> bool:
    """Return whether any limit is not kept, and say which, a line each; a score that does not exist keeps none.

    Raises
    ------
    UsageError
        If a limit is of a metric that was not scored.
    """
    scored = {row.metric: row for row in rows}
    is_broken = False
    for limit in limits:
        if limit.metric not in scored:
            raise UsageError(f"'{limit.metric}' was not scored", "scored are " + (", ".join(scored) or "none"))
        value = scored[limit.metric].value
        if not (value >= limit.value if limit.is_floor else value <= limit.value):
            way = "below" if limit.is_floor else "above"
            say(f"maestrokit evaluate: {limit.metric} is {value:.6g}, {way} {limit.value:g} ({limit.option})")
            is_broken = True
    return is_broken
