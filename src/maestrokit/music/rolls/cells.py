"""Notes in cells of five steps of time, 50 ms: rolls of onsets, sounding keys, velocities and fractions of cells.

What models of segments see of a performance. Where within its cell a note begins is in the rolls, so that an onset is
as exact as its grid; a note ends between two cells.
"""

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.piano_range import KEYS, LOWEST_PITCH

CELL = 5  # steps
CELLS = 128  # of a segment
SEGMENT = CELL * CELLS  # steps: 6.4 s, at 10 ms a step
PLANES = ("onset", "sounding", "velocity", "fraction")

CellRolls = NDArray[np.float32]
"""Whether a note begins, whether a key sounds, and of what begins the velocity, and where in its cell it does, as a
fraction, both above 0 and below 1: shape (planes, cells, keys)."""


def cells_of(notes: StepNotes, *, start: int, cells: int, velocity_bins: int) -> CellRolls:
    """Return the rolls of a span of notes.

    Of two onsets of one key in a cell the louder counts. What sounds where the span begins is in the rolls, without an
    onset.

    Parameters
    ----------
    notes : StepNotes
        Sorted by onset; keys outside a piano are left out.
    start : int
        Step at which the span begins; below 0 there is silence before the notes.
    cells : int > 0
        Length of the span.
    velocity_bins : int > 0
    """
    before = int(np.searchsorted(notes.onset, start + CELL * cells))
    key = notes.pitch[:before] - LOWEST_PITCH
    rows = np.flatnonzero((notes.offset[:before] > start) & (key >= 0) & (key < KEYS))
    rows = rows[np.argsort(notes.velocity_bin[rows], kind="stable")]  # so that the louder one is written last
    key, onset, offset = key[rows], notes.onset[rows] - start, notes.offset[rows] - start
    first, fraction = np.divmod(onset, CELL)
    last = np.clip(np.maximum((offset + CELL // 2) // CELL, first + 1), 0, cells)
    rolls = np.zeros((len(PLANES), cells, KEYS), np.float32)
    changes = np.zeros((cells + 1, KEYS), np.int64)
    np.add.at(changes, (np.maximum(first, 0), key), 1)
    np.add.at(changes, (last, key), -1)
    rolls[1] = np.cumsum(changes, axis=0)[:-1] > 0
    begins = onset >= 0
    at = first[begins], key[begins]
    rolls[0][at] = 1.0
    rolls[2][at] = (notes.velocity_bin[rows][begins] + 0.5) / velocity_bins
    rolls[3][at] = (fraction[begins] + 0.5) / CELL
    return rolls


def notes_of_cells(rolls: CellRolls, *, velocity_bins: int) -> StepNotes:
    """Return the notes of rolls: those that begin in them, each as long as its key sounds without another onset.

    The inverse of :func:`cells_of`, but for ends, which are between two cells.
    """
    onset, sounding = rolls[0] > 0, rolls[1] > 0
    cells = len(onset)
    stops = np.where(onset | ~sounding, np.arange(cells)[:, None], cells)
    stops = np.concatenate((stops, np.full((1, KEYS), cells)))
    next_stop = np.minimum.accumulate(stops[::-1], axis=0)[::-1]  # at or after each cell
    first, key = np.nonzero(onset)
    fraction, velocity_bin = _parts(rolls[3][first, key], CELL), _parts(rolls[2][first, key], velocity_bins)
    step = CELL * first + fraction
    rows = np.lexsort((key, step))
    offset = CELL * next_stop[first + 1, key]
    return StepNotes(step[rows], offset[rows], key[rows] + LOWEST_PITCH, velocity_bin[rows])


def _parts(values: Floats | CellRolls, parts: int) -> NDArray[np.int64]:
    """Return which of so many equal parts of 0..1 values lie in."""
    return np.clip(np.floor(values * parts), 0, parts - 1).astype(np.int64)
