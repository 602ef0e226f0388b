"""Scores as one HTML page: no script, no network, light and dark."""

import math
from collections.abc import Sequence
from html import escape

from maestrokit.cli.commands.evaluate.tables import interval, shown
from maestrokit.metrics.contract import Row

STYLE = """
:root { color-scheme: light dark; --ink: #1c1b1a; --soft: #6f6b66; --line: #e4e0da; --paper: #fdfcfa; --mark: #2a5db0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eae7e2; --soft: #9b958d; --line: #3a3733; --paper: #1b1a19; --mark: #8fb4f0; }
}
* { box-sizing: border-box; }
body { margin: 3rem auto; max-width: 60rem; padding: 0 1.5rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; font-weight: 600; margin: 0 0 .25rem; }
p { color: var(--soft); margin: 0 0 1.5rem; max-width: 44rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--soft); border-bottom: 1px solid var(--ink);
  padding: .3rem .6rem; }
td { border-bottom: 1px solid var(--line); padding: .3rem .6rem;
  white-space: nowrap; }
th.number, td.number { text-align: right; }
td.part { padding-left: 1.8rem; color: var(--soft); }
svg { display: block; width: 12rem; height: 1.1rem; }
svg .span { stroke: var(--mark); stroke-width: 3; stroke-linecap: round; opacity: .45; }
svg .value { fill: var(--mark); }
svg .reference { stroke: var(--ink); stroke-width: 1.5; }
details { margin-top: 2rem; }
summary { cursor: pointer; font-weight: 600; margin-bottom: .5rem; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .85rem; }
"""
CLASSES = dict.fromkeys(("value", "95 % interval", "reference", "n"), ' class="number"')
LEGEND = (
    "Dot: the value, the mean over files. Bar: its 95 % interval over resampled files. Upright line: the reference, "
    "which is what a perfect imitation of it would score. Scores that have bounds (0 to 1, or 0 to 100 %) are drawn "
    "between them; every other scale has its own range."
)


def page(files: Sequence[tuple[str, Sequence[Row]]], whole: Sequence[Row], *, title: str, made_by: str | None) -> str:
    """Return the whole page."""
    footer = f"<footer>{escape(made_by)}</footer>\n" if made_by else ""
    details = "".join(_details(name, rows) for name, rows in files)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n<p>{LEGEND}</p>\n{_table(whole)}\n{details}{footer}</body>\n</html>\n"
    )


def _table(rows: Sequence[Row]) -> str:
    head = "".join(
        f"<th{CLASSES.get(name, '')}>{name}</th>"
        for name in ("metric", "value", "95 % interval", "", "reference", "unit", "better", "n")
    )
    return f'<div class="wide"><table>\n<tr>{head}</tr>\n' + "".join(map(_line, rows)) + "</table></div>"


def _line(row: Row) -> str:
    _, _, part = row.metric.partition(".")
    name = f'<td class="part">{escape(part)}</td>' if part else f"<td>{escape(row.metric)}</td>"
    return (
        f'<tr>{name}<td class="number">{shown(row.value)}</td><td class="number">{interval(row)}</td>'
        f'<td>{_picture(row)}</td><td class="number">{shown(row.reference)}</td><td>{escape(row.unit)}</td>'
        f'<td>{escape(row.better)}</td><td class="number">{row.n}</td></tr>\n'
    )


def _picture(row: Row) -> str:
    """Return value, interval and reference on the scale of the metric, or else on one that holds them all.

    Nothing if there is only a value, and no bounds.
    """
    numbers = [number for number in (row.value, row.low, row.high, row.reference) if math.isfinite(number)]
    if len(numbers) < 2 - (row.bounds is not None) or not math.isfinite(row.value):
        return ""
    low, high = row.bounds or (min(numbers), max(numbers))
    margin = (high - low) * 0.1 or 1.0
    low, width = low - margin, high - low + 2 * margin

    def across(number: float) -> str:
        return f"{(number - low) / width * 200:.1f}"

    parts = []
    if math.isfinite(row.low):
        parts.append(f'<line class="span" x1="{across(row.low)}" x2="{across(row.high)}" y1="9" y2="9"/>')
    if math.isfinite(row.reference):
        x = across(row.reference)
        parts.append(f'<line class="reference" x1="{x}" x2="{x}" y1="2" y2="16"/>')
    parts.append(f'<circle class="value" cx="{across(row.value)}" cy="9" r="4"/>')
    return f'<svg viewBox="0 0 200 18" role="img" aria-label="{shown(row.value)}">{"".join(parts)}</svg>'


def _details(name: str, rows: Sequence[Row]) -> str:
    lines = "".join(
        f'<tr><td>{escape(row.metric)}</td><td class="number">{shown(row.value)}</td><td>{escape(row.unit)}</td></tr>\n'
        for row in rows
    )
    return f"<details><summary>{escape(name)}</summary><table>\n{lines}</table></details>\n"
