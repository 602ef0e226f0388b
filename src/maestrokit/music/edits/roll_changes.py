"""Performances changed as rolls say, with everything finer than a roll's steps as it was played."""

from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats, Integers, Mask
from maestrokit.errors import BadDataError
from maestrokit.music.edits.continuation import is_piano, next_order, pedals_up
from maestrokit.music.event_order import reorder_events
from maestrokit.music.note_arrays import NoteArrays, TimedNotes, note_arrays
from maestrokit.music.note_offs import with_note_offs
from maestrokit.music.performance import NOT_RELEASED, SUSTAIN, Controls, Notes, Performance
from maestrokit.music.piano_range import LOWEST_PITCH
from maestrokit.music.rolls.frames import frame_spans
from maestrokit.music.rolls.segments import LARGEST_VELOCITY, STEP, Rolls, begun_cells, rolls_of
from maestrokit.music.sustain import pedal_changes
from maestrokit.music.timing import second2tick, tempo_map, tick2second

LONGEST = 6 * 3600  # seconds
SHORTEST = 0.5  # steps that a note sounds at least
MIDDLE = 0.5  # of a step, where a new note begins if nothing else begins in its step


class PianoPart(NamedTuple):
    """The piano notes of a performance and their rolls, which begin with the first onset."""

    performance: Performance
    """Its notes are those of a piano only: keys outside one and drums are left out."""
    notes: NoteArrays
    rolls: Rolls

    @property
    def start(self) -> float:
        """When the rolls begin, in seconds."""
        return float(self.notes.onset[0])


class CellNotes(NamedTuple):
    """What becomes of the notes of a performance: those that stay, and new ones."""

    rows: Integers
    """Rows of ``PianoPart.notes`` of the notes that stay; -1 of new ones."""
    onset: Floats
    """In seconds."""
    sounding_offset: Floats
    """In seconds."""
    change: Integers
    """Steps by which a note that stays sounds longer; 0 of new ones."""
    pitch: Integers
    velocity: Integers


def piano_part(performance: Performance) -> PianoPart | None:
    """Return the piano notes of a performance and their rolls; None if there are none.

    BadDataError says that it lasts longer than 6 hours.
    """
    piano = performance.replace(notes=performance.notes.select(is_piano(performance.notes)))
    notes = note_arrays(piano)
    if not len(notes):
        return None
    timed = TimedNotes(notes.onset, notes.sounding_offset, notes.pitch, notes.velocity)
    start = float(notes.onset[0])
    _, ends = frame_spans(notes.onset - start, notes.sounding_offset - start, hop=STEP)
    steps = int(ends.max())
    if steps * STEP > LONGEST:
        fact = f"the performance lasts {steps * STEP / 3600:.1f} hours, and rolls are made of at most {LONGEST // 3600}"
        raise BadDataError(fact, "cut it into pieces")
    return PianoPart(piano, notes, rolls_of(timed, start=start, steps=steps))


def changed(part: PianoPart, rolls: Rolls) -> Performance:
    """Return a performance whose rolls are changed.

    Notes that are in both rolls stay where they begin in their step, and those whose sound ends in the same step end
    as they did; others sound as many steps longer or shorter as the rolls say. A new note begins together with the
    nearest key that is struck in its step. A pedal stays as it was played while at least half of the notes that ring
    through it still do; without it, notes are as long as they sound. Every note ends, and pedals come up at the end.

    Parameters
    ----------
    part : PianoPart
        What is changed.
    rolls : float32, shape (planes, steps, keys)
        What it becomes, as long as those of the part.
    """
    cells = _cell_notes(part, rolls)
    controls, has_lost_pedal = _without_cut_pedals(part, cells)
    offset = _key_offsets(part.notes, cells, has_lost_pedal)
    notes = _in_ticks(part, cells, offset)
    performance = part.performance.replace(notes=notes, controls=controls)
    end, order = performance.last_tick, next_order(performance)
    up = pedals_up(controls, max(end, int(notes.offset_tick.max(initial=0))), order)
    return with_note_offs(reorder_events(performance.replace(controls=Controls.concatenate([controls, up]))))


def _cell_notes(part: PianoPart, rolls: Rolls) -> CellNotes:
    """Return the notes that stay, and those that are new, sorted by onset, then pitch."""
    notes, before = part.notes, part.rolls
    step, key, _ = begun_cells(notes.onset - part.start, notes.pitch, steps=before.shape[1])
    runs = [_sounding_steps(roll) for roll in (before, rolls)]
    stays = np.flatnonzero(rolls[0][step, key] > 0)
    change = (runs[1] - runs[0])[step, key][stays]
    louder = np.rint((rolls[2] - before[2])[step, key] * LARGEST_VELOCITY).astype(np.int64)
    offset = np.maximum(notes.sounding_offset[stays] + change * STEP, notes.onset[stays] + SHORTEST * STEP)

    new_step, new_key = np.nonzero((rolls[0] > 0) & (before[0] == 0))
    onset = part.start + (new_step + _phases(part, step, new_step, new_key)) * STEP
    length = np.maximum(runs[1][new_step, new_key] - 0.5, SHORTEST) * STEP
    velocity = np.rint(rolls[2][new_step, new_key] * LARGEST_VELOCITY).astype(np.int64)
    begin, pitch = np.append(notes.onset[stays], onset), np.append(notes.pitch[stays], new_key + LOWEST_PITCH)
    rows = np.lexsort((pitch, begin))
    return CellNotes(
        np.append(stays, np.full(len(new_step), -1))[rows],
        begin[rows],
        np.append(np.where(change == 0, notes.sounding_offset[stays], offset), onset + length)[rows],
        np.append(change, np.zeros(len(new_step), np.int64))[rows],
        pitch[rows],
        np.clip(np.append((notes.velocity + louder)[stays], velocity), 1, LARGEST_VELOCITY)[rows],
    )


def _sounding_steps(rolls: Rolls) -> Integers:
    """Return, for each cell where a note begins, how many steps it sounds: up to silence or to the next onset.

    >>> rolls = np.zeros((3, 5, 1)); rolls[0, [0, 3], 0] = 1; rolls[1, [0, 1, 3, 4], 0] = 1
    >>> _sounding_steps(rolls)[:, 0].tolist()
    [2, 0, 0, 2, 0]
    """
    steps = rolls.shape[1]
    begins, sounds = rolls[0] > 0, rolls[1] > 0
    index = np.arange(steps)[:, None]
    ends = np.where(begins | ~sounds, index, steps)  # where a run before it is over
    following = np.minimum.accumulate(np.vstack([ends, np.full((1, ends.shape[1]), steps)])[::-1])[::-1][1:]
    return np.asarray(np.where(begins, following - index, 0), np.int64)


def _phases(part: PianoPart, step: Integers, new_step: Integers, new_key: Integers) -> Floats:
    """Return where in their step new notes begin, 0..1: with the nearest key struck in it, else in the middle."""
    phase = (part.notes.onset - part.start) / STEP - step
    first = np.searchsorted(step, new_step)  # notes are sorted by onset, and so by step
    last = np.searchsorted(step, new_step, side="right")
    result = np.full(len(new_step), MIDDLE)
    for row in np.flatnonzero(last > first):
        struck = slice(first[row], last[row])
        nearest = np.abs(part.notes.pitch[struck] - LOWEST_PITCH - new_key[row]).argmin()
        result[row] = phase[struck][nearest]
    return np.asarray(np.clip(result, 0.0, 1.0))


def _without_cut_pedals(part: PianoPart, cells: CellNotes) -> tuple[Controls, Mask]:
    """Return the controls without those pedals that most of the notes that rang do not ring through any more.

    With them comes which of the notes that stay rang through one of those.
    """
    controls, notes, tempo = part.performance.controls, part.notes, tempo_map(part.performance)
    stays = cells.rows >= 0
    rows = cells.rows[stays]
    rings = notes.offset[rows] < notes.sounding_offset[rows]
    lost = np.zeros(len(rows), bool)
    remains = np.ones(len(controls), bool)
    for channel in np.unique(controls.channel):
        tick = pedal_changes(part.performance, channel=int(channel)).tick
        edges = tick2second(tick, tempo)
        span = np.searchsorted(edges, notes.offset[rows], side="right")
        here = rings & (notes.channel[rows] == channel) & (span % 2 == 1)  # the pedal is down where the key comes up
        shorter = here & (cells.change[stays] < 0)
        count, cut = (np.bincount(span[mask], minlength=len(tick) + 1) for mask in (here, shorter))
        dropped = np.flatnonzero(2 * cut > count)
        lost |= here & np.isin(span, dropped)
        span_of_control = np.searchsorted(tick, controls.tick, side="right")
        remains &= ~((controls.channel == channel) & (controls.number == SUSTAIN) & np.isin(span_of_control, dropped))
    everywhere = np.zeros(len(cells.rows), bool)
    everywhere[stays] = lost
    return controls.select(remains), everywhere


def _key_offsets(notes: NoteArrays, cells: CellNotes, has_lost_pedal: Mask) -> Floats:
    """Return when keys come up, in seconds; NaN where it is as it was."""
    stays = cells.rows >= 0
    rings = stays & (notes.offset < notes.sounding_offset)[cells.rows] & ~has_lost_pedal
    before = notes.offset[cells.rows]
    offset = np.where(rings & (cells.change < 0), np.minimum(before, cells.sounding_offset), cells.sounding_offset)
    return np.where(stays & (cells.change == 0) & ~has_lost_pedal, np.nan, offset)


def _in_ticks(part: PianoPart, cells: CellNotes, offset: Floats) -> Notes:
    """Return notes in ticks; each ends before its key is struck again."""
    source, tempo = part.performance.notes, tempo_map(part.performance)
    stays, is_given = cells.rows >= 0, np.isnan(offset)
    neighbour = np.clip(np.searchsorted(part.notes.onset, cells.onset), 0, len(part.notes) - 1)
    rows = part.notes.row[np.where(stays, cells.rows, neighbour)]
    onset = np.where(stays, source.onset_tick[rows], second2tick(cells.onset, tempo))
    end = np.where(is_given, source.offset_tick[rows], second2tick(np.where(is_given, 0.0, offset), tempo))
    order = next_order(part.performance) + np.arange(len(rows))
    release = np.where(is_given | (source.release_velocity[rows] != NOT_RELEASED), source.release_velocity[rows], 0)
    notes = source.select(rows).replace(
        onset_tick=onset,
        offset_tick=end,
        pitch=cells.pitch,
        velocity=cells.velocity,
        release_velocity=np.where(stays, release, 0),
        onset_order=np.where(stays, source.onset_order[rows], order),
        offset_order=np.where(stays & is_given, source.offset_order[rows], order),
    )
    return notes.replace(offset_tick=_cut(notes, is_given, is_new=~stays))


def _cut(notes: Notes, is_given: Mask, *, is_new: Mask) -> Integers:
    """Return offsets no later than the next onset of their key, but for those that were played so."""
    rows, never = np.lexsort((notes.onset_tick, notes.key)), np.iinfo(np.int64).max
    is_next = np.append(np.diff(notes.key[rows]) == 0, False)
    is_cut = is_next & ~(is_given[rows] & ~np.append(is_new[rows][1:], False))
    following = np.empty(len(rows), np.int64)
    following[rows] = np.where(is_cut, np.append(notes.onset_tick[rows][1:], 0), never)
    return np.maximum(np.minimum(notes.offset_tick, following), notes.onset_tick + ~is_given)
