"""Which note of a score each note of a performance is, by pitch and the order of onsets.

Chords of the score and of the performance, as sets of keys, are aligned by dynamic time warping [1]: a step costs what
the two sets do not share. Along the path each onset of the score has a time; then, key by key, the notes of both are
matched in their order, each as near to that time as may be, and what is left between these, if it is not far from it.
What has no partner then is not played, or not in the score. In fast passages chords that are told apart by less lead to
a better path, so two paths are tried, and the one counts that leaves fewer notes. Where both have each key equally
often, all that is not needed: the notes of each key are matched in their order, which gives a score back exactly.

References
----------
.. [1] M. Mueller, "Fundamentals of Music Processing", Springer, 2015, chapter 3.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.music.note_arrays import CHORD_WINDOW, TimedNotes, chord_rows
from maestrokit.music.scores.score import Score

PITCHES = 128
FARTHEST = 0.7, 0.25  # seconds from the time of the path, in the first matching and in the second
FARTHEST_LEFT = 1.5  # seconds: of what these two leave
WINDOWS = CHORD_WINDOW, 0.01  # seconds: chords of the performance begin further apart
NEAR = 9  # onsets whose median is the time of the one in their middle, in the second matching
ONE_SIDED = 0.55  # cost of an onset that only the score has, or only the performance


class ScoreAlignment(NamedTuple):
    """Pairs of notes, and what has no partner.

    Parameters
    ----------
    score, performance : int64, shape (pairs,)
        Rows of the notes of each pair, in the order of the score.
    missing : int64
        Rows of notes of the score that are not played.
    extra : int64
        Rows of played notes that the score does not have.
    """

    score: Integers
    performance: Integers
    missing: Integers
    extra: Integers


def align(score: Score, notes: TimedNotes) -> ScoreAlignment:
    """Return the alignment of a score and a performance, whose notes are sorted by onset."""
    group = score.group
    if not len(notes.onset):
        nothing = np.empty(0, np.int64)
        return ScoreAlignment(nothing, nothing, np.arange(len(group)), nothing)
    pairs = _by_rank(score.notes.pitch, notes.pitch)
    if pairs is None:
        pairs = max((_paired(score, notes, chord_rows(notes.onset, window=window)) for window in WINDOWS), key=len)
    pairs = pairs[np.argsort(pairs[:, 0])]
    missing, extra = (
        np.setdiff1d(np.arange(count), pairs[:, side]) for side, count in enumerate((len(group), len(notes.onset)))
    )
    return ScoreAlignment(pairs[:, 0], pairs[:, 1], missing, extra)


def _by_rank(score: Integers, performance: Integers) -> Integers | None:
    """Return pairs of rows in the order of each pitch, (pairs, 2); None unless both have each pitch equally often."""
    rows = [np.argsort(pitch, kind="stable") for pitch in (score, performance)]
    if len(score) != len(performance) or not np.array_equal(score[rows[0]], performance[rows[1]]):
        return None
    return np.stack(rows, axis=1)


def _paired(score: Score, notes: TimedNotes, chords: Integers) -> Integers:
    """Return pairs of rows, (pairs, 2), by a path through the chords that begin at some rows of the performance."""
    group, count = score.group, len(score.first)
    chord = np.searchsorted(chords, np.arange(len(notes.onset)), side="right") - 1
    path = warped(_sets(group, score.notes.pitch, count), _sets(chord, notes.pitch, len(chords)))
    time = next_time = _times_of_path(path, notes.onset[chords], count)
    pairs = np.empty((0, 2), np.int64)
    for farthest in FARTHEST:
        time = next_time
        pairs = _matched(score.notes.pitch, time[group], notes, farthest=farthest)
        if len(pairs):
            next_time = _times_of_pairs(group[pairs[:, 0]], notes.onset[pairs[:, 1]], time)
    return np.concatenate([pairs, _matched_between(score.notes.pitch, time[group], notes, pairs)])


def warped(first: NDArray[np.float32], second: NDArray[np.float32]) -> Integers:
    """Return the cheapest path through two sequences of sets, (steps, 2): rows of both, each of which never falls.

    Shape
    -----
    first : (sets, PITCHES); second : (other sets, PITCHES); 1 where a key is in a set
    """
    shared = first @ second.T
    total = first.sum(1)[:, None] + second.sum(1)
    cost = 1 - 2 * shared / np.maximum(total, 1)
    rows, columns = cost.shape
    best = np.full((rows + 1, columns + 1), np.inf, np.float32)
    best[0, 0] = 0
    best[0, 1:] = ONE_SIDED * np.arange(1, columns + 1)
    best[1:, 0] = ONE_SIDED * np.arange(1, rows + 1)
    step = np.zeros((rows + 1, columns + 1), np.int8)
    step[0, 1:], step[1:, 0] = 2, 1
    for diagonal in range(2, rows + columns + 1):
        row = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        column = diagonal - row
        here = cost[row - 1, column - 1]
        choices = np.stack([
            best[row - 1, column - 1] + here,
            best[row - 1, column] + np.minimum(ONE_SIDED, here + 0.1),
            best[row, column - 1] + np.minimum(ONE_SIDED, here + 0.1),
        ])  # fmt: skip
        chosen = choices.argmin(0)
        best[row, column], step[row, column] = choices[chosen, np.arange(len(row))], chosen
    return _path(step)


def _path(step: NDArray[np.int8]) -> Integers:
    row, column = step.shape[0] - 1, step.shape[1] - 1
    path = []
    while row and column:
        path.append((row - 1, column - 1))
        kind = step[row, column]
        row, column = row - (kind != 2), column - (kind != 1)
    return np.array(path[::-1], np.int64).reshape(-1, 2)


def _sets(group: Integers, pitch: Integers, count: int) -> NDArray[np.float32]:
    sets = np.zeros((count, PITCHES), np.float32)
    sets[group, pitch] = 1
    return sets


def _times_of_path(path: Integers, onset: Floats, count: int) -> Floats:
    """Return a time for each onset of the score, that of the middle of its chords on the path."""
    sums = np.bincount(path[:, 0], onset[path[:, 1]], minlength=count)
    counts = np.bincount(path[:, 0], minlength=count)
    known = np.flatnonzero(counts)
    return np.interp(np.arange(count), known, sums[known] / counts[known])


def _times_of_pairs(group: Integers, onset: Floats, old: Floats) -> Floats:
    """Return a time for each onset, that of the notes matched to it, or between those of its neighbours."""
    counts = np.bincount(group, minlength=len(old))
    known = np.flatnonzero(counts)
    shift = np.bincount(group, onset - old[group], minlength=len(old))[known] / counts[known]
    around = np.pad(shift, NEAR // 2, mode="edge")
    median = np.median(np.lib.stride_tricks.sliding_window_view(around, NEAR), axis=1)
    usual = np.where(np.abs(shift - median) < FARTHEST[1], shift, median)
    return old + np.interp(np.arange(len(old)), known, usual)


def _matched(pitch: Integers, time: Floats, notes: TimedNotes, *, farthest: float) -> Integers:
    """Return pairs of rows, (pairs, 2): of each key the notes of both in order, in all as near as may be."""
    pairs = []
    for score_rows, note_rows in _keys(pitch, time, notes):
        pairs += [
            (score_rows[row], note_rows[column])
            for row, column in in_order(time[score_rows], notes.onset[note_rows], farthest)
        ]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _matched_between(pitch: Integers, time: Floats, notes: TimedNotes, pairs: Integers) -> Integers:
    """Return further pairs of what :func:`_matched` leaves at the same times, each key's between its pairs in order."""
    partner, further = np.full(len(pitch), -1), []
    partner[pairs[:, 0]] = pairs[:, 1]
    for score_rows, note_rows in _keys(pitch, time, notes):
        known = np.flatnonzero(partner[score_rows] >= 0)
        edges = (
            [-1, *known, len(score_rows)],
            [-1, *np.searchsorted(note_rows, partner[score_rows[known]]), len(note_rows)],
        )
        for (before, after), (earlier, later) in zip(*map(pairwise, edges), strict=True):
            left, right = score_rows[before + 1 : after], note_rows[earlier + 1 : later]
            matches = in_order(time[left], notes.onset[right], FARTHEST_LEFT) if len(left) and len(right) else []
            further += [(left[row], right[column]) for row, column in matches]
    return np.array(further, np.int64).reshape(-1, 2)


def _keys(pitch: Integers, time: Floats, notes: TimedNotes) -> Iterator[tuple[Integers, Integers]]:
    """Return the rows of both of each key that both have, in order of time."""
    for key in np.intersect1d(pitch, notes.pitch):
        ours = np.flatnonzero(pitch == key)
        yield ours[np.argsort(time[ours], kind="stable")], np.flatnonzero(notes.pitch == key)


def in_order(first: Floats, second: Floats, farthest: float) -> list[tuple[int, int]]:
    """Return pairs of two rising sequences, as many and as near as may be, in order, none further apart than that.

    >>> in_order(np.array([0.0, 1.0]), np.array([0.9, 1.1, 5.0]), 0.5)
    [(1, 0)]
    >>> in_order(np.array([0.0, 1.0, 2.0]), np.array([0.1, 2.1]), 0.5)
    [(0, 0), (2, 1)]
    """
    gain = np.maximum(farthest - np.abs(first[:, None] - second), 0.0)
    best = np.zeros((len(first) + 1, len(second) + 1))
    for row in range(len(first)):
        taken = best[row, :-1] + gain[row]
        best[row + 1, 1:] = np.maximum.accumulate(np.maximum(best[row, 1:], taken))
    pairs, row, column = [], len(first), len(second)
    while row and column:
        if best[row, column] == best[row - 1, column]:
            row -= 1
        elif best[row, column] == best[row, column - 1]:
            column -= 1
        else:
            row, column = row - 1, column - 1
            pairs.append((row, column))
    return pairs[::-1]
