"""The names of the scores that an evaluation may give, known before anything is scored."""

import numpy as np

from maestrokit.metrics import score_sets
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance, compare

FACTORS = ("time", "pitch", "velocity", "duration")
OF_DISTRIBUTIONS = ("overlapped_area", "kl")


def names_in_pairs() -> list[str]:
    """Return the names of the scores of an estimate against its reference.

    >>> {"onset_f1", "pedal_frame_f1"} <= set(names_in_pairs())
    True
    """
    one = np.array([0.0]), np.array([1.0])
    performance = NotesAndPedal(notes_in_seconds(*one, np.array([60])), np.stack(one, 1))
    return list(compare(performance, performance, tolerances=[Tolerance()]))


def names_in_sets(chosen: tuple[str, ...] = ()) -> list[str]:
    """Return the names of the scores of a set by the metrics that were chosen, or by all.

    >>> names_in_sets(("pitch_range",))
    ['pitch_range', 'pitch_range.overlapped_area', 'pitch_range.kl']
    """
    names = []
    for name, metric in score_sets.metrics(chosen or None).items():
        names += [name, *(f"{name}.{kind}" for kind in OF_DISTRIBUTIONS if metric.is_distributed)]
    return names


def names_of_models(*, has_baseline: bool) -> list[str]:
    """Return the names of the scores of a model of events or notes; only those of notes have factors."""
    units = ("token", "note", "second")
    names = [*(f"nats_per_{unit}" for unit in units), "perplexity", "accuracy"]
    names += [f"nats_per_note_{factor}" for factor in FACTORS]
    return names + [f"ngram_nats_per_{unit}" for unit in units if has_baseline]
