"""Scores as text: records for programs, a table and a page for people."""

import math
from collections.abc import Iterator, Sequence

from maestrokit.files.tables import record_lines
from maestrokit.metrics.contract import Row

COLUMNS = ("file", "metric", "value", "low", "high", "unit", "n", "reference", "better")
WHOLE = "*"  # in the column "file": all files together
DIGITS = 6  # significant, in files; so that the last bits of a processor's arithmetic do not show


def records(files: Sequence[tuple[str, Sequence[Row]]], whole: Sequence[Row]) -> Iterator[dict[str, object]]:
    """Yield a record a row, those of single files first."""
    for name, rows in (*files, (WHOLE, whole)):
        for row in rows:
            yield {
                "file": name, "metric": row.metric, "value": rounded(row.value), "low": rounded(row.low),
                "high": rounded(row.high), "unit": row.unit, "n": row.n, "reference": rounded(row.reference),
                "better": row.better,
            }  # fmt: skip


def rounded(value: float) -> float:
    """Return a number with six significant digits.

    >>> rounded(0.123456789), rounded(12345678.0)
    (0.123457, 12345700.0)
    """
    return float(f"{value:.{DIGITS}g}")


def score_text(
    files: Sequence[tuple[str, Sequence[Row]]], whole: Sequence[Row], *, format: str, title: str, made_by: str | None
) -> str:
    """Return scores as a page or a table for people, or as records; the table has only those of all files together."""
    if format == "html":
        from maestrokit.cli.score_page import page

        return page(files, whole, title=title, made_by=made_by)
    if format == "table":
        return _table(whole, title)
    return "".join(record_lines(records(files, whole), format=format, columns=COLUMNS))


def shown(value: float) -> str:
    """Return a number for people: four digits, or a dash for what does not exist.

    >>> shown(79.4321), shown(0.05), shown(float("nan"))
    ('79.43', '0.050', '-')
    """
    if math.isnan(value):
        return "-"
    return f"{value:.2f}" if abs(value) >= 10 else f"{value:.3f}"


def interval(row: Row) -> str:
    """Return the 95 % interval of a row for people."""
    return "" if math.isnan(row.low) else f"{shown(row.low)} … {shown(row.high)}"


def _table(whole: Sequence[Row], title: str) -> str:
    from io import StringIO

    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    parts = {row.metric: row for row in whole}
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    table.add_column("metric", no_wrap=True)
    for heading in ("value", "95 % interval", "reference", "overlap", "kl", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("unit", "better"):
        table.add_column(heading)
    for row in whole:
        if row.metric.endswith((".overlapped_area", ".kl")):
            continue
        area, divergence = (parts.get(f"{row.metric}.{part}") for part in ("overlapped_area", "kl"))
        table.add_row(
            row.metric, shown(row.value), interval(row), shown(row.reference), shown(area.value) if area else "",
            shown(divergence.value) if divergence else "", str(row.n), row.unit, row.better,
        )  # fmt: skip
    text = StringIO()
    Console(file=text, width=120, color_system=None, force_terminal=False).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
