"""Notes that nothing in the file ends: how many there are, and note-offs for them."""

import numpy as np

from maestrokit.arrays import Integers
from maestrokit.music.event_order import reorder_events, with_room_between_events
from maestrokit.music.performance import NOTE_ON_ENDS_IT, Performance, next_onset, next_stop


def endless(performance: Performance) -> tuple[Integers, Integers]:
    """Return the rows of notes that neither a note-off nor a control change ends, and the order of what comes next.

    That is the next onset of their key, or, beyond all orders, the end of their track.
    """
    notes = performance.notes
    rows = np.flatnonzero(~notes.is_released)
    rows = rows[next_stop(notes, performance.controls, rows) > notes.offset_tick[rows]] if len(rows) else rows
    return rows, next_onset(notes, notes.onset_order)[rows] if len(rows) else rows


def endless_notes(performance: Performance) -> str:
    """Return how many notes have no end in the file, and where they end instead, in words; nothing if all have one.

    >>> from maestrokit.files.midi import parse_midi
    >>> data = bytes.fromhex("4d54686400000006000000010060 4d54726b00000008 00903c40 60ff2f00")
    >>> endless_notes(parse_midi(data, name="one note"))
    '1 note without a note-off lasts to the end of its track'
    """
    rows, following = endless(performance)
    struck = int(np.count_nonzero(following < np.iinfo(np.int64).max))
    if not len(rows):
        return ""
    notes, its = ("1 note without a note-off lasts", "its") if len(rows) == 1 else (
        f"{len(rows)} notes without a note-off last", "their"
    )  # fmt: skip
    ends = [f"to the next note of {its} key"] * (struck > 0) + [f"to the end of {its} track"] * (struck < len(rows))
    return f"{notes} {' or '.join(ends)}"


def with_note_offs(performance: Performance) -> Performance:
    """Return the performance with a note-on of velocity 0 at the end of each note that nothing in the file ends."""
    rows, following = endless(performance)
    if not len(rows):
        return performance
    performance = with_room_between_events(performance)
    notes = performance.notes
    release_velocity, offset_order = notes.release_velocity.copy(), notes.offset_order.copy()
    release_velocity[rows] = NOTE_ON_ENDS_IT
    offset_order[rows] = np.where(following < np.iinfo(np.int64).max, 2 * following - 1, following)
    notes = notes.replace(release_velocity=release_velocity, offset_order=offset_order)
    return reorder_events(performance.replace(notes=notes))
