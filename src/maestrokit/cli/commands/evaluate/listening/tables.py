"""Ratings as text: records for programs, a table for people, and a page."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from maestrokit.cli.commands.evaluate.system_tables import LEVEL, MARK, OF_SYSTEMS, comparison_record
from maestrokit.cli.commands.evaluate.tables import COLUMNS, aligned, interval, records, shown
from maestrokit.cli.report import counted
from maestrokit.files.tables import record_lines
from maestrokit.metrics.contract import Row
from maestrokit.metrics.ratings.exclusion import RULES
from maestrokit.metrics.ratings.panel import Panel
from maestrokit.metrics.ratings.score import TURING, RatingScores, metric_of


def rating_text(
    scores: RatingScores, panel: Panel, names: Sequence[str], *, format: str, made_by: str | None = None
) -> str:
    """Return ratings as records, a table or a page.

    Parameters
    ----------
    names : sequence of str
        Of the files of the listeners, if their own means are to be in records.
    """
    if format == "table":
        return rating_table(scores)
    if format == "html":
        from maestrokit.listening.report import rating_page

        return rating_page(scores, sentences(scores), made_by=made_by)
    lines = rating_records(scores, panel, names)
    return "".join(record_lines(lines, format=format, columns=(*COLUMNS, *OF_SYSTEMS)))


def rating_records(scores: RatingScores, panel: Panel, names: Sequence[str]) -> Iterator[dict[str, object]]:
    """Yield a record a score: those of single listeners, of systems, of the panel, and the comparisons."""
    blank = dict.fromkeys(OF_SYSTEMS)
    for row, name in enumerate(names):
        for system, own in _own_means(panel, row):
            yield from ({**record, **blank, "system": system} for record in records([(name, own)], []))
    for system, rows in scores.systems.items():
        yield from ({**record, **blank, "system": system} for record in records([], rows))
    yield from ({**record, **blank} for record in records([], scores.panel))
    yield from map(comparison_record, scores.comparisons)


def _own_means(panel: Panel, row: int) -> Iterator[tuple[str, list[Row]]]:
    for index, system in enumerate(panel.systems):
        for number, measure in enumerate(panel.measures):
            values = panel.ratings[number, index, row]
            known = values[np.isfinite(values)]
            if len(known):
                yield system, [Row(metric_of(measure), float(known.mean()), n=len(known))]


def rating_table(scores: RatingScores) -> str:
    """Return ratings for people, a column a system."""
    by_system = {name: {row.metric: row for row in rows} for name, rows in scores.systems.items()}
    metrics = list(dict.fromkeys(row.metric for rows in scores.systems.values() for row in rows))

    def cell(system: str, metric: str) -> str:
        row = by_system[system].get(metric)
        return "-" if row is None else f"{shown(row.value)}  {interval(row)}".rstrip(" -")

    columns = [("metric", metrics), *((name, [cell(name, metric) for metric in metrics]) for name in by_system)]
    exact = f"; {TURING} with its exact interval" if TURING in metrics else ""
    means = f"Means over listeners and clips, with 95 % intervals for other listeners and other clips{exact}\n\n"
    agreement = agreement_of(scores)
    parts = ["\n".join(sentences(scores))]
    if metrics:
        parts.append(means + aligned(columns))
    if agreement:
        parts.append(
            "Agreement between listeners (alpha: 1 perfect, 0 by chance), and of each with their own first rating\n\n"
            + aligned([("metric", [row.metric for row in agreement]),
                       ("value", [shown(row.value) for row in agreement]), ("n", [str(row.n) for row in agreement])])
        )  # fmt: skip
    return "\n\n".join(part.rstrip("\n") for part in (*parts, *_comparisons(scores))) + "\n"


def sentences(scores: RatingScores) -> list[str]:
    """Return how many listeners count, and who was excluded by which rule."""
    by_name = {row.metric: row for row in scores.panel}
    listeners = by_name["listeners"]
    lines = [f"{int(listeners.value)} of {counted(listeners.n, 'listener')} count; the rules of exclusion:"]
    for rule, words in RULES.items():
        lines.append(f"  {rule}: {words} ({int(by_name[f'excluded.{rule}'].value)})")
    return lines


def agreement_of(scores: RatingScores) -> list[Row]:
    """Return the rows on agreement."""
    return [row for row in scores.panel if row.metric.startswith(("alpha.", "repeat_difference."))]


def _comparisons(scores: RatingScores) -> list[str]:
    """Return the block of differences, a column a pair of systems."""
    cells = {(comparison.first, comparison.second, comparison.metric): comparison for comparison in scores.comparisons}
    metrics = list(dict.fromkeys(comparison.metric for comparison in scores.comparisons))
    pairs = [pair for pair in combinations(scores.systems, 2) if any((*pair, name) in cells for name in metrics)]

    def cell(pair: tuple[str, str], metric: str) -> str:
        comparison = cells.get((*pair, metric))
        return (
            "- "
            if comparison is None
            else f"{comparison.difference:+.2f}" + (MARK if comparison.p_holm < LEVEL else " ")
        )

    title = (
        f"Differences of means over listeners; {MARK} p below {LEVEL:g} in Wilcoxon's signed-rank tests of these\n"
        f"clips, with Holm's correction for all {len(cells)}"
    )
    columns = [(" - ".join(pair), [cell(pair, metric) for metric in metrics]) for pair in pairs]
    return [f"{title}\n\n" + aligned([("metric", metrics), *columns])] if pairs else []
