"""The scores of a panel of listeners: mean opinions, shares taken for human, strengths, agreement, and comparisons."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.metrics.contract import SHARE, Row
from maestrokit.metrics.ratings.agreement import krippendorff_alpha
from maestrokit.metrics.ratings.bootstrap import Resamples, interval, mean_interval, resamples_of, share_interval
from maestrokit.metrics.ratings.bradley_terry import bradley_terry, variances
from maestrokit.metrics.ratings.exclusion import exclusions
from maestrokit.metrics.ratings.mixed_model import SUFFIX, mixed_means
from maestrokit.metrics.ratings.panel import HUMAN_OR_MACHINE, Measure, Panel
from maestrokit.metrics.ratings.turing import success_rate
from maestrokit.metrics.score_systems import Comparison
from maestrokit.metrics.significance import holm

TAKEN_FOR_HUMAN, TURING = "judged_human", "turing_success_rate"
PRIOR = 1.0  # comparisons of each two systems, so that one that always wins has a strength
FEW_VALUES = 10  # a scale with more steps is taken for an interval scale


@dataclass(frozen=True)
class RatingScores:
    """What a panel of listeners says.

    Parameters
    ----------
    systems : dict of str to list of Row
        Of each system, its scores.
    panel : list of Row
        How many listeners count and how many each rule excludes, and how much they agree.
    comparisons : list of Comparison
        The difference of each two systems on each scale.
    """

    systems: dict[str, list[Row]]
    panel: list[Row]
    comparisons: list[Comparison]


def score(panel: Panel, *, generator: np.random.Generator) -> RatingScores:
    """Return the scores of all listeners but those whom :mod:`maestrokit.metrics.ratings.exclusion` excludes."""
    excluded = exclusions(panel)
    left = panel.select(~np.any(list(excluded.values()), axis=0))
    counts = [Row(f"excluded.{rule}", int(mask.sum()), n=len(mask), better="lower") for rule, mask in excluded.items()]
    listeners = Row("listeners", len(left.listeners), n=len(panel.listeners), bounds=None)
    _, _, count, clips = left.ratings.shape
    if count == 0:
        return RatingScores({name: [] for name in left.systems}, [listeners, *counts], [])
    resamples = [resamples_of(count, clips, generator=generator) for _ in left.systems]
    strengths, modelled = _strengths(left, resamples[0]), _modelled(left)
    systems = {
        name: [*_opinions(left, row, resamples[row]), *modelled[name], *_turing(left, row), *strengths[name]]
        for row, name in enumerate(left.systems)
    }
    return RatingScores(systems, [listeners, *counts, *_agreement(left)], comparisons(left))


def comparisons(panel: Panel) -> list[Comparison]:
    """Return the comparisons of each two systems on each scale, by Wilcoxon's signed ranks of the listeners' means.

    ``difference`` is the mean over listeners, of preferences that from one half; ``effect_size`` the rank correlation
    of matched pairs, -1 to 1: how much of the ranks speaks for the first less how much for the second.

    References
    ----------
    Wilcoxon, F. Individual comparisons by ranking methods. Biometrics Bulletin 1, 1945.
    Kerby, D. S. The simple difference formula. Comprehensive Psychology 3, 2014.
    """
    rows = []
    for index, measure in enumerate(panel.measures):
        for first, second in combinations(range(len(panel.systems)), 2):
            differences = _differences(panel, index, first, second)
            if len(differences):
                p, size = signed_ranks(differences)
                names = panel.systems[first], panel.systems[second], metric_of(measure)
                rows.append(Comparison(*names, float(differences.mean()), size, p, p, is_paired=True))
    corrected = holm(np.array([row.p for row in rows])).tolist()
    return [replace(row, p_holm=p) for row, p in zip(rows, corrected, strict=True)]


def signed_ranks(differences: Floats) -> tuple[float, float]:
    """Return p of Wilcoxon's test, two-sided, and the rank correlation; 1 and 0 where nothing differs.

    >>> signed_ranks(np.array([1.0, 2.0, 3.0, 4.0, 5.0, -0.5]))[1].__round__(3)
    0.905
    """
    from scipy.stats import rankdata, wilcoxon

    nonzero = differences[differences != 0]
    if len(nonzero) == 0:
        return 1.0, 0.0
    ranks = rankdata(np.abs(nonzero))
    size = float((ranks * np.sign(nonzero)).sum() / ranks.sum())
    return float(wilcoxon(nonzero).pvalue), size


def metric_of(measure: Measure) -> str:
    """Return what the mean on a scale is called."""
    return TAKEN_FOR_HUMAN if measure.name == HUMAN_OR_MACHINE else measure.name


def _differences(panel: Panel, measure: int, first: int, second: int) -> Floats:
    """Return the difference of two systems for each listener who judged both."""
    means = [_listener_means(panel.ratings[measure, system]) for system in (first, second)]
    rated = means[0] - means[1]
    preferred = _listener_means(panel.preferences[measure, first, second]) - 0.5
    differences = np.where(np.isfinite(rated), rated, preferred)
    return np.asarray(
        differences[np.isfinite(differences)].round(9), np.float64
    )  # so that equal ones are ties on every machine


def _listener_means(values: Floats) -> Floats:
    known = np.isfinite(values)
    number = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, number, out=np.full(len(values), np.nan), where=number > 0))


def _opinions(panel: Panel, system: int, resamples: Resamples) -> Iterator[Row]:
    human = None if panel.human is None else panel.systems.index(panel.human)
    for index, measure in enumerate(panel.measures):
        values = panel.ratings[index, system]
        if np.isfinite(values).any():
            low, high = _mean_interval(measure, values, resamples)
            reference = _mean(panel.ratings[index, human]) if human is not None else float("nan")
            bounds = (float(measure.low), float(measure.high))
            count = int(np.isfinite(values).sum())
            yield Row(metric_of(measure), _mean(values), low, high, n=count, reference=reference, bounds=bounds)


def _mean_interval(measure: Measure, values: Floats, resamples: Resamples) -> tuple[float, float]:
    if measure.is_binary:
        low, high = share_interval(values - measure.low, resamples)
        return measure.low + low, measure.low + high
    low, high = np.clip(mean_interval(values, resamples), measure.low, measure.high).tolist()
    return low, high


def _modelled(panel: Panel) -> dict[str, list[Row]]:
    """Return for each system its means by the mixed model, on scales of more than two values."""
    rows: dict[str, list[Row]] = {name: [] for name in panel.systems}
    for index, measure in enumerate(panel.measures):
        means = None if measure.is_binary else mixed_means(panel.ratings[index])
        for row, name in enumerate(panel.systems if means is not None else ()):
            value, low, high = (float(column[row]) for column in means or ())
            count = int(np.isfinite(panel.ratings[index, row]).sum())
            rows[name].append(Row(measure.name + SUFFIX, value, low, high, n=count))
    return rows


def _turing(panel: Panel, system: int) -> Iterator[Row]:
    names = [measure.name for measure in panel.measures]
    if HUMAN_OR_MACHINE not in names or panel.human is None or panel.systems[system] == panel.human:
        return
    answers = panel.ratings[names.index(HUMAN_OR_MACHINE)]
    share = success_rate(answers[system], answers[panel.systems.index(panel.human)])
    yield Row(TURING, share.value, share.low, share.high, n=share.n, bounds=SHARE)


def _strengths(panel: Panel, resamples: Resamples) -> dict[str, list[Row]]:
    """Return for each system how strong it is in comparisons, and the share of them that it won."""
    rows: dict[str, list[Row]] = {name: [] for name in panel.systems}
    ones = Resamples(np.ones_like(resamples.listeners), np.ones_like(resamples.clips))
    for index, measure in enumerate(panel.measures):
        preferences = panel.preferences[index]
        known = np.isfinite(preferences)
        if not known.any():
            continue
        wins = np.where(known, preferences, 0.0)
        table = wins.sum(axis=(2, 3))
        strengths = bradley_terry(table, prior=PRIOR)
        least = variances(table, strengths, prior=PRIOR)
        by_listeners, by_clips = (
            bradley_terry(np.einsum("ijlc,rl,rc->rij", wins, listeners, clips, optimize=True), prior=PRIOR)
            for listeners, clips in ((resamples.listeners, ones.clips), (ones.listeners, resamples.clips))
        )
        for row, name in enumerate(panel.systems):
            own = {"by_listeners": by_listeners[:, row], "by_clips": by_clips[:, row]}
            value, count = float(strengths[row]), int(known[row].sum())
            low, high = interval(value, **own, sizes=wins.shape[2:], least=float(least[row]))
            rows[name].append(Row(f"{measure.name}.strength", value, low, high, n=count))
            rows[name].append(Row(f"{measure.name}.preferred", _mean(preferences[row]), n=count, bounds=SHARE))
    return rows


def _agreement(panel: Panel) -> Iterator[Row]:
    """Yield Krippendorff's alpha on each scale, and how far ratings of one clip by one listener are apart."""
    for index, measure in enumerate(panel.measures):
        steps = measure.high - measure.low
        ratings = panel.ratings[index].transpose(1, 0, 2).reshape(len(panel.listeners), -1)
        above = np.triu_indices(len(panel.systems), 1)
        choices = panel.preferences[index][above].transpose(1, 0, 2).reshape(len(panel.listeners), -1)
        units = np.concatenate([ratings, choices], axis=1)
        if not np.isfinite(units).any():
            continue
        scaling = "nominal" if measure.is_binary else "ordinal" if steps < FEW_VALUES else "interval"
        alpha = krippendorff_alpha(units, scaling)  # type: ignore[arg-type]
        yield Row(f"alpha.{metric_of(measure)}", alpha, n=int(np.isfinite(units).sum()), bounds=(-1.0, 1.0))
        apart = np.abs(panel.ratings[index] - panel.again[index])
        if np.isfinite(apart).any():
            count = int(np.isfinite(apart).sum())
            yield Row(f"repeat_difference.{metric_of(measure)}", _mean(apart), n=count, better="lower")


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
