"""Beats from a beat activation, by a dynamic Bayesian network.

The hidden state is a pointer that moves through the beat at one of many speeds, and may change its speed only where a
beat begins: the state space of Krebs, Boeck and Widmer (2015), made for expressive tempo. Between beats the pointer
moves with certainty, so that all of its positions need not be kept: the best path to a beat at time t, by an interval
n, is the best path that left a beat at time t - n for such an interval, and the score of the frames between. This gives
the same paths as Viterbi's algorithm over all positions, and takes time in proportion to the number of speeds only.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maestrokit.analysis.viterbi import best_path
from maestrokit.arrays import Floats, Integers
from maestrokit.bounds import Within, check, check_fields
from maestrokit.errors import UsageError

LEAST, MOST = 0.01, 0.98  # bounds of probabilities
SPEEDS_AN_OCTAVE = 36
TEMPOS = Within(1, 1000)  # beats a minute
FRAME_RATES = Within(0, 1_000_000, above=True)
CHUNK = 2048  # frames whose sums are kept at a time


@dataclass(frozen=True)
class TempoModel:
    """Which tempos are tried, which are usual, and how freely they change.

    The defaults were chosen on half of the performances of ASAP (tests/benchmarks/beats.py).

    Parameters
    ----------
    slowest, fastest : float, in beats a minute
        The range of tempos, within 1 to 1000. Default is 37.5 to 300.
    change : float, 0 to 1000
        Cost of a change of the interval from one beat to the next, in nats times its logarithm; the lower, the freer.
    usual : float, in beats a minute
        Centre of a bell over the logarithm of the tempo.
    spread : float > 0, in octaves
        Width of that bell.
    reward : float, in nats
        For each beat; makes up for those that nothing marks.

    Raises
    ------
    UsageError
        If the tempos make no range, or a number is out of its bounds.
    """

    slowest: Annotated[float, TEMPOS] = 37.5
    fastest: Annotated[float, TEMPOS] = 300.0
    change: Annotated[float, Within(0, 1000)] = 8.0
    usual: Annotated[float, TEMPOS] = 109.0
    spread: Annotated[float, Within(0, 100, above=True)] = 0.8
    reward: Annotated[float, Within(-1000, 1000)] = 2.5

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.slowest < self.fastest:
            fact = f"tempos from {self.slowest:g} to {self.fastest:g} make no range"
            raise UsageError(fact, "1 to 1000 is possible", parameter="slowest")


def track_beats(activation: ArrayLike, *, frame_rate: float, model: TempoModel | None = None) -> Floats:
    """Return the beats that explain an activation best, in seconds.

    Parameters
    ----------
    activation : array_like of float, shape (frames,)
        Probability, 0..1, that there is a beat in each frame; frame i is at i / frame_rate.
    frame_rate : float > 0, in frames a second
        50 is usual; it bounds how exactly beats lie.
    model : TempoModel, optional
        Which tempos to try. Default is ``TempoModel()``.

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

    Examples
    --------
    >>> clicks = np.zeros(500)
    >>> clicks[10::25] = 0.9
    >>> track_beats(clicks, frame_rate=50.0)[:4].tolist()
    [0.2, 0.7, 1.2, 1.7]
    """
    model = model or TempoModel()
    check("frame_rate", frame_rate, FRAME_RATES)
    intervals = beat_intervals(model, frame_rate)
    probabilities = np.asarray(activation, np.float64)
    likely = np.flatnonzero(probabilities > LEAST)
    if not len(likely):
        return np.empty(0)
    first, last = int(likely[0]), int(likely[-1])
    frames = _best_beats(probabilities[first : last + 1], intervals, frame_rate, model)
    return (first + frames) / frame_rate


def beat_intervals(model: TempoModel, frame_rate: float) -> Integers:
    """Return the intervals between beats that are tried, in frames: spread evenly in their logarithm, none twice."""
    shortest, longest = round(60 * frame_rate / model.fastest), round(60 * frame_rate / model.slowest)
    if shortest < 2:
        raise UsageError(
            f"{frame_rate:g} frames a second are too few for {model.fastest:g} beats a minute", "50 are usual"
        )
    count = 1 + int(np.ceil(SPEEDS_AN_OCTAVE * np.log2(longest / shortest)))
    return np.unique(np.rint(np.geomspace(shortest, longest, count)).astype(np.int64))


def _best_beats(probabilities: Floats, intervals: Integers, frame_rate: float, model: TempoModel) -> Integers:
    """Return the frames of the best beats.

    ``left[t, n]`` is the best sum up to a beat at t that is left by the interval n, less the score of the
    frames up to t without beats; so the sum that the next beat is reached with is ``left[t - n, n]`` and a bonus.
    """
    # Of a beat over none.
    gain = np.log(np.clip(probabilities, LEAST, MOST)) - np.log1p(-np.minimum(probabilities, MOST))
    steps = _Steps(intervals, frame_rate, model)
    frames, longest, block = len(probabilities), int(intervals[-1]), int(intervals[0])
    left = np.zeros((longest + CHUNK, len(intervals)))
    stored = np.zeros((longest + frames, len(intervals)), np.float32)  # left[t - longest] less its chunk's greatest
    greatest = np.zeros(1 + (longest + frames) // CHUNK)
    for start in range(0, frames, CHUNK):
        count = min(CHUNK, frames - start)
        for first in range(0, count, block):  # no beat in a block comes from one within it
            last = min(first + block, count)
            best = steps.best(left, longest + first, last - first)
            np.add(best, gain[start + first : start + last, None], out=left[longest + first : longest + last])
        sums = left[longest : longest + count]
        np.subtract(sums, sums.max(), out=stored[longest + start :][:count], casting="same_kind")
        greatest[start // CHUNK] = sums.max()
        left[:longest] = left[count : count + longest].copy()
    return _traced(stored, greatest, left[:longest], steps)


class _Steps:
    """From the beats that may come before to the best one: by a law of changes that is the same up and down.

    A change from the interval m to n costs ``change |log(n / m)|``. The best over all m below n therefore follows from
    the best below n - 1, and likewise from above: one running maximum each way in place of all pairs.
    """

    def __init__(self, intervals: Integers, frame_rate: float, model: TempoModel) -> None:
        octaves = np.log2(60 * frame_rate / intervals / model.usual)
        scaled_log = model.change * np.log(intervals)
        normal = np.log(np.exp(-np.abs(scaled_log[:, None] - scaled_log)).sum(axis=0))
        bonus = model.reward - 0.5 * (octaves / model.spread) ** 2 - normal
        self.intervals, self._scaled_log, self._bonus = intervals, scaled_log, bonus
        self._width = len(intervals)
        back = np.arange(self._width) - self._width * intervals  # in a flat array, to what was left by each interval
        rows = self._width * np.arange(intervals[0])[:, None]
        self._sources = rows + np.stack([back, back[::-1]])[:, None, :]  # (way, frames, speeds), the second way down
        self._entry = np.stack([bonus + scaled_log, (bonus - scaled_log)[::-1]])[:, None, :]
        self._exit = np.stack([scaled_log, -scaled_log[::-1]])[:, None, :]

    def best(self, left: Floats, row: int, count: int) -> Floats:
        """Return the best sums by which beats in some rows are reached, to be left by each interval."""
        reached = left.ravel().take(self._sources[:, :count] + row * self._width)
        reached += self._entry
        np.maximum.accumulate(reached, axis=2, out=reached)
        reached -= self._exit
        return np.asarray(np.maximum(reached[0], reached[1, :, ::-1]))

    def chosen(self, sums: NDArray[np.floating], speed: int) -> int:
        """Return the number of the interval to come by, for one to leave by, from what each is reached with."""
        return int((sums + self._bonus - np.abs(self._scaled_log - self._scaled_log[speed])).argmax())


def _traced(stored: NDArray[np.float32], greatest: Floats, ends: Floats, steps: _Steps) -> Integers:
    """Follow the best path back from where it leaves the last frame, by the sums of the last frames."""
    intervals, longest = steps.intervals, len(ends)
    frames, speeds = len(stored) - longest, np.arange(len(intervals))
    times = frames - longest + np.arange(longest)
    ends[(times[:, None] + intervals < frames) | (times[:, None] < 0)] = -np.inf  # the next beat lies beyond the end
    row, speed = divmod(int(ends.argmax()), len(intervals))
    time = int(times[row])
    path = []
    while time >= 0:
        path.append(time)
        before = time - intervals
        level = np.where(before >= 0, greatest[before // CHUNK], 0)
        speed = steps.chosen(stored[longest + before, speeds] + level, speed)
        time = int(before[speed])
    return np.array(path[::-1], np.int64)


def track_downbeats(
    probabilities: ArrayLike, *, meters: tuple[int, ...] = (2, 3, 4), change_cost: float = 6.0
) -> tuple[Integers, Integers]:
    """Return the position of each beat in its bar, from 0 (a downbeat), and the beats of that bar.

    The states are the phases of an endless row of bars of each length; to begin another length, or to begin anew
    within a bar, costs the same anywhere.

    Parameters
    ----------
    probabilities : array_like of float, shape (beats,)
        Probability, 0..1, that each beat is a downbeat.
    meters : tuple of int
        Beats a bar that are tried.
    change_cost : float >= 0, in nats
        Cost of a change of meter, or of a bar that is cut short.

    Returns
    -------
    position : int64, shape (beats,)
        Position of each beat in its bar, from 0.
    meter : int64, shape (beats,)
        Beats of that bar.

    Examples
    --------
    >>> position, meter = track_downbeats([0.8, 0.1, 0.1, 0.8, 0.1, 0.1, 0.8])
    >>> position.tolist(), meter.tolist()
    ([0, 1, 2, 0, 1, 2, 0], [3, 3, 3, 3, 3, 3, 3])
    """
    check("change_cost", change_cost, Within(0, 1_000_000))
    check("meters", meters, Within(1, 1000, whole=True))
    probability = np.clip(np.asarray(probabilities, np.float64), LEAST, MOST)
    lengths = np.array(meters, np.int64)
    # A state is the phase of an endless count of bars of one length: going on is staying, all else is a change.
    meter = np.repeat(lengths, lengths)
    phase = np.concatenate([np.arange(length) for length in meters])
    position = (np.arange(len(probability))[:, None] + phase) % meter  # (beats, states)
    scores = np.where(position == 0, np.log(probability)[:, None], np.log1p(-probability)[:, None])
    # Normalised by how many downbeats each length has.
    scores += np.where(position == 0, np.log(meter), np.log(meter / np.maximum(meter - 1, 1)))
    path = best_path(scores, change_cost)
    rows = np.arange(len(probability))
    return position[rows, path], meter[path]
