"""Notes in seconds as a performance that can be written."""

import numpy as np

from maestrokit.music.history import with_text
from maestrokit.music.performance import Performance
from maestrokit.music.sustain import TimedNotes
from maestrokit.music.tokens import TICKS_PER_BEAT, played

UNKNOWN_TEMPO = 120.0  # beats a minute; makes a tick a millisecond
NOTICE = "tempo unknown: the 120 beats a minute in this file only make a tick a millisecond"


def transcript(notes: TimedNotes, *, tempo: float | None = None) -> Performance:
    """Return a performance of one track that holds some notes.

    Parameters
    ----------
    notes : TimedNotes
        None is shorter than a tick in the performance.
    tempo : float > 0, in beats a minute, optional
        Written into the performance, and the grid of its ticks; it moves no note. Without it, the performance says in
        a text event that its tempo means nothing.

    >>> one = TimedNotes(np.array([1.0]), np.array([1.5]), np.array([60]), np.array([64]))
    >>> transcript(one, tempo=60.0).notes.onset_tick.tolist(), transcript(one).notes.offset_tick.tolist()
    ([500], [1500])
    """
    beat = round(60e6 / (tempo or UNKNOWN_TEMPO))  # microseconds
    ticks_per_second = TICKS_PER_BEAT * 1e6 / beat
    onset = np.rint(notes.onset * ticks_per_second).astype(np.int64)
    offset = np.maximum(np.rint(notes.offset * ticks_per_second).astype(np.int64), onset + 1)
    none = np.empty(0, np.int64)
    performance = played(onset, offset, notes.pitch, notes.velocity, pedal_tick=none, pedal_value=none)
    if tempo is None:
        return with_text(performance, NOTICE)
    return performance.replace(tempos=performance.tempos.replace(microseconds_per_beat=np.array([beat])))
