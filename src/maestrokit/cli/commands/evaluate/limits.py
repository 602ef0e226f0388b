"""Limits that scores must keep, for the exit status."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from maestrokit.cli.report import say
from maestrokit.errors import UsageError, choices_hint
from maestrokit.metrics.contract import Row


@dataclass(frozen=True)
class Limit:
    """The least (a floor) or the most that a metric may be."""

    metric: str
    value: float
    is_floor: bool

    @property
    def parameter(self) -> str:
        """The parameter that set it."""
        return "fail_under" if self.is_floor else "fail_over"


def limits_of(floors: Sequence[str], ceilings: Sequence[str]) -> list[Limit]:
    """Return the limits written as METRIC=VALUE.

    Raises
    ------
    UsageError
        If a text is not of that form.
    """
    return [_limit(text, is_floor=True) for text in floors] + [_limit(text, is_floor=False) for text in ceilings]


def _limit(text: str, *, is_floor: bool) -> Limit:
    metric, _, value = text.rpartition("=")  # that of a sweep has one of its own
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    limit = Limit(metric.strip(), number, is_floor)
    if not math.isfinite(number):
        raise UsageError(f"'{text}' is no limit", "write METRIC=VALUE: onset_f1=0.9", parameter=limit.parameter)
    return limit


def check_known(limits: Sequence[Limit], names: Sequence[str]) -> None:
    """Refuse limits of metrics that there are not, before hours are spent on scoring.

    Parameters
    ----------
    names : sequence of str
        Of all that will be scored.

    Raises
    ------
    UsageError
        If there is such a limit.
    """
    for limit in limits:
        check_metric(limit.metric, names, parameter=limit.parameter)


def check_metric(metric: str, names: Sequence[str], *, parameter: str) -> None:
    """Refuse a metric that is not among those that are computed, and say whether it is of another mode.

    Raises
    ------
    UsageError
        If it is not among them.
    """
    from maestrokit.cli.commands.evaluate.sets import names_in_sets
    from maestrokit.cli.commands.evaluate.work import names_in_pairs

    if metric in names:
        return
    name = metric.partition("@")[0]
    in_sets, in_pairs = names_in_sets(), names_in_pairs()
    known = {name.partition("@")[0] for name in names}
    fact, hint = f"there is no metric '{metric}'", choices_hint(metric, names)
    if name in known | set(in_sets) | set(in_pairs):
        fact = f"'{metric}' is not scored"
    if metric in in_sets and known <= set(in_sets) and "." not in metric:
        hint = "name it with `metric`"
    for mode, other, others in (("pairs", "sets", in_pairs), ("sets", "pairs", in_sets)):
        if name in others and not known & set(others):
            fact = f"'{name}' is a metric of {mode}, and these are {other}"
    raise UsageError(fact, hint, parameter=parameter)


def broken(rows: Sequence[Row], limits: Sequence[Limit]) -> bool:
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
            hint = "scored are " + (", ".join(scored) or "none")
            raise UsageError(f"'{limit.metric}' was not scored", hint, parameter=limit.parameter)
        value = scored[limit.metric].value
        if not (value >= limit.value if limit.is_floor else value <= limit.value):
            way = "below" if limit.is_floor else "above"
            option = limit.parameter.replace("_", "-")
            fact = "has no value" if math.isnan(value) else f"is {value:.6g}, {way} {limit.value:g}"
            say(f"maestrokit evaluate: {limit.metric} {fact} (--{option})")
            is_broken = True
    return is_broken
