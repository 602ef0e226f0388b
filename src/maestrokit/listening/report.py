"""Ratings as one page: a picture and a table of each question, for people; no script and no network."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from maestrokit.metrics.contract import Row
from maestrokit.metrics.ratings.mixed_model import SUFFIX
from maestrokit.metrics.ratings.score import RatingScores
from maestrokit.metrics.score_systems import Comparison

LEFT, WIDTH = 30.0, 64.0  # % of the width of a picture: names, and the scale
LINE, TOP = 30.0, 12.0  # pixels: a line, and what is above the first
MARKS = 5  # on the scale


@dataclass(frozen=True)
class IntervalMark:
    """Where a system is drawn: how far below, in pixels, and where across, in % of the width."""

    name: str
    y: float
    x: str
    low: str
    high: str
    text: str


@dataclass(frozen=True)
class IntervalPlot:
    """A picture of one metric: values with intervals, one below the other."""

    title: str
    height: float
    marks: Sequence[IntervalMark]
    ticks: Sequence[tuple[str, str]]
    description: str


def rating_page(scores: RatingScores, sentences: Sequence[str], *, made_by: str | None) -> str:
    """Return the page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader(__package__, "page"), autoescape=True, undefined=StrictUndefined)
    metrics = list(dict.fromkeys(row.metric for rows in scores.systems.values() for row in rows))
    metrics = [metric for metric in metrics if not metric.endswith(SUFFIX)]  # pictures of nearly the same
    agreement = [row for row in scores.panel if row.metric.startswith(("alpha.", "repeat_difference."))]
    return (
        environment.get_template("ratings.html").render(
            sentences=sentences, figures=[figure_of(scores, metric) for metric in metrics], agreement=agreement,
            comparisons=scores.comparisons, number=_number, level=_level, made_by=made_by,
        )
        + "\n"
    )  # fmt: skip


def figure_of(scores: RatingScores, metric: str) -> IntervalPlot:
    """Return the picture of one metric, on its own scale if it has one."""
    rows = [(name, row) for name, rows in scores.systems.items() for row in rows if row.metric == metric]
    low, high = _bounds([row for _, row in rows])

    def across(value: float) -> str:
        return f"{LEFT + WIDTH * (value - low) / (high - low):.2f}%"

    marks = [
        IntervalMark(name, TOP + LINE * position, across(row.value), across(low_end), across(high_end), _text(row))
        for position, (name, row) in enumerate(rows)
        for low_end, high_end in [_ends(row)]
        if math.isfinite(row.value)
    ]
    ticks = [low + (high - low) * position / (MARKS - 1) for position in range(MARKS)]
    words = "; ".join(f"{mark.name} {mark.text}" for mark in marks)
    height = TOP + LINE * len(rows) + 20
    return IntervalPlot(
        metric.replace("_", " "), height, marks, [(across(tick), f"{tick:.3g}") for tick in ticks], words
    )


def _bounds(rows: Sequence[Row]) -> tuple[float, float]:
    for row in rows:
        if row.bounds is not None:
            return row.bounds
    numbers = [number for row in rows for number in (row.value, row.low, row.high) if math.isfinite(number)] or [0.0]
    low, high = math.floor(min(numbers)), math.ceil(max(numbers))
    return float(low), float(max(high, low + 1))


def _ends(row: Row) -> tuple[float, float]:
    return (row.low, row.high) if math.isfinite(row.low) else (row.value, row.value)


def _text(row: Row) -> str:
    interval = f" ({_number(row.low)} to {_number(row.high)})" if math.isfinite(row.low) else ""
    return f"{_number(row.value)}{interval}"


def _number(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "-"


def _level(comparison: Comparison) -> str:
    """Return p after Holm's correction in words."""
    return "below 0.001" if comparison.p_holm < 0.001 else f"{comparison.p_holm:.3f}"
