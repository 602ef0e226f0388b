"""A score as it is played: the events of its file, with other times, velocities and pedal.

Ticks stay positions in the score, in finer steps: a tempo map makes the beats as long as they are played, and notes lie
beside their places by their deviations. So quantizing the performance gives the score back.
"""

import math

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import SUSTAIN, Controls, Notes, Performance, Tempos
from maestrokit.music.retime import LONGEST_BEAT, SHORTEST_BEAT
from maestrokit.music.score_performance import Rendition
from maestrokit.music.scores import Score
from maestrokit.music.timing import second2tick, tempo_map

LONGEST_DELTA = 0x0FFFFFFF  # ticks between two events of a MIDI file
FINEST = 1000  # ticks of a quarter at least, so that one is about a millisecond or less
NEAREST = 0.2  # quarters between two changes of the tempo
APART = 0.002  # seconds: between onsets of one part
PEDAL_DOWN, PEDAL_UP = 127, 0


def performed_score(
    performance: Performance, score: Score, rendition: Rendition, beat: Floats, *, replace_pedal: bool = True
) -> Performance:
    """Return a score's file as it is played: all notes, none added, in the order of the score.

    Onsets of one track and channel keep their order: those that would come before an earlier one come just after it.
    A key that is struck again is released before.

    Parameters
    ----------
    performance : Performance
        Of which `score` is the score.
    rendition : Rendition
        In the order of `score`.
    beat : float64, shape (onsets,), in seconds
        Rising beat times.
    replace_pedal : bool
        Whether the pedals of the file make way for that of `rendition`.
    """
    most = LONGEST_DELTA // max(performance.last_tick, 1)  # so that a file of few long ticks can still be written
    fine = _finer(performance, max(1, min(math.ceil(FINEST / performance.division), most)))
    earliest = min(0.0, float(rendition.onset.min()), float(beat[0]))
    lead = _lead_in(score, beat) - earliest
    timed = fine.replace(tempos=_tempos(fine, score, beat + lead))
    rows = score.notes.row
    onset = _in_order(rendition.onset, score, fine.notes) + lead
    tempo = tempo_map(timed)
    onset_tick, offset_tick = fine.notes.onset_tick.copy(), fine.notes.offset_tick.copy()
    onset_tick[rows] = np.maximum(second2tick(onset, tempo), 0)
    length = rendition.offset - rendition.onset
    offset_tick[rows] = np.maximum(second2tick(onset + length, tempo), onset_tick[rows] + 1)
    velocity, release = fine.notes.velocity.copy(), np.maximum(fine.notes.release_velocity, 0)
    velocity[rows] = rendition.velocity
    moved = fine.notes.replace(onset_tick=onset_tick, offset_tick=offset_tick, velocity=velocity)
    notes = _released(moved.replace(release_velocity=release))
    controls = fine.controls
    if replace_pedal:
        tick = np.maximum(second2tick(rendition.pedal.ravel() + lead, tempo), 0)
        controls = with_pedal(controls.select(controls.number != SUSTAIN), tick, notes.select(rows))
    end = np.minimum(fine.track_end_tick, LONGEST_DELTA)  # or later, where the last event is
    return reorder_events(timed.replace(notes=notes, controls=controls, track_end_tick=end))


def _finer(performance: Performance, factor: int) -> Performance:
    """Return the same in ticks that are finer by a factor."""
    notes, controls, others = performance.notes, performance.controls, performance.others
    return performance.replace(
        notes=notes.replace(onset_tick=notes.onset_tick * factor, offset_tick=notes.offset_tick * factor),
        controls=controls.replace(tick=controls.tick * factor),
        others=others.replace(tick=others.tick * factor),
        tempos=performance.tempos.replace(tick=performance.tempos.tick * factor),
        track_end_tick=performance.track_end_tick * factor,
        division=performance.division * factor,
    )


def _lead_in(score: Score, beat: Floats) -> float:
    """Return the seconds of the rest before the first onset, at the tempo of the first quarters."""
    onset = score.notes.onset[score.first]
    return float(onset[0] * _first_quarter(onset, beat)) - float(beat[0])


def _first_quarter(onset: Floats, beat: Floats) -> float:
    """Return the length of the first quarter, in seconds; half a second where there is one onset only."""
    near = int(np.searchsorted(onset, onset[0] + 1.0, side="right")) if len(onset) > 1 else 1
    near = min(max(near, 1), len(onset) - 1)
    if near < 1 or onset[near] == onset[0]:
        return 0.5
    return float((beat[near] - beat[0]) / (onset[near] - onset[0]))


def _tempos(performance: Performance, score: Score, beat: Floats) -> Tempos:
    """Return the tempo map in which each onset, or each some way after the one before, has its beat time.

    A beat at tick 0 begins with its earliest note, at 0 s.
    """
    onset = score.notes.onset[score.first]
    chosen, last = [0], onset[0]
    for row in range(1, len(onset)):
        if onset[row] - last >= NEAREST or row == len(onset) - 1:
            chosen.append(row)
            last = onset[row]
    at = onset[chosen]
    time = np.where(at > 0, beat[chosen], 0.0)
    length = np.append(np.diff(time) / np.maximum(np.diff(at), 1e-9), np.nan)
    length[-1] = length[-2] if len(length) > 1 else _first_quarter(onset, beat)
    if onset[0] > 0:
        at, length = np.append(0.0, at), np.append(max(beat[0] / onset[0], 1e-3), length)
    tick = np.rint(at * performance.division).astype(np.int64)
    micro = np.clip(np.rint(length * 1e6), SHORTEST_BEAT, LONGEST_BEAT).astype(np.int64)
    tick[0] = 0
    zero = np.zeros(len(tick), np.int64)
    return Tempos(tick, micro, zero, zero - 1)


def _in_order(onset: Floats, score: Score, notes: Notes) -> Floats:
    """Return onsets of which none comes before one of an earlier onset of the score on its track and channel."""
    onset, group = onset.copy(), score.group
    part = (notes.track * 16 + notes.channel)[score.notes.row]
    for one in np.unique(part):
        rows = np.flatnonzero(part == one)
        starts = np.flatnonzero(np.diff(group[rows], prepend=-1))
        latest = -np.inf
        for first, after in zip(starts, np.append(starts[1:], len(rows)), strict=True):
            here = rows[first:after]
            onset[here] = np.maximum(onset[here], latest + APART)
            latest = max(latest, float(onset[here].max()))
    return onset


def _released(notes: Notes) -> Notes:
    """Return notes that end at the latest where their key is struck again, but for those struck together."""
    rows = np.lexsort((notes.onset_tick, notes.key))
    key, onset, offset = notes.key[rows], notes.onset_tick[rows], notes.offset_tick[rows].copy()
    again = np.full(len(rows), np.iinfo(np.int64).max)
    following = np.iinfo(np.int64).max
    for row in range(len(rows) - 1, -1, -1):
        is_same = row + 1 < len(rows) and key[row + 1] == key[row]
        if not is_same:
            following = np.iinfo(np.int64).max
        elif onset[row + 1] > onset[row]:
            following = onset[row + 1]
        again[row] = following
    result = notes.offset_tick.copy()
    result[rows] = np.minimum(offset, again)
    return notes.replace(offset_tick=result)


def with_pedal(controls: Controls, tick: Integers, notes: Notes) -> Controls:
    """Return controls with a pedal on each channel that has notes, down and up by turns."""
    parts: dict[int, int] = {}
    for channel, track in zip(notes.channel.tolist(), notes.track.tolist(), strict=True):
        parts.setdefault(channel, track)
    value = np.tile([PEDAL_DOWN, PEDAL_UP], len(tick) // 2)
    order = np.full(len(tick), np.iinfo(np.int32).max)  # after what is at the same tick
    pedals = [
        Controls(tick, np.full(len(tick), SUSTAIN), value, order * 0 + channel, order * 0 + track, order)
        for channel, track in sorted(parts.items())
    ]
    return Controls.concatenate([controls, *pedals])
