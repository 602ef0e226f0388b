"""Beats given in seconds, and the tempo map that makes them the beats of a performance."""

import numpy as np
from numpy.typing import ArrayLike

from maestrokit.arrays import Floats, Integers
from maestrokit.errors import BadDataError
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import TIME_SIGNATURE, Performance, Tempos
from maestrokit.music.timing import second2tick, tempo_map, tick2second

LONGEST_BEAT = 0xFFFFFF  # microseconds: what a set-tempo event can hold
SHORTEST_BEAT = 10_000  # microseconds
LATEST_BEAT = 86_400  # seconds: a day
COARSEST_DIVISION = 96  # ticks a beat; a performance in coarser ticks would lose its expression
DIVISION = 480  # ticks a beat, where the performance's own is too coarse


def retimed(performance: Performance, beats: ArrayLike) -> Performance:
    """Return the performance with ticks that are score positions: each given beat is a beat of its tempo map.

    All events keep their time in seconds, to the nearest tick. One set-tempo event a beat makes seconds follow the
    beats; it is piecewise linear between them. Before the first beat whole beats of the first interval lead in, and
    what is left of the time before is one more beat; after the last beat the last interval continues. All former tempos
    are removed, and so are time signatures, whose bars no longer apply. A division of SMPTE or below 96 becomes 480.

    Retiming by the same beats again changes nothing.

    Parameters
    ----------
    performance : Performance
        Of any tempo map.
    beats : float, shape (beats,), in seconds
        At least two, rising.

    Returns
    -------
    Performance
        The same events at other ticks.

    Raises
    ------
    BadDataError
        If the beats are fewer than two, are not within 0 s to a day, or do not follow one another by 0.01 to 16.7 s.
    """
    times = _with_lead_in(_checked(beats))
    division = performance.division if performance.division >= COARSEST_DIVISION else DIVISION
    timed = performance.replace(tempos=_one_tempo_a_beat(times, division), division=division)
    if not len(performance.track_end_tick):
        timed = timed.replace(track_end_tick=np.zeros(1, np.int64))  # a track for the tempos
    old, new = tempo_map(performance), tempo_map(timed)

    def moved(tick: Integers) -> Integers:
        return second2tick(tick2second(tick, old), new)

    notes, others = performance.notes, performance.others.select(performance.others.kind != TIME_SIGNATURE)
    onset, offset = moved(notes.onset_tick), moved(notes.offset_tick)
    lasts = notes.offset_tick > notes.onset_tick
    return reorder_events(
        timed.replace(
            notes=notes.replace(onset_tick=onset, offset_tick=np.where(lasts, np.maximum(offset, onset + 1), offset)),
            controls=performance.controls.replace(tick=moved(performance.controls.tick)),
            others=others.replace(tick=moved(others.tick)),
            track_end_tick=moved(timed.track_end_tick),
        )
    )


def parse_beats(text: str, *, name: str) -> Floats:
    """Return the beats listed in a text: seconds in the first column, one a line.

    Further columns, blank lines, lines that begin with ``#`` and one line of column names are passed over, so that the
    annotations of ASAP and A-MAPS and the labels of Audacity can be given as they are.

    Parameters
    ----------
    name : str
        Name of the text in messages.

    Raises
    ------
    BadDataError
        If a line begins with anything else than a time, or the times are no beats (see :func:`retimed`).

    >>> parse_beats("0.5\\t0.5\\tdb,3/4\\n1.0\\t1.0\\tb\\n", name="beats.txt").tolist()
    [0.5, 1.0]
    """
    times: list[float] = []
    lines = [(number, line.replace(",", " ").split()) for number, line in enumerate(text.splitlines(), start=1)]
    rows = [(number, words[0]) for number, words in lines if words and not words[0].startswith("#")]
    for row, (number, word) in enumerate(rows):
        try:
            times.append(float(word))
        except ValueError:
            if row:
                raise BadDataError(
                    f"cannot read '{name}': line {number} begins with '{word}', which is no time",
                    "one beat a line, its time in seconds first",
                    path=name,
                ) from None
    try:
        return _checked(times)
    except BadDataError as error:
        raise BadDataError(f"cannot use '{name}': {error.fact}", error.hint, path=name) from None


def _checked(beats: ArrayLike) -> Floats:
    """Return the beats as an array, or raise if a tempo map cannot follow them."""
    times = np.asarray(beats, np.float64).ravel()
    if len(times) < 2:
        raise BadDataError(f"{len(times)} beats make no tempo", "at least two beats are needed")
    if not np.isfinite(times).all() or times[0] < 0 or times.max() > LATEST_BEAT:
        raise BadDataError("a beat is not within 0 s to a day", "beats are times in seconds from the start")
    interval = np.diff(np.rint(times * 1e6))
    if interval.min() < SHORTEST_BEAT:
        late = times[int(interval.argmin()) + 1]
        raise BadDataError(f"the beat at {late:g} s does not follow the one before it by 10 ms", "beats must rise")
    if interval.max() > LONGEST_BEAT:
        row = int(interval.argmax())
        raise BadDataError(
            f"the beats at {times[row]:g} s and {times[row + 1]:g} s are further apart than 16.7 s",
            "MIDI cannot hold so slow a tempo; fill the gap with more beats",
        )
    return times


def _with_lead_in(beats: Floats) -> Floats:
    """Return the beats preceded by 0 and by as many beats of the first interval as leave at least half of one."""
    first, interval = beats[0], beats[1] - beats[0]
    if np.rint(first * 1e6) < 1:
        return np.append(0.0, beats[1:])
    count = max(int(np.floor(first / interval - 0.5)), 0)
    if (first - interval * count) * 1e6 > LONGEST_BEAT:
        count += 1
    lead = first - interval * np.arange(count, 0, -1)
    return np.concatenate([[0.0], lead, beats])


def _one_tempo_a_beat(beats: Floats, division: int) -> Tempos:
    """Return set-tempo events that put each beat where it is, to the microsecond, without adding up rounding errors."""
    microseconds = np.diff(np.rint(beats * 1e6)).astype(np.int64)
    count = len(microseconds)
    return Tempos(
        tick=division * np.arange(count),
        microseconds_per_beat=microseconds,
        track=np.zeros(count, np.int64),
        order=np.full(count, -1),
    )
