"""Scores of a set of pieces, alone or against a reference corpus: summarise each piece, then compare the summaries."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from maestrokit import registry
from maestrokit.arrays import Floats
from maestrokit.errors import UsageError, choices_hint
from maestrokit.metrics import intervals, overlap
from maestrokit.metrics.contract import SHARE, Metric, Row
from maestrokit.metrics.piece import Piece

FOLDER = "maestrokit.metrics.sets"
FEWEST = 3  # pieces in each set, below which distributions of distances are meaningless
UNDEFINED = float("nan")

Summary = Mapping[str, Any]
"""Metric to summary, of one piece."""
Expectations = dict[Callable[[Any], Any], Any]
"""What corpora amount to, by the function that says so."""
RESAMPLES = 200  # for intervals of overlapped areas, divergences and values of sets, which take longer than means


def known_metrics() -> dict[str, Metric]:
    """Return all metrics of sets, in the order of their files."""
    modules = (registry.load(FOLDER, name) for name in registry.names(FOLDER))
    return {name: metric for module in modules for name, metric in module.METRICS.items()}


def metrics(names: Sequence[str] | None = None, *, corpora: Collection[str] | None = None) -> dict[str, Metric]:
    """Return the metrics of sets, the default ones or those named, in the order of their files.

    Parameters
    ----------
    names : sequence of str, optional
    corpora : collection of {'reference', 'training'}, optional
        Which corpora there are: metrics that need another one are left out. Default is all.
    """
    known = known_metrics()
    for name in names or ():
        if name not in known:
            raise UsageError(f"there is no metric '{name}'", choices_hint(name, known), parameter="metric")
    available = {"", *corpora} if corpora is not None else {"", "reference", "training"}
    return {
        name: metric
        for name, metric in known.items()
        if (metric.is_default if names is None else name in names) and metric.needs in available
    }


def summarize(piece: Piece, chosen: Mapping[str, Metric]) -> dict[str, Any]:
    """Return the summary of a piece by each metric but for embeddings.

    What metrics share is computed once, and is one object, so that it is also sent from process to process once.
    """
    summaries: dict[Callable[[Piece], Any], Any] = {}
    for metric in chosen.values():
        if metric.summary is not None and metric.summary not in summaries:
            summaries[metric.summary] = metric.summary(piece)

    def own(metric: Metric, summary: Any) -> Any:
        return summary if metric.column is None else summary[[metric.column]]

    return {name: own(metric, summaries[metric.summary]) for name, metric in chosen.items() if metric.summary}


def without_copies(summary: Summary, chosen: Mapping[str, Metric]) -> dict[str, Any]:
    """Return the summary of a piece of the training corpus itself, which is not searched in it: all is there."""
    return {**summary, **{name: np.empty(0, np.int16) for name, metric in chosen.items() if metric.needs == "training"}}


def score(
    generated: Sequence[Summary],
    reference: Sequence[Summary],
    chosen: Mapping[str, Metric],
    *,
    generator: np.random.Generator,
    training: Sequence[Summary] = (),
    with_reference: bool = True,
    expectations: Expectations | None = None,
) -> tuple[list[list[Row]], list[Row]]:
    """Return the rows of each generated piece, and those of the set with 95 % intervals.

    The value of a set is the mean over its pieces. Intervals are of resampled generated pieces; the reference is held
    fixed. (Those of overlapped areas lie low, as a resample holds pieces twice.) The reference may be empty: metrics
    that compare with one, overlapped areas and divergences are then left out.

    Parameters
    ----------
    generated, reference : sequence of summaries by :func:`summarize`
    chosen : mapping of str to Metric
    generator : Generator
        Of the resamples.
    training : sequence of summaries by :func:`summarize`
        Of what the generated pieces may be copied from. Default is none.
    with_reference : bool
        Whether rows have the value of the reference itself, which takes about as long again.
    expectations : dict, optional
        What several calls with the same corpora share; it is filled by the first.
    """
    pieces: list[list[Row]] = [[] for _ in generated]
    totals: list[Row] = []
    corpora: dict[str, Sequence[Summary]] = {"": [], "reference": reference, "training": training}
    shared = {} if expectations is None else expectations
    for name, metric in chosen.items():
        corpus = corpora[metric.needs]
        if metric.needs and not corpus:
            continue
        summaries, others = _stacked(generated, name, metric), _stacked(corpus, name, metric)
        references = _stacked(reference, name, metric)
        if metric.of_set is not None:
            totals += _rows_of_set(
                name, metric, summaries, references, generator=generator, with_reference=with_reference
            )
            continue
        if metric.expected is not None and metric.expected not in shared:
            shared[metric.expected] = metric.expected(others)
        expected = None if metric.expected is None else shared[metric.expected]
        values = _values(metric, summaries, expected) + 0.0  # which is never -0
        ceiling = _ceiling(metric, references, expected) if with_reference else UNDEFINED
        for rows, value in zip(pieces, values.tolist(), strict=True):
            counted = int(np.isfinite(value))
            rows.append(Row(name, value, unit=metric.unit, n=counted, reference=ceiling, better=metric.better))
        low, high = intervals.mean_interval(values, generator=generator)
        known = int(np.isfinite(values).sum())
        totals.append(Row(name, _mean(values), low, high, metric.unit, known, ceiling, metric.better, metric.bounds))
        if metric.is_distributed:
            totals += distribution_rows(name, _known(summaries), _known(references), generator=generator)
    return pieces, totals


def _rows_of_set(
    name: str, metric: Metric, summaries: Any, references: Any, *, generator: np.random.Generator, with_reference: bool
) -> list[Row]:
    """Return the row of a set as a whole; the reference is a part of the corpus, of as many pieces, against the rest.

    Pieces without a summary do not count; of fewer than :data:`FEWEST` there is no value. A resample holds pieces twice
    and is so less diverse and farther from everything: the interval is moved by the mean of that, to lie around the
    value, but not beyond what there can be.
    """
    assert metric.of_set is not None
    summaries, references = (
        [summary for summary in side if np.size(summary) and np.isfinite(summary).all()]
        for side in (summaries, references)
    )
    if len(summaries) < FEWEST or (metric.needs and len(references) < FEWEST):
        return []
    value = float(metric.of_set(summaries, references, np.ones((1, len(summaries))))[0])
    replicates = metric.of_set(
        summaries, references, intervals.resampled_counts(len(summaries), generator=generator, resamples=RESAMPLES)
    )
    least, most = metric.bounds or (0.0, np.inf)
    low, high = intervals.interval(np.clip(value + replicates - _mean(replicates), least, most))
    ceiling = _ceiling_of_set(metric, len(summaries), references, generator) if with_reference else UNDEFINED
    return [Row(name, value, low, high, metric.unit, len(summaries), ceiling, metric.better, metric.bounds)]


def _ceiling_of_set(metric: Metric, count: int, references: Sequence[Any], generator: np.random.Generator) -> float:
    """Return the value of as many pieces of the reference, at most half of it where they are compared with the rest."""
    assert metric.of_set is not None
    order = generator.permutation(len(references))
    held = [references[row] for row in order[: min(count, len(references) // 2 if metric.needs else len(references))]]
    rest = [references[row] for row in order[len(held) :]]
    return float(metric.of_set(held, rest, np.ones((1, len(held))))[0]) if len(held) >= FEWEST else UNDEFINED


def distribution_rows(name: str, values: Floats, references: Floats, *, generator: np.random.Generator) -> list[Row]:
    """Return overlapped area and divergence of distances within the reference and to it (:mod:`.overlap`)."""
    if min(len(values), len(references)) < FEWEST:
        return []
    within, between = overlap.within(references), overlap.distances(values, references)
    p, q = overlap.densities(within, between.ravel())
    counts = intervals.resampled_counts(len(values), generator=generator, resamples=RESAMPLES)
    resampled = counts @ overlap.densities_by_row(within, between) / len(values)  # (resamples, bins)
    area, areas = overlap.shared_area(p, q), [overlap.shared_area(p, mixed) for mixed in resampled]
    divergence, divergences = overlap.divergence(p, q), [overlap.divergence(p, mixed) for mixed in resampled]
    ends, other_ends = (intervals.interval(np.array(values)) for values in (areas, divergences))
    return [
        Row(f"{name}.overlapped_area", area, *ends, "", len(values), 1.0, "higher", SHARE),
        Row(f"{name}.kl", divergence, *other_ends, "bits", len(values), 0.0, "lower"),
    ]


def _values(metric: Metric, summaries: Any, expected: Any) -> Floats:
    """Return the value of each piece."""
    if len(summaries) == 0:
        return np.empty(0)
    return np.asarray(summaries[:, 0] if metric.score is None else metric.score(summaries, expected), np.float64)


def _ceiling(metric: Metric, references: Any, expected: Any) -> float:
    """Return the mean value of the reference; where pieces are compared with it, of each half against the other."""
    if metric.needs != "reference" or metric.expected is None:
        return _mean(_values(metric, references, expected))
    even, odd = references[::2], references[1::2]  # halves by place
    if len(odd) == 0:
        return UNDEFINED
    return _mean(
        np.concatenate([_values(metric, even, metric.expected(odd)), _values(metric, odd, metric.expected(even))])
    )


def _stacked(summaries: Sequence[Summary], name: str, metric: Metric) -> Any:
    """Return the summaries of all pieces by one metric: an array, or a list where they differ in length."""
    if metric.is_ragged:
        return [summary[name] for summary in summaries]
    return np.array([summary[name] for summary in summaries]) if summaries else np.empty((0, 1))


def _known(summaries: Floats) -> Floats:
    return summaries[np.isfinite(summaries).all(axis=1)]


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else UNDEFINED
