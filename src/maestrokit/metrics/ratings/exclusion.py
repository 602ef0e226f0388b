"""Which listeners do not count, by rules that are stated before anyone listens."""

import numpy as np

from maestrokit.arrays import Floats, Mask
from maestrokit.metrics.ratings.panel import Panel

LEAST_ATTENTION = 2 / 3
MOST_DIFFERENCE = 2 / 5
RULES = {
    "unfinished": "a question was left unanswered",
    "attention": "fewer than two thirds of the attention items were answered rightly",
    "repeats": "clips that were played twice were rated, on average, more than two fifths of the scale apart",
    "constant": "on every scale, one of more than two values among them, all clips got the same rating",
}


def exclusions(panel: Panel) -> dict[str, Mask]:
    """Return for each rule whether it excludes each listener; one whom a rule excludes is not tested by later ones.

    The rules on repeats and on equal ratings are for scales of more than two values: of two, an honest listener who
    cannot tell gives one and then the other, and one who takes all clips for human always gives the same.
    """
    graded = np.array([not measure.is_binary for measure in panel.measures], bool)
    spans = np.array([measure.high - measure.low for measure in panel.measures], np.float64)
    apart = np.abs(panel.ratings - panel.again) / spans[:, None, None, None]
    excluded = {
        "unfinished": ~panel.is_finished,
        "attention": _mean(panel.attention, axis=1) < LEAST_ATTENTION - 1e-9,
        "repeats": _mean(apart[graded], axis=(0, 1, 3)) > MOST_DIFFERENCE + 1e-9,
        "constant": _is_constant(panel.ratings) & graded.any(),
    }
    is_out = np.zeros(len(panel.listeners), bool)
    for rule, mask in excluded.items():
        excluded[rule] = mask & ~is_out
        is_out = is_out | mask
    return excluded


def _mean(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """Return means without NaN; NaN, which no rule excludes, where there is nothing."""
    known = np.isfinite(values)
    number = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.asarray(np.divide(total, number, out=np.full(np.shape(number), np.nan), where=number > 0))


def _is_constant(ratings: Floats) -> Mask:
    """Return whether a listener gave the same rating to all clips, on each scale, and rated more than one."""
    measures, systems, listeners, clips = ratings.shape
    flat = ratings.transpose(2, 0, 1, 3).reshape(listeners, measures, systems * clips)
    known = np.isfinite(flat)
    highest = np.where(known, flat, -np.inf).max(axis=2, initial=-np.inf)
    lowest = np.where(known, flat, np.inf).min(axis=2, initial=np.inf)
    return np.asarray(((highest == lowest) | ~known.any(axis=2)).all(axis=1) & (known.sum(axis=2) > 1).any(axis=1))
