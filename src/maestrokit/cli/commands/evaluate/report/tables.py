"""The tables of a report, from scores."""

import math
from collections.abc import Sequence

from maestrokit.cli.commands.evaluate.report.contents import Cell, Column, Table
from maestrokit.cli.commands.evaluate.tables import AREA, DIVERGENCE, shown
from maestrokit.metrics.contract import Row
from maestrokit.plots.inline.marks import Mark, interval_marks

Files = Sequence[tuple[str, Sequence[Row]]]
RANKING = ("onset_f1", "nats_per_note")
MOST_FILES = 200  # rows of a table of files
LEGEND = (
    "Dot: the value, the mean over files. Bar: its 95 % interval over resampled files. Upright line: the reference, "
    "which is what a perfect imitation of it would score. Scores that have bounds (0 to 1, or 0 to 100 %) are shown "
    "between them; every other scale has its own range."
)
KINDS = {AREA: "Overlapped area of distances between pieces", DIVERGENCE: "KL divergence of these, in bits"}


def number_cell(value: float, row: Row | None = None, mark: str = "") -> Cell:
    """Return the cell of a number, with the interval of a row and a mark."""
    low, high = (math.nan, math.nan) if row is None else (row.low, row.high)
    return Cell(shown(value), None if math.isnan(value) else value, low, high, mark)


def tables_of_rows(files: Files, totals: Sequence[Row], *, title: str) -> list[Table]:
    """Return the table of scores of all files together, of distances between them, and of each file."""
    tables = []
    for kind, caption in {"": title, **KINDS}.items():
        rows = [row for row in totals if kind_of(row.metric) == kind]
        if rows or not kind:
            tables.append(_table_of_rows(rows, caption, kind))
    return [*tables, *([table_of_files(files, totals)] if len(files) else [])]


def kind_of(metric: str) -> str:
    """Return the suffix of scores of distributions; nothing for other scores."""
    return next((kind for kind in KINDS if metric.endswith(kind)), "")


def _table_of_rows(rows: Sequence[Row], caption: str, kind: str) -> Table:
    columns = [
        Column("metric"), Column("value", is_number=True), Column("interval", is_figure=True),
        Column("reference", is_number=True), Column("unit"), Column("better"), Column("n", is_number=True),
    ]  # fmt: skip
    cells = [
        [
            Cell(row.metric.removesuffix(kind)), number_cell(row.value, row), Cell("", figure=_marks(row)),
            number_cell(row.reference), Cell(row.unit), Cell(row.better), Cell(str(row.n), row.n),
        ]
        for row in rows
    ]  # fmt: skip
    filled = [0, 1, *(column for column in range(2, len(columns)) if any(_says(row[column]) for row in cells))]
    chosen, shown_rows = [columns[column] for column in filled], [[row[column] for column in filled] for row in cells]
    return Table(caption, chosen, shown_rows, legend="" if kind else LEGEND, is_folded=bool(kind))


def _says(cell: Cell) -> bool:
    return bool(cell.figure) or cell.text not in ("", "-")


def _marks(row: Row) -> str:
    label = f"{shown(row.value)}" + ("" if math.isnan(row.low) else f", from {shown(row.low)} to {shown(row.high)}")
    return interval_marks(
        [Mark(row.value, row.low, row.high)], reference=row.reference, bounds=row.bounds, label=label
    )  # fmt: skip


def ranked(files: Files, totals: Sequence[Row]) -> Files:
    """Return files with the worst first, those without the score last; in their order where nothing ranks them."""
    first = leading(totals)
    if first is None:
        return files
    sign = 1 if first.better == "higher" else -1

    def badness(file: tuple[str, Sequence[Row]]) -> float:
        value = next((row.value for row in file[1] if row.metric == first.metric), math.nan)
        return math.inf if math.isnan(value) else sign * value

    return sorted(files, key=badness)


def leading(totals: Sequence[Row]) -> Row | None:
    """Return the score by which files are ranked: the F1 of onsets, or nats per note; sets have none."""
    return next((row for name in RANKING for row in totals if row.metric.startswith(name)), None)


def table_of_files(files: Files, totals: Sequence[Row]) -> Table:
    """Return the scores of single files, a row each, the worst first; a page has no more than :data:`MOST_FILES`."""
    first = leading(totals)
    metrics = [row.metric for row in totals if not kind_of(row.metric)]
    by_file = [(name, {row.metric: row.value for row in rows}) for name, rows in ranked(files, totals)[:MOST_FILES]]
    present = [name for name in metrics if any(name in values for _, values in by_file)]
    cells = [
        [Cell(name), *(number_cell(values.get(metric, math.nan)) for metric in present)] for name, values in by_file
    ]
    order = f"worst {first.metric} first" if first else "in the order of the inputs"
    left = "" if len(files) <= MOST_FILES else f"; {MOST_FILES} of {len(files)}, the others are in tsv and jsonl"
    columns = [Column("file"), *(Column(name, is_number=True) for name in present)]
    return Table(f"Files, {order}{left}", columns, cells, is_folded=True, for_page_only=True)
