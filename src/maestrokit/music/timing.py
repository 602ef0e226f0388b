"""Ticks, seconds and beats, by the tempo map of a performance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.arrays import Floats, Integers
from maestrokit.errors import BadDataError
from maestrokit.music.performance import Performance, Tempos

DEFAULT_TEMPO = 500_000  # microseconds a beat: 120 beats a minute, where a file sets none


@dataclass(frozen=True)
class TempoMap:
    """The moments at which the tempo changes, the first at tick 0.

    Parameters
    ----------
    tick : int64, shape (changes,), in ticks
        When the tempo changes, strictly rising.
    second : float64, shape (changes,), in seconds
        The same moments.
    seconds_per_tick : float64, shape (changes,)
        Length of a tick, from each change on.
    """

    tick: Integers
    second: Floats
    seconds_per_tick: Floats


def tempo_map(performance: Performance) -> TempoMap:
    """Return the tempo map that all tracks share; of several tempos at one tick the last in the file counts.

    A file with SMPTE division has ticks of fixed length: one entry, and its tempo events mean nothing. In a file of
    type 2, sequences that set no tempo follow those that do.

    Parameters
    ----------
    performance : Performance
        Of any type and division.

    Returns
    -------
    TempoMap
        For :func:`tick2second` and :func:`second2tick`.

    Raises
    ------
    BadDataError
        If sequences of a file of type 2 set different tempos.
    """
    if performance.division < 0:
        frames_per_second = -(performance.division >> 8)
        rate = (29.97 if frames_per_second == 29 else frames_per_second) * (performance.division & 0xFF)
        return TempoMap(np.zeros(1, np.int64), np.zeros(1), np.array([1 / rate]))
    tempos = performance.tempos
    if has_times_of_tracks(performance):
        raise BadDataError(
            "its sequences (MIDI type 2) have different tempos, so there is no time that all share",
            "save each sequence as a file of its own",
        )
    if len(tempos) == 1 and tempos.tick[0] == 0:  # as most performances have it
        return TempoMap(np.zeros(1, np.int64), np.zeros(1), tempos.microseconds_per_beat / 1e6 / performance.division)
    rows = np.lexsort((tempos.order, tempos.track, tempos.tick))
    tick = np.concatenate([[0], tempos.tick[rows]])
    microseconds = np.concatenate([[DEFAULT_TEMPO], tempos.microseconds_per_beat[rows]])
    last = np.append(tick[1:] != tick[:-1], True)
    tick, seconds_per_tick = tick[last], microseconds[last] / 1e6 / performance.division
    second = np.concatenate([[0.0], np.cumsum(np.diff(tick) * seconds_per_tick[:-1])])
    return TempoMap(tick, second, seconds_per_tick)


def has_times_of_tracks(performance: Performance) -> bool:
    """Return whether the sequences of a file of type 2 set different tempos, so that no time is shared by all."""
    if performance.format != 2 or performance.division < 0:
        return False
    tempos = performance.tempos
    return len({_tempos_of(tempos, track) for track in np.unique(tempos.track)}) > 1


def times_of_tracks(performance: Performance, tick: Integers, track: Integers) -> Floats:
    """Return the seconds of ticks of tracks, where the sequences of a file of type 2 may each have their own."""
    if not has_times_of_tracks(performance):
        return tick2second(tick, tempo_map(performance))
    second, tempos = np.zeros(len(tick)), performance.tempos
    for number in np.unique(track):
        alone = performance.replace(tempos=tempos.select(tempos.track == number))
        second[track == number] = tick2second(tick[track == number], tempo_map(alone))
    return second


def _tempos_of(tempos: Tempos, track: int) -> bytes:
    here = tempos.select(tempos.track == track)
    return np.stack([here.tick, here.microseconds_per_beat]).tobytes()


def tick2second(tick: ArrayLike, tempo: TempoMap) -> Floats:
    """Return the time of ticks, in seconds.

    Parameters
    ----------
    tick : array_like of int, any shape, in ticks
        Times in ticks.
    tempo : TempoMap
        From :func:`tempo_map`.

    Returns
    -------
    float64, the shape of `tick`, in seconds
        The same times.
    """
    ticks = np.asarray(tick)
    row = _row_of_last_change(ticks, tempo.tick)
    return np.asarray(tempo.second[row] + (ticks - tempo.tick[row]) * tempo.seconds_per_tick[row])


def second2tick(second: ArrayLike, tempo: TempoMap) -> Integers:
    """Return the tick nearest to each time; the inverse of :func:`tick2second`.

    Parameters
    ----------
    second : array_like of float, any shape, in seconds
        Times in seconds.
    tempo : TempoMap
        From :func:`tempo_map`.

    Returns
    -------
    int64, the shape of `second`, in ticks
        The nearest ticks.
    """
    seconds = np.asarray(second, np.float64)
    row = _row_of_last_change(seconds, tempo.second)
    return np.rint(tempo.tick[row] + (seconds - tempo.second[row]) / tempo.seconds_per_tick[row]).astype(np.int64)


def _row_of_last_change(moments: ArrayLike, changes: ArrayLike) -> Integers | int:
    """Return the row of the last change not after each moment; most performances have one, and nothing to search."""
    if np.size(changes) == 1:
        return 0
    return np.maximum(np.searchsorted(changes, moments, side="right") - 1, 0)
