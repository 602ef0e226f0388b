"""Curves and histograms inside a page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.plots.inline.svg import Tick, bars, figure, outline, path, round_ticks, time_ticks

WIDTH, HEIGHT = 1000.0, 100.0


def histogram(shares: Floats, *, names: Iterable[Tick], label: str, top: float, reference: Floats | None = None) -> str:
    """Return bars in the order of classes, and the outline of those of the reference; `top` is the end of the axis."""
    data = bars("bar", shares, top=top, height=HEIGHT)
    if reference is not None:
        data += outline("reference", reference, top=top, height=HEIGHT)
    ticks = [Tick(tick.share, f"{tick.text} %") for tick in round_ticks(0, 100 * top, count=3)]
    return figure(data, width=len(shares), height=HEIGHT, label=label, x=names, y=ticks, kind="histogram")


def time_curve(time: Floats, value: Floats, *, seconds: float, low: float, high: float, label: str) -> str:
    """Return a curve over time; it is interrupted where the value is not a number."""
    span = max(high - low, 1e-9)
    x, y = WIDTH * time / max(seconds, 1e-9), HEIGHT * (1 - (value - low) / span)
    line = path("line", zip(x.tolist(), y.tolist(), strict=True))
    ticks = round_ticks(low, high, count=4)
    return figure(line, width=WIDTH, height=HEIGHT, label=label, x=time_ticks(seconds), y=ticks, kind="curve")


def learning_curves(log: Sequence[Mapping[str, Any]]) -> str:
    """Return the losses of a training over its steps, from the records of its log; nothing if there are none."""
    parts: dict[str, list[tuple[float, float]]] = {"train": [], "validation": []}
    for record in log:
        step, loss = record.get("step"), record.get("loss")
        if record.get("part") in parts and isinstance(step, int) and isinstance(loss, float):
            parts[record["part"]].append((step, loss))
    points = [point for part in parts.values() for point in part if np.isfinite(point[1])]
    if not points:
        return ""
    last = max(step for step, _ in points) or 1
    judging = [loss for _, loss in parts["validation"] if np.isfinite(loss)] or [loss for _, loss in points]
    low, high = min(loss for _, loss in points), max(judging)
    high = max(high + 0.1 * (high - low), low + 1e-6)
    data = "".join(
        path(part, ((WIDTH * step / last, HEIGHT * (1 - min((loss - low) / (high - low), 1))) for step, loss in line))
        for part, line in parts.items()
    )
    best = min(judging)
    label = f"Loss over {last} steps; the least of the validation is {best:.4g}"
    return figure(
        data, width=WIDTH, height=HEIGHT, label=label, x=round_ticks(0, last), y=round_ticks(low, high, count=4),
        kind="learning",
    )  # fmt: skip
