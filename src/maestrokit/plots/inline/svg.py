"""The frame of all figures inside a page: data that is stretched to the width there is, and labels that are not.

Classes name what is drawn; their colours, for light and dark pages and for print, are those of the page's style.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats

STEPS = (1.0, 2.0, 5.0, 10.0)  # round distances of ticks, times a power of ten


class Tick(NamedTuple):
    """A label of an axis."""

    share: float
    """Where it is: 0 is left or at the bottom, 1 right or at the top."""
    text: str


def figure(
    data: str, *, width: float, height: float, label: str, x: Iterable[Tick] = (), y: Iterable[Tick] = (),
    kind: str = "", over: str = "",
) -> str:  # fmt: skip
    """Return a figure as an SVG element.

    Parameters
    ----------
    data : str
        Elements in a frame of `width` by `height`, which is stretched to the width of the page.
    label : str
        What is to be seen, for those who cannot see it.
    x, y : ticks
        Labels below and at the left.
    kind : str
        Further classes.
    over : str
        Elements over the data, in pixels and per cent of the figure.
    """
    lines, texts = [], []
    for tick in x:
        position = percent(tick.share)
        lines.append(f'<line x1="{position}" x2="{position}" y1="0" y2="100%"/>')
        texts.append(f'<text class="x" x="{position}" y="100%" dy="14">{escape(tick.text)}</text>')
    for tick in y:
        position = percent(1 - tick.share)
        lines.append(f'<line x1="0" x2="100%" y1="{position}" y2="{position}"/>')
        texts.append(f'<text class="y" x="-5" y="{position}" dy=".32em">{escape(tick.text)}</text>')
    classes = f"plot {kind}".strip()
    return (
        f'<svg class="{classes}" role="img" aria-label="{attribute(label)}"><g class="grid">{"".join(lines)}</g>'
        f'<svg width="100%" height="100%" viewBox="0 0 {number(width)} {number(height)}" preserveAspectRatio="none">'
        f"{data}</svg>{''.join(texts)}{over}</svg>"
    )


def attribute(text: str) -> str:
    """Return text as the value of an attribute, without what no page may contain.

    >>> attribute('"a"' + chr(0))
    '&quot;a&quot; '
    """
    return escape("".join(letter if letter.isprintable() else " " for letter in text))


def number(value: float) -> str:
    """Return a number in few characters, to a tenth.

    >>> number(3.0), number(2.46), number(-0.01)
    ('3', '2.5', '0')
    """
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


def percent(share: float) -> str:
    """Return a share of the way in per cent.

    >>> percent(0.25)
    '25%'
    """
    return number(100 * share) + "%"


def path(kind: str, points: Iterable[tuple[float, float]]) -> str:
    """Return a line through points; it is interrupted where one is not a number."""
    words, is_down = [], False
    for x, y in points:
        if np.isfinite(y):
            words.append(f"{'L' if is_down else 'M'}{number(x)} {number(y)}")
        is_down = bool(np.isfinite(y))
    return f'<path class="{kind}" d="{"".join(words)}"/>' if words else ""


def bars(kind: str, heights: Sequence[float] | Floats, *, top: float, height: float) -> str:
    """Return bars beside one another, each one unit wide with a gap, the tallest up to `top`."""
    shapes = [
        f"M{number(column + 0.1)} {number(height)}V{number(height - _scaled(value, top, height))}h.8V{number(height)}z"
        for column, value in enumerate(heights)
        if value > 0
    ]
    return f'<path class="{kind}" d="{"".join(shapes)}"/>'


def outline(kind: str, heights: Sequence[float] | Floats, *, top: float, height: float) -> str:
    """Return the outline of bars without gaps."""
    words = [f"M0 {number(height)}"]
    words += [
        f"V{number(height - _scaled(value, top, height))}H{number(column + 1)}" for column, value in enumerate(heights)
    ]
    return f'<path class="{kind}" d="{"".join(words)}V{number(height)}"/>'


def _scaled(value: float, top: float, height: float) -> float:
    return height * min(value / top, 1.0) if top > 0 else 0.0


def round_ticks(low: float, high: float, *, count: int = 5, unit: str = "") -> list[Tick]:
    """Return labels at round numbers from one end of an axis to the other, about `count` of them.

    >>> [tick.text for tick in round_ticks(0.0, 30.0, unit=" s")]
    ['0 s', '10 s', '20 s', '30 s']
    """
    if not high > low:
        return []
    rough = (high - low) / max(count - 1, 1)
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(factor for factor in STEPS if factor * power >= rough * (1 - 1e-9))
    values = step * np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1)
    return [Tick(float((value - low) / (high - low)), f"{value:.6g}{unit}") for value in values + 0.0]


def time_ticks(seconds: float, *, start: float = 0.0) -> list[Tick]:
    """Return labels of an axis of time, in seconds.

    >>> [tick.text for tick in time_ticks(20.0, start=95.0)]
    ['95 s', '100 s', '105 s', '110 s', '115 s']
    """
    return round_ticks(start, start + seconds, unit=" s")
