"""Scores of several systems as text: records for programs, and tables for people with a column a system."""

import math
from collections.abc import Callable, Iterator, Sequence

from maestrokit.cli.commands.evaluate.evaluation import SystemTable
from maestrokit.cli.commands.evaluate.tables import (
    AREA,
    COLUMNS,
    DIVERGENCE,
    WHOLE,
    aligned,
    interval,
    records,
    rounded,
    shown,
)
from maestrokit.files.tables import record_lines
from maestrokit.metrics.contract import Row
from maestrokit.metrics.score_systems import INSIDE, Comparison

OF_SYSTEMS = ("system", "outside", "versus", "effect_size", "p", "p_holm", "paired", "difference")
"""Columns after those of all modes."""
LEVEL = 0.05
MARK = "*"


def system_text(table: SystemTable, *, format: str, per_file: bool) -> str:
    """Return the scores as tables for people, or as records."""
    if format == "table":
        return _tables(table)
    lines = system_records(table, per_file=per_file)
    return "".join(record_lines(lines, format=format, columns=(*COLUMNS, *OF_SYSTEMS)))


def system_records(table: SystemTable, *, per_file: bool) -> Iterator[dict[str, object]]:
    """Yield a record a score, those of single pieces first, and then one a comparison."""
    blank = dict.fromkeys(OF_SYSTEMS)
    for name, scores in table.systems.items():
        for record in records(scores.files if per_file else [], scores.whole):
            outside = record["metric"] in scores.outside if record["file"] == WHOLE else None
            yield {**record, **blank, "system": name, "outside": outside}
    yield from map(comparison_record, table.comparisons)


def comparison_record(comparison: Comparison) -> dict[str, object]:
    """Return the record of a comparison of two systems: it has a difference, and no value."""
    return {
        **dict.fromkeys((*COLUMNS, *OF_SYSTEMS)), "file": WHOLE, "metric": comparison.metric,
        "system": comparison.first, "versus": comparison.second, "effect_size": rounded(comparison.effect_size),
        "p": rounded(comparison.p), "p_holm": rounded(comparison.p_holm), "paired": comparison.is_paired,
        "difference": rounded(comparison.difference),
    }  # fmt: skip


def _tables(table: SystemTable) -> str:
    by_system = {name: {row.metric: row for row in scores.whole} for name, scores in table.systems.items()}
    metrics = list(dict.fromkeys(row.metric for scores in table.systems.values() for row in scores.whole))
    own = [name for name in metrics if not name.endswith((AREA, DIVERGENCE))]

    def value(system: str, metric: str) -> str:
        row = by_system[system].get(metric)
        if row is None:
            return "- "
        if metric == INSIDE:
            return f"{row.value:.0f} of {row.n} "
        return shown(row.value) + (MARK if metric in table.systems[system].outside else " ")

    def span(system: str, metric: str) -> str:
        row = by_system[system].get(metric)
        return "" if row is None or metric == INSIDE else interval(row)

    blocks = [
        "\n".join([*table.sentences, f"{MARK} the 95 % interval does not meet that of the ceiling"]),
        "Means over pieces\n\n" + _block(by_system, own, value, units={name: _unit(by_system, name) for name in own}),
        "95 % intervals, by resampled pieces\n\n" + _block(by_system, [name for name in own if name != INSIDE], span),
    ]
    for kind, title in ((AREA, "Overlapped area of distances between pieces"), (DIVERGENCE, "KL of these, in bits")):
        parts = [name for name in metrics if name.endswith(kind)]
        blocks += [f"{title}\n\n" + _block(by_system, parts, value, suffix=kind)] if parts else []
    return "\n\n".join(part.rstrip("\n") for part in (*blocks, *_comparisons(table))) + "\n"


def _block(
    systems: Sequence[str] | dict[str, dict[str, Row]], metrics: Sequence[str], cell: Callable[[str, str], str], *,
    units: dict[str, str] | None = None, suffix: str = "",
) -> str:  # fmt: skip
    columns = [("metric", [name.removesuffix(suffix) for name in metrics])]
    columns += [(system, [cell(system, metric) for metric in metrics]) for system in systems]
    return aligned([*columns, *([("unit", [units[name] for name in metrics])] if units else [])])


def _unit(by_system: dict[str, dict[str, Row]], metric: str) -> str:
    return next(rows[metric].unit for rows in by_system.values() if metric in rows)


def _comparisons(table: SystemTable) -> list[str]:
    """Return the block of effect sizes, a column a pair of systems."""
    cells = {
        (f"{comparison.first} - {comparison.second}", comparison.metric): comparison for comparison in table.comparisons
    }
    pairs, metrics = (list(dict.fromkeys(key[side] for key in cells)) for side in (0, 1))

    def cell(pair: str, metric: str) -> str:
        comparison = cells[pair, metric]
        return (
            "- "
            if math.isnan(comparison.effect_size)
            else f"{comparison.effect_size:.2f}" + (MARK if comparison.p_holm < LEVEL else " ")
        )

    kinds = {"paired" if comparison.is_paired else "unpaired" for comparison in table.comparisons}
    tests = " and ".join(sorted(kinds))
    title = (
        f"Effect sizes (Cohen's d); {MARK} p below {LEVEL:g} in {tests} permutation tests,\n"
        f"with Holm's correction for all {len(cells)}"
    )
    return [f"{title}\n\n" + _block(pairs, metrics, cell)] if pairs else []
