"""The key of a performance over time."""

from dataclasses import dataclass

import numpy as np

from maestrokit.analysis.chords.sounding import sounding_seconds
from maestrokit.analysis.viterbi import best_path
from maestrokit.arrays import Columns, Floats, Integers, sums_between
from maestrokit.bounds import DAY, Within, check
from maestrokit.music.keys import key_scores
from maestrokit.music.note_arrays import timed_notes
from maestrokit.music.performance import Performance

WINDOWS = Within(0.001, DAY)  # seconds
CHANGE_COST = 1.0  # in correlation, summed over the steps of a key


@dataclass(frozen=True, eq=False)
class KeySpans(Columns):
    """Keys one after another, without gaps; neighbours differ.

    Parameters
    ----------
    start, end : float64, shape (keys,), in seconds
        From where to where each key lasts.
    key : int64, shape (keys,)
        Index among the 24 keys, for ``Key.from_index``.
    score : float64, shape (keys,)
        Mean correlation of the windows with the key's profile, -1..1.
    """

    start: Floats
    end: Floats
    key: Integers
    score: Floats


def key_spans(
    performance: Performance,
    *,
    window: float = 16.0,
    step: float = 2.0,
    change_cost: float = CHANGE_COST,
    profile: str = "albrecht-shanahan",
) -> KeySpans:
    """Return the keys of a performance over time, drums left out.

    Each step is scored by the notes that sound in a window around it, and the sequence of keys is the one with the
    greatest sum of scores when every change has a cost.

    Parameters
    ----------
    performance : Performance
        Whose keys to find.
    window, step : float, 0.001 to 86400, in seconds
        Width of the window, and how far apart windows are; the window is a whole, odd number of steps.
    change_cost : float >= 0
        What a change has to gain, in correlation summed over steps.
    profile : {'albrecht-shanahan', 'krumhansl-kessler', 'kostka-payne'}
        See :func:`key_scores`.

    Returns
    -------
    KeySpans
        From the start of the performance to its end.

    Raises
    ------
    UsageError
        If a number is out of its bounds.
    """
    check("window", window, WINDOWS)
    check("step", step, WINDOWS)
    check("change_cost", change_cost, Within(0, 1_000_000))
    notes = timed_notes(performance, pedal_extends=False)
    if not len(notes.pitch):
        return KeySpans(np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0))
    first, last = float(notes.onset.min()), float(notes.offset.max())
    edges = np.append(np.arange(first, last, step), max(last, first + step / 1000))
    seconds = sounding_seconds(notes.onset, notes.offset, notes.pitch, edges)
    tones = np.pad(seconds, ((0, 0), (0, 4))).reshape(-1, 11, 12).sum(axis=1)  # (steps, 12)
    rows, reach = np.arange(len(tones)), int(window / step) // 2
    windowed = sums_between(tones, np.maximum(rows - reach, 0), np.minimum(rows + reach + 1, len(tones)))
    scores = key_scores(windowed, profile=profile)  # (steps, 24)
    path = best_path(scores, change_cost)
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    steps = np.diff(np.append(starts, len(path)))
    mean = np.add.reduceat(scores[np.arange(len(path)), path], starts) / steps
    return KeySpans(edges[starts], edges[np.append(starts[1:], len(path))], path[starts], mean)
