"""Beats from evidence of beats, by a dynamic Bayesian network.

The hidden state is a pointer that moves through the beat at one of many speeds, and may change its speed only where a
beat begins: the state space of Krebs, Boeck and Widmer (2015), made for expressive tempo. Between beats the pointer
moves with certainty, so that all of its positions need not be kept: the best path to a beat at time t, by an interval
n, is the best path that left a beat at time t - n for such an interval, and what the frames between say. This gives
the same paths as Viterbi's algorithm over all positions, and takes time in proportion to the number of speeds only.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maestrokit.errors import UsageError
from maestrokit.music.best_path import best_path
from maestrokit.music.columns import Floats, Integers

LEAST, MOST = 0.01, 0.98  # evidence is never surer than that
MOST_SPEEDS = 255  # of which a byte can keep the number


@dataclass(frozen=True)
class TempoModel:
    """Which tempos are tried, which are usual, and how freely they change.

    The defaults were chosen on half of the performances of ASAP (tests/benchmarks/beats.py).

    Raises
    ------
    UsageError
        If the tempos make no range, or a number is out of its bounds.
    """

    slowest: float = 37.5
    """Beats a minute."""
    fastest: float = 300.0
    """Beats a minute."""
    change: float = 10.0
    """Cost of the relative change of the interval from one beat to the next, in nats; the lower, the freer."""
    usual: float = 109.0
    """Beats a minute, the centre of a bell over the logarithm of the tempo."""
    spread: float = 0.8
    """Octaves, the width of that bell."""
    reward: float = 2.5
    """Nats for each beat, which make up for those that nothing marks."""

    def __post_init__(self) -> None:
        if not 1 <= self.slowest < self.fastest <= 1000:
            raise UsageError(f"tempos from {self.slowest:g} to {self.fastest:g} make no range", "1 to 1000 is possible")
        if not (self.change >= 0 and self.usual > 0 and self.spread > 0):
            raise UsageError("a tempo model with negative numbers", "change, usual and spread must be positive")


def track_beats(activation: ArrayLike, *, frame_rate: float, model: TempoModel | None = None) -> Floats:
    """Return the beats that explain an activation best, in seconds.

    Parameters
    ----------
    activation : array_like, shape (frames,)
        Probability, 0..1, that there is a beat in each frame; frame i is at i / frame_rate.
    frame_rate : float > 0, in frames a second
        50 is usual; it bounds how exactly beats lie.
    model : TempoModel, optional

    Returns
    -------
    float64, shape (beats,), rising
        From the first to the last frame with an activation; empty if there is none.

    Raises
    ------
    UsageError
        If the frames are too far apart for the tempos of the model.

    References
    ----------
    F. Krebs, S. Boeck, G. Widmer: An efficient state-space model for joint tempo and meter tracking. ISMIR 2015.
    N. Whiteley, A. T. Cemgil, S. Godsill: Bayesian modelling of temporal structure in musical audio. ISMIR 2006.

    >>> clicks = np.zeros(500)
    >>> clicks[10::25] = 0.9
    >>> track_beats(clicks, frame_rate=50.0)[:4].tolist()
    [0.2, 0.7, 1.2, 1.7]
    """
    model = model or TempoModel()
    intervals = beat_intervals(model, frame_rate)
    chances = np.asarray(activation, np.float64)
    heard = np.flatnonzero(chances > LEAST)
    if not len(heard):
        return np.empty(0)
    first, last = int(heard[0]), int(heard[-1])
    frames = _best_beats(chances[first : last + 1], intervals, frame_rate, model)
    return (first + frames) / frame_rate


def beat_intervals(model: TempoModel, frame_rate: float) -> Integers:
    """Return the intervals between beats that are tried, in frames: all, or 255 spread evenly in their logarithm."""
    shortest, longest = round(60 * frame_rate / model.fastest), round(60 * frame_rate / model.slowest)
    if shortest < 2:
        raise UsageError(
            f"{frame_rate:g} frames a second are too few for {model.fastest:g} beats a minute", "50 are usual"
        )
    every = np.arange(shortest, longest + 1)
    if len(every) <= MOST_SPEEDS:
        return every
    return np.unique(np.rint(np.geomspace(shortest, longest, MOST_SPEEDS)).astype(np.int64))


def _best_beats(chances: Floats, intervals: Integers, frame_rate: float, model: TempoModel) -> Integers:
    """Return the frames of the best beats.

    Frames are worked on in blocks as long as the shortest interval: no beat in a block comes from one within it.
    """
    rest, marked = _likelihoods(chances)
    bonus = _interval_bonus(tuple(intervals.tolist()), frame_rate, model)
    cost = _change_costs(tuple(intervals.tolist()), model.change)
    frames, longest, block = len(chances), int(intervals[-1]), int(intervals[0])
    size = longest + block
    left = np.zeros((size, len(intervals)))  # best sum up to a beat that is left by an interval; a ring of frames
    came = np.empty((frames, len(intervals)), np.uint8)
    speeds = np.arange(len(intervals))
    until = np.concatenate([np.zeros(longest), rest])  # until[longest + t]: what the frames before t say
    for start in range(0, frames, block):
        times = np.arange(start, min(start + block, frames))
        before = times[:, None] - intervals  # (times, speeds)
        reached = left[before % size, speeds] - until[np.maximum(longest + before + 1, 0)]
        reached += (until[longest + times] + marked[times])[:, None] + bonus
        through = reached[:, None, :] - cost  # (times, speed left by, speed come by)
        best = through.argmax(axis=2)
        came[times] = best
        left[times % size] = np.take_along_axis(through, best[:, :, None], axis=2)[:, :, 0]
    return _traced(came, left, until[longest:], intervals)


def _likelihoods(chances: Floats) -> tuple[Floats, Floats]:
    """Return sums of the log-likelihoods that frames 0..t-1 are no beats, for each t; and that each frame is one."""
    rest = np.concatenate([[0.0], np.cumsum(np.log1p(-np.minimum(chances, MOST)))])
    return rest, np.log(np.clip(chances, LEAST, MOST))


def _traced(came: NDArray[np.uint8], left: Floats, until: Floats, intervals: Integers) -> Integers:
    """Follow the best path back from where it leaves the last frame."""
    frames, size, longest = len(came), len(left), int(intervals[-1])
    times = np.arange(max(frames - longest, 0), frames)
    ends = left[times % size] + (until[frames] - until[times + 1])[:, None]
    ends[times[:, None] + intervals < frames] = -np.inf  # the next beat must lie beyond the end
    row, speed = divmod(int(ends.argmax()), len(intervals))
    time = int(times[row])
    path = []
    while time >= 0:
        path.append(time)
        speed = int(came[time, speed])
        time -= int(intervals[speed])
    return np.array(path[::-1], np.int64)


@lru_cache(maxsize=4)
def _change_costs(intervals: tuple[int, ...], change: float) -> Floats:
    """Return the cost of each interval (rows) after each (columns), in nats: an exponential law of their ratio."""
    frames = np.array(intervals, np.float64)
    cost = change * np.abs(frames[:, None] / frames - 1)
    return np.asarray(cost + np.log(np.exp(-cost).sum(axis=0)), np.float64)


@lru_cache(maxsize=4)
def _interval_bonus(intervals: tuple[int, ...], frame_rate: float, model: TempoModel) -> Floats:
    octaves = np.log2(60 * frame_rate / np.array(intervals) / model.usual)
    return np.asarray(model.reward - 0.5 * (octaves / model.spread) ** 2, np.float64)


def track_downbeats(
    chances: ArrayLike, *, meters: tuple[int, ...] = (2, 3, 4), change_cost: float = 6.0
) -> tuple[Integers, Integers]:
    """Return the position of each beat in its bar, from 0 (a downbeat), and the beats of that bar.

    The states are the phases of an endless row of bars of each length; to begin another length, or to begin anew
    within a bar, costs the same anywhere.

    Parameters
    ----------
    chances : array_like, shape (beats,)
        Probability, 0..1, that each beat is a downbeat.
    meters : tuple of int
        Beats a bar that are tried.
    change_cost : float >= 0, in nats

    >>> position, meter = track_downbeats([0.8, 0.1, 0.1, 0.8, 0.1, 0.1, 0.8])
    >>> position.tolist(), meter.tolist()
    ([0, 1, 2, 0, 1, 2, 0], [3, 3, 3, 3, 3, 3, 3])
    """
    chance = np.clip(np.asarray(chances, np.float64), LEAST, MOST)
    lengths = np.array(meters, np.int64)
    # A state is the phase of an endless count of bars of one length: going on is staying, all else is a change.
    meter = np.repeat(lengths, lengths)
    phase = np.concatenate([np.arange(length) for length in meters])
    position = (np.arange(len(chance))[:, None] + phase) % meter  # (beats, states)
    scores = np.where(position == 0, np.log(chance)[:, None], np.log1p(-chance)[:, None])
    # Each length says as much of a downbeat as it has of them.
    scores += np.where(position == 0, np.log(meter), np.log(meter / np.maximum(meter - 1, 1)))
    path = best_path(scores, change_cost)
    rows = np.arange(len(chance))
    return position[rows, path], meter[path]
