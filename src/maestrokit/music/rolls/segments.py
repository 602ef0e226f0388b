"""Performances in steps of 100 ms: rolls of onsets, of what sounds, and of velocities.

What models of rolls see of a performance, without its tempo. Where in its step a note begins is not in the rolls.
"""

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Integers
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH
from maestrokit.music.rolls.frames import frame_spans, piano_roll

STEP = 0.1  # seconds
STEPS = 64  # of a segment
SECONDS = STEP * STEPS  # of a segment
PLANES = ("onset", "sounding", "velocity")
LARGEST_VELOCITY = 127

Rolls = NDArray[np.float32]
"""Whether a note begins, whether a key sounds, and the velocity of what begins, 0..1: shape (planes, steps, keys)."""


def rolls_of(
    notes: TimedNotes, *, start: float = 0.0, steps: int = STEPS, semitones: int = 0, tempo: float = 1.0
) -> Rolls:
    """Return the rolls of a span of a performance.

    Parameters
    ----------
    notes : TimedNotes
        The performance, sorted by onset, with offsets where the sound ends.
    start : float, in seconds
        Where the span begins.
    steps : int > 0
        Length of the span.
    semitones : int
        Transposition; notes that leave the piano are left out.
    tempo : float > 0
        Factor of the tempo: above 1, more music is in a span.
    """
    before = int(np.searchsorted(notes.onset, start + steps * STEP * tempo))
    rows = np.flatnonzero((notes.offset[:before] > start) | (notes.onset[:before] >= start))
    onset, offset = ((times[rows] - start) / tempo for times in (notes.onset, notes.offset))
    pitch = notes.pitch[rows] + semitones
    rolls = np.zeros((len(PLANES), steps, KEYS), np.float32)
    first, key, begins = begun_cells(onset, pitch, steps=steps)
    cell = first[begins], key[begins]
    rolls[0][cell] = 1.0
    rolls[1] = piano_roll(onset, offset, pitch, np.ones(len(rows), np.int64), hop=STEP, frames=steps)
    np.maximum.at(rolls[2], cell, notes.velocity[rows][begins].astype(np.float32) / LARGEST_VELOCITY)
    return rolls


def begun_cells(
    onset: NDArray[np.float64], pitch: Integers, *, steps: int
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Return the step and the key that each note begins at, and which of the notes begin within the rolls."""
    first, _ = frame_spans(onset, onset, hop=STEP)
    key = pitch - LOWEST_PITCH
    return first, key, np.asarray((first >= 0) & (first < steps) & (key >= 0) & (key < KEYS))
