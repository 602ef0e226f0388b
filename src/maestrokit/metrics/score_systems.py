"""Scores of several systems beside one another, between what people reach and what noise reaches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics import score_sets, significance
from maestrokit.metrics.contract import Metric, Row
from maestrokit.metrics.score_sets import Summary

CEILING, FLOOR = "ceiling", "floor"
INSIDE = "inside_ceiling"
"""The metric that counts the others."""


@dataclass(frozen=True)
class System:
    """A set of pieces to score."""

    files: Sequence[str]
    """Where each piece is from."""
    keys: Sequence[str]
    """Of two systems with the same keys, the pieces of one key are a pair."""
    summaries: Sequence[Summary]


@dataclass(frozen=True)
class SystemScores:
    """The scores of one system; in their rows ``reference`` is the ceiling's value.

    Parameters
    ----------
    files : list of (str, list of Row)
        The name of each piece, and its scores.
    whole : list of Row
        The scores of all pieces together.
    outside : set of str
        Metrics whose 95 % interval does not meet that of the ceiling.
    """

    files: list[tuple[str, list[Row]]]
    whole: list[Row]
    outside: set[str]


@dataclass(frozen=True)
class Comparison:
    """A metric of one system against that of another.

    Parameters
    ----------
    first, second, metric : str
    difference : float
        Mean of the first less mean of the second.
    effect_size : float
        The difference in pooled standard deviations (Cohen's d).
    p, p_holm : float
        Of a two-sided permutation test, as it is and corrected for all tests of the table.
    is_paired : bool
        Whether pieces of one name were compared, else the two sets.
    """

    first: str
    second: str
    metric: str
    difference: float
    effect_size: float
    p: float
    p_holm: float
    is_paired: bool


def score(
    systems: Mapping[str, System],
    reference: Sequence[Summary],
    chosen: Mapping[str, Metric],
    *,
    generator: np.random.Generator,
    training: Sequence[Summary] = (),
) -> tuple[dict[str, SystemScores], list[Comparison]]:
    """Return the scores of systems, and the comparisons of each with each, and with the ceiling.

    Parameters
    ----------
    systems : mapping from names to systems
        Among them :data:`CEILING`, other pieces of the reference; what is scored is compared with its intervals.
    reference : summaries by :func:`maestrokit.metrics.score_sets.summarize`
        The corpus that each system is compared with.
    chosen : mapping from names to metrics
    training : summaries
        Of what the systems may have copied from. Default is none.
    """
    shared: score_sets.Expectations = {}
    scored = {
        name: score_sets.score(
            system.summaries,
            reference,
            chosen,
            generator=generator,
            training=training,
            with_reference=False,
            expectations=shared,
        )
        for name, system in systems.items()
    }
    ceiling = {row.metric: row for row in scored[CEILING][1]}
    values = {name: _values(pieces, chosen) for name, (pieces, _) in scored.items()}
    by_system = {name: _beside(rows, ceiling) for name, (_, rows) in scored.items()}
    results = {
        name: SystemScores(
            [(file, _referred(rows, ceiling)) for file, rows in zip(systems[name].files, pieces, strict=True)],
            by_system[name],
            {row.metric for row in by_system[name] if _is_apart(row, ceiling.get(row.metric))},
        )
        for name, (pieces, _) in scored.items()
    }
    return results, compare(systems, values, list(_of_pieces(chosen)), generator=generator)


def compare(
    systems: Mapping[str, System],
    values: Mapping[str, Floats],
    metrics: Sequence[str],
    *,
    generator: np.random.Generator,
) -> list[Comparison]:
    """Return the comparisons of each system with each and with the ceiling, by their values, (pieces, metrics)."""
    own = [name for name in systems if name not in (CEILING, FLOOR)]
    rows = []
    for first, second in [*combinations(own, 2), *((name, CEILING) for name in own if CEILING in systems)]:
        is_paired = sorted(systems[first].keys) == sorted(systems[second].keys)
        left, right = values[first], values[second]
        if is_paired:
            left, right = (values[name][np.argsort(systems[name].keys, kind="stable")] for name in (first, second))
        test = significance.paired_p_values if is_paired else significance.p_values
        columns = (
            significance.mean_difference(left, right), significance.effect_sizes(left, right),
            test(left, right, generator=generator),
        )  # fmt: skip
        for metric, difference, size, p in zip(metrics, *(column.tolist() for column in columns), strict=True):
            rows.append(Comparison(first, second, metric, difference, size, p, p, is_paired))
    corrected = significance.holm(np.array([row.p for row in rows])).tolist()
    return [replace(row, p_holm=p) for row, p in zip(rows, corrected, strict=True)]


def _of_pieces(chosen: Mapping[str, Metric]) -> list[str]:
    return [name for name, metric in chosen.items() if metric.of_set is None]


def _values(pieces: Sequence[Sequence[Row]], chosen: Mapping[str, Metric]) -> Floats:
    """Return the values of pieces, shape (pieces, metrics); NaN where there is none."""
    names = _of_pieces(chosen)
    tables = ({row.metric: row.value for row in rows} for rows in pieces)
    return np.array([[table.get(name, np.nan) for name in names] for table in tables]).reshape(len(pieces), len(names))


def _beside(rows: Sequence[Row], ceiling: Mapping[str, Row]) -> list[Row]:
    """Return the rows of a system with the ceiling's values, and how many values are within its intervals."""
    known = [row for row in rows if row.metric in ceiling and np.isfinite([row.value, ceiling[row.metric].low]).all()]
    inside = sum(ceiling[row.metric].low <= row.value <= ceiling[row.metric].high for row in known)
    count = Row(INSIDE, inside, unit="metrics", n=len(known), reference=len(known), better="higher")
    return [*_referred(rows, ceiling), count]


def _referred(rows: Sequence[Row], ceiling: Mapping[str, Row]) -> list[Row]:
    return [replace(row, reference=ceiling[row.metric].value if row.metric in ceiling else np.nan) for row in rows]


def _is_apart(row: Row, ceiling: Row | None) -> bool:
    return ceiling is not None and (row.high < ceiling.low or row.low > ceiling.high)
