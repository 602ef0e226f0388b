"""The pulse of onsets: the period that repeats around each moment.

A first estimator, by the times between onsets alone. Intervals between all pairs of onsets up to four seconds apart
are an autocorrelation of onset strength without a grid; a comb over their multiples scores each period by how well it
explains them (Dixon 2001 clusters the same intervals; Scheirer 1998 introduced the comb); a preference for usual tempos
picks the level (as in Ellis 2007, whose centre is 120); and a path that may change by little at a time joins the
moments. It finds neither phase nor downbeats; the beat tracker does.

References
----------
S. Dixon, "Automatic extraction of tempo and beat from expressive performances", Journal of New Music Research 30
(2001). E. D. Scheirer, "Tempo and beat analysis of acoustic musical signals", JASA 103 (1998). D. P. W. Ellis, "Beat
tracking by dynamic programming", Journal of New Music Research 36 (2007).
"""

import numpy as np

from maestrokit.analysis.peaks import peak_offset
from maestrokit.analysis.viterbi import banded_path
from maestrokit.arrays import Floats, Integers
from maestrokit.features.note_views import NoteView
from maestrokit.features.statistics import smoothed
from maestrokit.music.rolls.frames import frame_times

STEPS_AN_OCTAVE = 32  # of the grid of periods: 2.2 % a step
SHORTEST, OCTAVES = 0.125, 5  # seconds, and how far the grid of intervals goes: up to 4 s
SLOWEST, FASTEST = 30.0, 240.0  # beats a minute
PERIODS = 60 / FASTEST * 2.0 ** (np.arange(int(np.log2(FASTEST / SLOWEST) * STEPS_AN_OCTAVE) + 1) / STEPS_AN_OCTAVE)
MULTIPLES = (1, 2, 3, 4)
USUAL, SPREAD = 100.0, 0.7  # beats a minute, and octaves: the preferred tempo
HOP = 2.0  # seconds from one moment to the next
WINDOW = np.array([1.0, 2.0, 3.0, 2.0, 1.0])  # weights of neighbouring moments
BLUR = 1.5  # steps of the grid: spread of an interval, some 3 %
BELL = np.exp(-0.5 * (np.arange(-int(3 * BLUR), int(3 * BLUR) + 1) / BLUR) ** 2)
STEP_COST = 0.001  # of the share of intervals explained, for each step of the grid
LONGEST_STEP = 6  # of the grid in one hop: 14 %


def tempo_path(view: NoteView) -> tuple[Floats, Floats, Floats]:
    """Return time in seconds (``HOP`` apart from 0), tempo in beats a minute, and strength of each moment.

    The strength is the share of the intervals that lie on a multiple of the beat found, 0..1; 0 where there are none.
    """
    moments = int(view.length // HOP) + 1 if len(view.group_first) > 2 else 0
    intervals = _interval_histogram(view, moments)  # (moments, intervals)
    combed = _combed(intervals)  # (moments, periods)
    total = intervals.sum(axis=1, keepdims=True)
    share = np.divide(combed, total, out=np.zeros_like(combed), where=total > 1e-9)
    octaves = np.log2(60 / PERIODS / USUAL)
    preference = np.exp(-0.5 * (octaves / SPREAD) ** 2)  # a bell over the logarithm of the tempo (Ellis 2007)
    path = banded_path(share * preference, -STEP_COST * np.abs(np.arange(-LONGEST_STEP, LONGEST_STEP + 1)))
    strength = share[np.arange(moments), path] / float(1 / BELL.sum())  # the comb of intervals that equal the period
    return frame_times(moments, hop=HOP), 60 / _refined(share, path), np.minimum(strength, 1.0)


def _interval_histogram(view: NoteView, moments: int) -> Floats:
    """Return the intervals around each moment, each as strong as the weaker of its onsets over its length, blurred.

    An onset is as strong as the root of the sum of its velocities.
    """
    onset, size = view.group_onset, OCTAVES * STEPS_AN_OCTAVE
    strength = np.sqrt(np.add.reduceat(view.velocity.astype(np.float64), view.group_first)) if moments else onset
    first, last = _near_pairs(onset, SHORTEST * 2.0**OCTAVES)
    interval = np.maximum(onset[last] - onset[first], SHORTEST / 2)
    step = np.log2(interval / SHORTEST) * STEPS_AN_OCTAVE
    inside = np.flatnonzero((step >= 0) & (step < size - 1))
    whole_step = step[inside].astype(np.int64)
    part = step[inside] - whole_step  # an interval between two steps is shared by them
    moment = np.rint((onset[first[inside]] + interval[inside] / 2) / HOP).astype(np.int64)
    cell = np.minimum(moment, moments - 1) * size + whole_step
    # Over its length, so that all lengths are equally likely for random onsets.
    weight = np.minimum(strength[first[inside]], strength[last[inside]]) / interval[inside]
    histogram = np.asarray(np.bincount(cell, weight * (1 - part), moments * size), np.float64)
    histogram += np.bincount(cell + 1, weight * part, moments * size)
    windowed = smoothed(histogram.reshape(moments, size), WINDOW)
    return np.ascontiguousarray(smoothed(windowed.T, BELL / BELL.sum()).T)


def _near_pairs(onset: Floats, reach: float) -> tuple[Integers, Integers]:
    """Return the rows of all pairs of onsets less than ``reach`` seconds apart, the earlier and the later."""
    rows = np.arange(len(onset))
    later = np.searchsorted(onset, onset + reach) - rows - 1  # how many partners each onset has
    first = np.repeat(rows, later)
    return first, first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)


def _combed(intervals: Floats) -> Floats:
    """Return, for each period, the intervals at its multiples, those counting in inverse proportion."""
    start = np.log2(60 / FASTEST / SHORTEST) * STEPS_AN_OCTAVE
    combed = np.zeros((len(intervals), len(PERIODS)))
    for multiple in MULTIPLES:
        whole, part = divmod(start + np.log2(multiple) * STEPS_AN_OCTAVE, 1)
        for shift, weight in ((int(whole), 1 - part), (int(whole) + 1, part)):
            at_multiple = intervals[:, shift : shift + combed.shape[1]]
            combed[:, : at_multiple.shape[1]] += at_multiple * (weight / multiple)
    return combed


def _refined(share: Floats, path: Integers) -> Floats:
    """Return the period of each step of the path, moved to the top of a parabola through it and its neighbours."""
    last = share.shape[1] - 1
    rows = np.arange(len(path))
    low, here, high = (share[rows, np.clip(path + side, 0, last)] for side in (-1, 0, 1))
    is_top = (here >= low) & (here >= high) & (path > 0) & (path < last)
    moved = np.where(is_top, peak_offset(low, here, high), 0.0)
    return np.asarray(PERIODS[0] * 2.0 ** ((path + moved) / STEPS_AN_OCTAVE))
