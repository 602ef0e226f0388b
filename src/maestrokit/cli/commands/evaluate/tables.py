"""Scores as text: records for programs, a table and a page for people."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from maestrokit.files.tables import record_lines
from maestrokit.metrics.contract import Row

if TYPE_CHECKING:
    from maestrokit.cli.commands.evaluate.evaluation import Scores

COLUMNS = ("file", "metric", "value", "low", "high", "unit", "n", "reference", "better")
WHOLE = "*"  # in the column "file": all files together
AREA, DIVERGENCE = ".overlapped_area", ".kl"
INTERVAL = "95 % interval"
TEXTS = ("metric", "unit", "better")  # columns of the table that are no numbers
EMPTY = {"", "-"}  # cells that say nothing
REPORTS = ("html", "md", "tex")  # formats of :mod:`.report`
DIGITS = 6  # significant, in files; so that the last bits of a processor's arithmetic do not show


PrintedColumn = tuple[str, list[str]]
"""A heading of the table, and the cells below it."""


def records(files: Sequence[tuple[str, Sequence[Row]]], totals: Sequence[Row]) -> Iterator[dict[str, object]]:
    """Yield a record a row, those of single files first."""
    for name, rows in (*files, (WHOLE, totals)):
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


def score_text(scores: "Scores", *, format: str, title: str, per_file: bool, made_by: str | None) -> str:
    """Return scores as a report or a table for people, or as records; the table has no single files."""
    if format in REPORTS:
        from maestrokit.cli.commands.evaluate.report.write import report_text

        return report_text(scores, format=format, title=title, per_file=per_file, made_by=made_by)
    if scores.table is not None:
        from maestrokit.cli.commands.evaluate.system_tables import system_text

        return system_text(scores.table, format=format, per_file=per_file)
    if format == "table":
        return _table(scores.whole, title)
    files = scores.files if per_file else []
    return "".join(record_lines(records(files, scores.whole), format=format, columns=COLUMNS))


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


def _table(rows: Sequence[Row], title: str) -> str:
    """Return scores for a terminal of 80 columns; names of metrics are never cut, however long."""
    own = [row for row in rows if not row.metric.endswith((AREA, DIVERGENCE))]
    areas, divergences = ([row for row in rows if row.metric.endswith(kind)] for kind in (AREA, DIVERGENCE))
    columns, common = _columns(own)
    text = "\n".join([title, *([f"In all rows: {common}"] if common else []), "", aligned(columns)])
    if areas:
        text += "\nDistances between pieces, within the reference and to it (KL in bits)\n\n" + aligned([
            ("metric", [row.metric.removesuffix(AREA) for row in areas]),
            ("overlap", [shown(row.value) for row in areas]), (INTERVAL, [interval(row) for row in areas]),
            ("KL", [shown(row.value) for row in divergences]), (INTERVAL, [interval(row) for row in divergences]),
        ])  # fmt: skip
    return text


def _columns(rows: Sequence[Row]) -> tuple[list[PrintedColumn], str]:
    """Return the columns of scores, but for those that say the same in each of several rows, and what these say."""
    columns = [
        ("metric", [row.metric for row in rows]),
        ("value", [shown(row.value) for row in rows]),
        (INTERVAL, [interval(row) for row in rows]),
    ]
    common = []
    for heading, cells in (
        ("ref.", [shown(row.reference) for row in rows]),
        ("n", [str(row.n) for row in rows]),
        ("unit", [row.unit for row in rows]),
        ("better", [row.better for row in rows]),
    ):
        if len(rows) > 1 and len(set(cells)) == 1 and cells[0] not in EMPTY:
            common.append(f"{heading} = {cells[0]}")
        else:
            columns.append((heading, cells))
    return columns, ", ".join(common)


def aligned(columns: Sequence[PrintedColumn]) -> str:
    r"""Return columns as lines of text, as wide as need be; those with nothing in them but ``value`` are left out.

    >>> aligned([("metric", ["grooving"]), ("value", ["0.8"]), ("unit", [""])])
    'metric    value\n───────────────\ngrooving    0.8\n'
    """
    filled = [
        (heading, [heading, *cells]) for heading, cells in columns if heading == "value" or not EMPTY.issuperset(cells)
    ]
    widths = [max(map(len, cells)) for _, cells in filled]
    padded = [
        [cell.ljust(width) if heading in TEXTS else cell.rjust(width) for cell in cells]
        for (heading, cells), width in zip(filled, widths, strict=True)
    ]
    head, *lines = ("  ".join(cells).rstrip() for cells in zip(*padded, strict=True))
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    return "".join(f"{line}\n" for line in (head, rule, *lines))
