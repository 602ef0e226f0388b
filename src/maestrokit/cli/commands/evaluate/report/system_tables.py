"""The tables of a report on several systems."""

import math
from collections.abc import Mapping, Sequence

from maestrokit.cli.commands.evaluate.evaluation import SystemTable
from maestrokit.cli.commands.evaluate.report.contents import Cell, Column, Table
from maestrokit.cli.commands.evaluate.report.tables import KINDS, kind_of, number_cell, table_of_files
from maestrokit.cli.commands.evaluate.system_tables import LEVEL, MARK
from maestrokit.metrics.contract import Row
from maestrokit.metrics.score_systems import CEILING, FLOOR, INSIDE
from maestrokit.plots.inline.marks import Mark, interval_marks

NOTE = f"{MARK} the 95 % interval, over resampled pieces, does not meet that of the ceiling."
LEGEND = (
    "In the marks, from above: the systems in the order of their columns, each with its interval; the upright line is "
    "the value of the ceiling."
)


def tables_of_systems(table: SystemTable, *, per_file: bool) -> list[Table]:
    """Return the tables of several systems, a column each: scores, distances, comparisons, pieces."""
    by_system = {name: {row.metric: row for row in scores.whole} for name, scores in table.systems.items()}
    metrics = list(dict.fromkeys(row.metric for scores in table.systems.values() for row in scores.whole))
    tables = []
    for kind, caption in {"": "Means over pieces", **KINDS}.items():
        own = [name for name in metrics if kind_of(name) == kind]
        if own:
            tables.append(_beside(table, by_system, own, caption, kind))
    tables += _comparisons(table)
    pieces = [(f"{name}: {file}", rows) for name, scores in table.systems.items() for file, rows in scores.files]
    if pieces and per_file:
        rows = [next(rows[name] for rows in by_system.values() if name in rows) for name in metrics if name != INSIDE]
        tables.append(table_of_files(pieces, rows))
    return tables


def _beside(
    table: SystemTable, by_system: Mapping[str, Mapping[str, Row]], metrics: Sequence[str], caption: str, kind: str
) -> Table:  # fmt: skip
    def cell(system: str, metric: str) -> Cell:
        row = by_system[system].get(metric)
        if row is None:
            return Cell("-")
        if metric == INSIDE:
            return Cell(f"{row.value:.0f} of {row.n}", row.value)
        return number_cell(row.value, row, MARK if metric in table.systems[system].outside else "")

    def row_of(metric: str) -> list[Cell]:
        first = next(rows[metric] for rows in by_system.values() if metric in rows)
        marks = [
            Mark(row.value, row.low, row.high, _class_of(system)) if (row := rows.get(metric)) else Mark(math.nan)
            for system, rows in by_system.items()
        ]
        label = "; ".join(f"{system} {cell(system, metric).text}" for system in by_system)
        ceiling = by_system[CEILING].get(metric)
        svg = "" if metric == INSIDE else interval_marks(
            marks, reference=math.nan if ceiling is None else ceiling.value, bounds=first.bounds, label=label
        )  # fmt: skip
        cells = [cell(system, metric) for system in by_system]
        return [Cell(metric.removesuffix(kind)), Cell("", figure=svg), *cells, Cell(first.unit), Cell(first.better)]

    columns = [Column("metric"), Column("marks", is_figure=True), *(Column(name, is_number=True) for name in by_system)]
    columns += [Column("unit"), Column("better")]
    rows = [row_of(name) for name in metrics]
    return Table(caption, columns, rows, "" if kind else NOTE, "" if kind else LEGEND, is_folded=bool(kind))


def _class_of(system: str) -> str:
    return {CEILING: "ceiling", FLOOR: "floor"}.get(system, "value")


def _comparisons(table: SystemTable) -> list[Table]:
    """Return the table of effect sizes, a column a pair of systems."""
    cells = {
        (f"{comparison.first} - {comparison.second}", comparison.metric): comparison for comparison in table.comparisons
    }
    pairs, metrics = (list(dict.fromkeys(key[side] for key in cells)) for side in (0, 1))

    def cell(pair: str, metric: str) -> Cell:
        comparison = cells[pair, metric]
        return number_cell(comparison.effect_size, mark=MARK if comparison.p_holm < LEVEL else "")

    tests = " and ".join(sorted({"paired" if comparison.is_paired else "unpaired" for comparison in table.comparisons}))
    note = f"{MARK} p below {LEVEL:g} in {tests} permutation tests, with Holm's correction for all {len(cells)}."
    columns = [Column("metric"), *(Column(pair, is_number=True) for pair in pairs)]
    rows = [[Cell(metric), *(cell(pair, metric) for pair in pairs)] for metric in metrics]
    return [Table("Effect sizes (Cohen's d)", columns, rows, note, is_folded=True)] if pairs else []
