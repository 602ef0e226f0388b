"""A score as it is played: the events of its file, with other times, velocities and pedal.

Ticks stay positions in the score, in finer steps: a tempo map makes the beats as long as they are played, and notes lie
beside their places by their deviations. So quantizing the performance gives the score back.
"""

import math

import numpy as np

from maestrokit.arrays import Floats, Integers, following
from maestrokit.music.edits.retime import LONGEST_BEAT, SHORTEST_BEAT
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import SUSTAIN, Controls, Notes, Performance, Tempos, ends_all_notes
from maestrokit.music.scores.performance_parameters import Rendition, last_quarter
from maestrokit.music.scores.score import Score
from maestrokit.music.timing import second2tick, tempo_map

LONGEST_DELTA = 0x0FFFFFFF  # ticks between two events of a MIDI file
FINEST = 1000  # ticks of a quarter at least, so that one is about a millisecond or less
NEAREST = 0.2  # quarters between two changes of the tempo
APART = 0.002  # seconds: between onsets of one part
PEDAL_DOWN, PEDAL_UP = 127, 0
NOTE_KINDS = (0x80, 0x90)  # of other events: note-offs of no note


def performed_score(
    performance: Performance, score: Score, rendition: Rendition, beat: Floats, *, replace_pedal: bool = True
) -> Performance:
    """Return a score's file as it is played: all notes, none added, in the order of the score.

    Onsets of one track and channel keep their order: those that would come before an earlier one come just after it.
    Where several notes have one key at one onset, as both hands may, they are struck together. A key that is struck
    again, on any track of its channel, is released before. Note-offs of no note, and controls that end all notes, are
    left out: they would end notes that last longer now.

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
    fine = _without_early_ends(fine)
    lead = _lead_in(score, beat) - min(float(rendition.onset.min()), float(beat[0]))
    timed = fine.replace(tempos=_tempos(fine, score, beat + lead))
    rows = score.notes.row
    onset = _in_order(_struck_together(rendition.onset, score), score, fine.notes) + lead
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


def _without_early_ends(performance: Performance) -> Performance:
    """Return the same without note-offs of no note and controls that end all notes."""
    others, controls = performance.others, performance.controls
    return performance.replace(
        others=others.select(~np.isin(others.kind, NOTE_KINDS)),
        controls=controls.select(~ends_all_notes(controls.number)),
    )


def _lead_in(score: Score, beat: Floats) -> float:
    """Return the seconds of the rest before the first onset, at the tempo of the first quarters."""
    onset = score.notes.onset[score.first]
    return float(onset[0] * _first_quarter(onset, beat))


def _first_quarter(onset: Floats, beat: Floats) -> float:
    """Return the length of the first quarter, in seconds; half a second where there is one onset only."""
    near = int(np.searchsorted(onset, onset[0] + 1.0, side="right")) if len(onset) > 1 else 1
    near = min(max(near, 1), len(onset) - 1)
    if near < 1 or onset[near] == onset[0]:
        return 0.5
    return float((beat[near] - beat[0]) / (onset[near] - onset[0]))


def _tempos(performance: Performance, score: Score, beat: Floats) -> Tempos:
    """Return the tempo map in which each onset, or each some way after the one before, has its beat time.

    The tempo of the last quarter goes on. A beat at tick 0 begins with its earliest note, at 0 s.
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
    length[-1] = last_quarter(onset, beat, _first_quarter(onset, beat))
    if onset[0] > 0:
        at, length = np.append(0.0, at), np.append(max(beat[0] / onset[0], 1e-3), length)
    tick = np.rint(at * performance.division).astype(np.int64)
    micro = np.clip(np.rint(length * 1e6), SHORTEST_BEAT, LONGEST_BEAT).astype(np.int64)
    tick[0] = 0
    zero = np.zeros(len(tick), np.int64)
    return Tempos(tick, micro, zero, zero - 1)


def _struck_together(onset: Floats, score: Score) -> Floats:
    """Return onsets of which those of one key at one onset of the score are the last of them, but for grace notes."""
    rows = np.flatnonzero(~score.notes.is_grace)
    key = score.group[rows] << 7 | score.notes.pitch[rows]
    order = np.lexsort((-onset[rows], key))
    _, first, index = np.unique(key[order], return_index=True, return_inverse=True)
    result = onset.copy()
    result[rows[order]] = onset[rows[order]][first][index]
    return result


def _in_order(onset: Floats, score: Score, notes: Notes) -> Floats:
    """Return onsets of which none comes before one of an earlier onset of the score on its track and channel.

    The grace notes that a part has at one onset follow one another as in the file.
    """
    onset, group, row = onset.copy(), score.group, score.notes.row
    part = (notes.track * 16 + notes.channel)[row]
    for number in np.unique(part):
        rows = np.flatnonzero(part == number)
        starts = np.flatnonzero(np.diff(group[rows], prepend=-1))
        latest = -np.inf
        for first, after in zip(starts, np.append(starts[1:], len(rows)), strict=True):
            here = rows[first:after]
            onset[here] = np.maximum(onset[here], latest + APART)
            latest = max(latest, float(onset[here].max()))
            graces = here[score.notes.is_grace[here]]
            onset[graces[np.argsort(row[graces])]] = np.sort(onset[graces])
    return onset


def _released(notes: Notes) -> Notes:
    """Return notes that end before their key is struck again on any track of their channel, but not at once."""
    keys = np.stack([notes.channel << 7 | notes.pitch, notes.onset_tick])
    (key, onset), row = np.unique(keys, axis=1, return_inverse=True)
    again = following(onset, key=key, order=onset, otherwise=np.iinfo(np.int64).max)[row.ravel()]
    latest = np.maximum(again - 1, notes.onset_tick + 1)
    return notes.replace(offset_tick=np.minimum(notes.offset_tick, latest))


def with_pedal(controls: Controls, tick: Integers, notes: Notes) -> Controls:
    """Return controls with a pedal on each channel of each track that has notes, down and up by turns.

    Channels are those of the whole file, but many programs keep tracks apart.
    """
    value = np.tile([PEDAL_DOWN, PEDAL_UP], len(tick) // 2)
    order = np.full(len(tick), np.iinfo(np.int32).max)  # after what is at the same tick
    pedals = [
        Controls(tick, np.full(len(tick), SUSTAIN), value, order * 0 + channel, order * 0 + track, order)
        for channel, track in sorted(set(zip(notes.channel.tolist(), notes.track.tolist(), strict=True)))
    ]
    return Controls.concatenate([controls, *pedals])
