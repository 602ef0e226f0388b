"""Scores of a set of pieces, alone or against a reference corpus: summarise each piece, then compare the summaries."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from maestrokit import registry
from maestrokit.arrays import Floats
from maestrokit.errors import UsageError, choices_hint
from maestrokit.metrics import intervals as bootstrap
from maestrokit.metrics import overlap
from maestrokit.metrics.contract import SHARE, Metric, Row
from maestrokit.metrics.piece import Piece

FOLDER = "maestrokit.metrics.sets"
RESAMPLES = 200  # for the intervals of overlapped areas and divergences
FEWEST = 3  # pieces in each set, below which distributions of distances are meaningless
NONE = float("nan")

Summary = Mapping[str, Floats]
"""Metric to summary, of one piece."""


def metrics(names: Sequence[str] | None = None) -> dict[str, Metric]:
    """Return the metrics of sets, all or those named, in the order of their files."""
    modules = (registry.load(FOLDER, name) for name in registry.names(FOLDER))
    known: dict[str, Metric] = {name: metric for module in modules for name, metric in module.METRICS.items()}
    for name in names or ():
        if name not in known:
            raise UsageError(f"there is no metric '{name}'", choices_hint(name, known), parameter="metric")
    return {name: metric for name, metric in known.items() if names is None or name in names}


def summarize(piece: Piece, chosen: Mapping[str, Metric]) -> dict[str, Floats]:
    """Return the summary of a piece by each metric; metrics that share their summary compute it once."""
    summaries: dict[Callable[[Piece], Floats], Floats] = {}
    for metric in chosen.values():
        if metric.summary not in summaries:
            summaries[metric.summary] = metric.summary(piece)
    columns = {name: slice(None) if metric.column is None else [metric.column] for name, metric in chosen.items()}
    return {name: summaries[metric.summary][columns[name]] for name, metric in chosen.items()}


def score(
    generated: Sequence[Summary],
    reference: Sequence[Summary],
    chosen: Mapping[str, Metric],
    *,
    generator: np.random.Generator,
) -> tuple[list[list[Row]], list[Row]]:
    """Return the rows of each generated piece, and those of the set with 95 % intervals.

    The value of a set is the mean over its pieces. Intervals are of resampled generated pieces; the reference is held
    fixed. (Those of overlapped areas lie low, as a resample holds pieces twice.) The reference may be empty: metrics
    that compare with one, overlapped areas and divergences are then left out.
    """
    pieces: list[list[Row]] = [[] for _ in generated]
    whole: list[Row] = []
    for name, metric in chosen.items():
        mine, theirs = _stacked(generated, name), _stacked(reference, name)
        if metric.score is not None and len(theirs) == 0:
            continue
        values, ceiling = _values(metric, mine, theirs), _ceiling(metric, theirs)
        for rows, value in zip(pieces, values.tolist(), strict=True):
            rows.append(Row(name, value, unit=metric.unit, reference=ceiling, better=metric.better))
        low, high = bootstrap.mean_interval(values, generator=generator)
        known = int(np.isfinite(values).sum())
        whole.append(Row(name, _mean(values), low, high, metric.unit, known, ceiling, metric.better, metric.bounds))
        if metric.is_distributed:
            whole += distribution_rows(name, _known(mine), _known(theirs), generator=generator)
    return pieces, whole


def distribution_rows(name: str, mine: Floats, theirs: Floats, *, generator: np.random.Generator) -> list[Row]:
    """Return overlapped area and divergence of distances within the reference and to it (:mod:`.overlap`)."""
    if min(len(mine), len(theirs)) < FEWEST:
        return []
    within, between = overlap.within(theirs), overlap.distances(mine, theirs)
    one, two = overlap.densities(within, between.ravel())
    counts = bootstrap.resampled_counts(len(mine), generator=generator, resamples=RESAMPLES)
    resampled = counts @ overlap.densities_by_row(within, between) / len(mine)  # (resamples, bins)
    area, areas = overlap.shared_area(one, two), [overlap.shared_area(one, mixed) for mixed in resampled]
    divergence, divergences = overlap.divergence(one, two), [overlap.divergence(one, mixed) for mixed in resampled]
    ends, other_ends = (bootstrap.interval(np.array(values)) for values in (areas, divergences))
    return [
        Row(f"{name}.overlapped_area", area, *ends, "", len(mine), 1.0, "higher", SHARE),
        Row(f"{name}.kl", divergence, *other_ends, "bits", len(mine), 0.0, "lower"),
    ]


def _values(metric: Metric, mine: Floats, theirs: Floats) -> Floats:
    """Return the value of each piece."""
    if metric.score is None or metric.expected is None:
        return mine[:, 0]
    expected = metric.expected(theirs)
    return np.array([metric.score(summary, expected) for summary in mine])


def _ceiling(metric: Metric, theirs: Floats) -> float:
    """Return the mean value of the reference: each half of it (even and odd places) scored against the other."""
    if metric.score is None:
        return _mean(_values(metric, theirs, theirs)) if len(theirs) else NONE
    if len(theirs) < 2:
        return NONE
    even, odd = theirs[::2], theirs[1::2]
    return _mean(np.concatenate([_values(metric, even, odd), _values(metric, odd, even)]))


def _stacked(summaries: Sequence[Summary], name: str) -> Floats:
    return np.array([summary[name] for summary in summaries]) if summaries else np.empty((0, 1))


def _known(summaries: Floats) -> Floats:
    return summaries[np.isfinite(summaries).all(axis=1)]


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else NONE
