"""Performances without what tells recordings apart more than music: how fast, how loud, how long notes sound."""

import numpy as np

from maestrokit.music.note_arrays import TimedNotes

DENSITY = 8.0  # notes a second
SOUNDING = 0.25  # seconds
SOFTEST, LOUDEST = 32, 96


def matched(notes: TimedNotes) -> TimedNotes:
    """Return a performance of 8 notes a second on average, its velocities spread evenly, its notes equally long.

    Velocities become their ranks in the performance, from 32 to 96, so that which notes are louder stays, and nothing
    else of the loudness; each note sounds for 0.25 s, so that neither pedal nor articulation is left.

    >>> notes = TimedNotes(np.array([0.0, 2.0]), np.array([9.0, 9.0]), np.array([60, 64]), np.array([50, 20]))
    >>> matched(notes).onset.tolist(), matched(notes).velocity.tolist()
    ([0.0, 0.25], [64, 32])
    """
    count = len(notes.onset)
    if not count:
        return notes
    begun = notes.onset - notes.onset[0]
    onset = begun * (count / DENSITY / begun[-1]) if begun[-1] > 0 else begun
    rank = np.empty(count, np.int64)
    rank[np.argsort(notes.velocity, kind="stable")] = np.arange(count)
    velocity = SOFTEST + (LOUDEST - SOFTEST) * rank // count
    return TimedNotes(onset, onset + SOUNDING, notes.pitch, velocity)
