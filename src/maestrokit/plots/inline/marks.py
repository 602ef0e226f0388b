"""Values with their intervals, as marks on one scale beside a row of a table."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from maestrokit.plots.inline.svg import attribute, percent

ROW = 9  # pixels
MARGIN = 0.1  # of the scale, at either end


class Mark(NamedTuple):
    """A value, and its interval; NaN where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan
    kind: str = "value"


def interval_marks(
    marks: Sequence[Mark], *, label: str, reference: float = math.nan, bounds: tuple[float, float] | None = None
) -> str:  # fmt: skip
    """Return marks below one another: a dot at each value, a bar over its interval, a line at the reference.

    The scale is that of the bounds, else one that holds them all. Nothing is returned where it would show nothing: a
    single number without bounds.
    """
    numbers = [number for mark in marks for number in mark[:3] if math.isfinite(number)]
    numbers += [reference] if math.isfinite(reference) else []
    if len(numbers) < 2 - (bounds is not None) or not any(math.isfinite(mark.value) for mark in marks):
        return ""
    low, high = bounds or (min(numbers), max(numbers))
    margin = (high - low) * MARGIN or 1.0
    low, width = low - margin, high - low + 2 * margin

    def across(value: float) -> str:
        return percent((value - low) / width)

    parts = []
    for row, mark in enumerate(marks):
        y = ROW * row + ROW / 2
        if math.isfinite(mark.low):
            x1, x2 = across(mark.low), across(mark.high)
            parts.append(f'<line class="span {mark.kind}" x1="{x1}" x2="{x2}" y1="{y:g}" y2="{y:g}"/>')
    if math.isfinite(reference):
        x = across(reference)
        parts.append(f'<line class="reference" x1="{x}" x2="{x}" y1="1" y2="{ROW * len(marks) - 1}"/>')
    for row, mark in enumerate(marks):
        if math.isfinite(mark.value):
            parts.append(f'<circle class="{mark.kind}" cx="{across(mark.value)}" cy="{ROW * row + ROW / 2:g}" r="3"/>')
    return (
        f'<svg class="marks" width="180" height="{ROW * len(marks)}" role="img" aria-label="{attribute(label)}">'
        f"{''.join(parts)}</svg>"
    )
