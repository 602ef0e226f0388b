"""The view of a performance that metrics use: its notes, in seconds and in bars."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Columns, Floats, Integers
from maestrokit.music.note_arrays import note_arrays, offset_ticks
from maestrokit.music.performance import TIME_SIGNATURE, Performance

SIGNATURE_BYTES = 7  # status, type, length and four of data; messages of another length are ignored
SECONDS_PER_BAR = 2.0  # where a file has no beats (SMPTE): a bar of four at 120 beats a minute


@dataclass(frozen=True, eq=False)
class Piece(Columns):
    """The notes of a performance, sorted by onset, then pitch; drums left out.

    Bars come from the time signatures (4/4 where there is none) and ticks. The untouched performances of a corpus
    such as MAESTRO have no meaningful tempo map: their bars are windows of 2 seconds.

    Parameters
    ----------
    onset, offset : float64, shape (notes,), in seconds
        Start and end of each note; an offset is never before its onset.
    pitch : int64, shape (notes,)
        MIDI number, 0..127.
    velocity : int64, shape (notes,)
        1..127.
    onset_bar, offset_bar : float64, shape (notes,), in bars
        Positions in bars: 2.5 is the middle of the third bar.
    sounding_offset : float64, shape (notes,), in seconds
        Where the sound ends, the sustain pedal included.
    """

    onset: Floats
    offset: Floats
    pitch: Integers
    velocity: Integers
    onset_bar: Floats
    offset_bar: Floats
    sounding_offset: Floats

    @property
    def seconds(self) -> float:
        """Time from the first onset to the last offset."""
        return float(self.offset.max() - self.onset.min()) if len(self) else 0.0


def notes_in_seconds(onset: Floats, offset: Floats, pitch: Integers, velocity: Integers | None = None) -> Piece:
    """Return a piece from plain arrays, with bars of 2 seconds; velocities default to 64.

    >>> len(notes_in_seconds(np.array([0.0]), np.array([1.0]), np.array([60])))
    1
    """
    onsets, offsets = np.asarray(onset, np.float64), np.asarray(offset, np.float64)
    velocities = np.full(len(onsets), 64) if velocity is None else velocity
    bars = onsets / SECONDS_PER_BAR, offsets / SECONDS_PER_BAR
    return _sorted(onsets, offsets, np.asarray(pitch), velocities, *bars, offsets)


def piece_of(performance: Performance) -> Piece:
    """Return the notes of a performance, in seconds and in bars.

    Parameters
    ----------
    performance : Performance
        What is to be scored.

    Returns
    -------
    Piece
        Its notes in seconds and in bars.
    """
    notes = note_arrays(performance)
    if performance.division < 0:
        onset_bar, offset_bar = notes.onset / SECONDS_PER_BAR, notes.offset / SECONDS_PER_BAR
    else:
        ticks = performance.notes.onset_tick, offset_ticks(performance)
        onset_bar, offset_bar = (tick2bar(tick[notes.row], performance) for tick in ticks)
    times = notes.onset, notes.offset
    return _sorted(*times, notes.pitch, notes.velocity, onset_bar, offset_bar, notes.sounding_offset)


def _sorted(onset: Floats, offset: Floats, *columns: NDArray[np.generic]) -> Piece:
    piece = Piece(onset, np.maximum(offset, onset), *columns)  # type: ignore[arg-type]
    piece = piece.replace(sounding_offset=np.maximum(piece.sounding_offset, piece.onset))
    return piece.select(np.lexsort((piece.pitch, piece.onset)))


def tick2bar(tick: Integers, performance: Performance) -> Floats:
    """Return positions in bars, from 0; a time signature that comes inside a bar begins a new one."""
    is_signature = performance.others.kind == TIME_SIGNATURE
    is_signature &= np.array([len(message) == SIGNATURE_BYTES for message in performance.others.message], bool)
    signatures = performance.others.select(is_signature)
    signatures = signatures.select(np.lexsort((signatures.order, signatures.track, signatures.tick)))
    changes = {0: 4 * performance.division}
    for when, message in zip(signatures.tick.tolist(), signatures.message, strict=True):
        numerator, power = message[-4], message[-3]
        changes[when] = max(1, int(4 * performance.division * numerator / 2**power))
    starts, lengths = np.array(list(changes)), np.array(list(changes.values()))
    first_bars = np.concatenate([[0], np.cumsum(np.ceil(np.diff(starts) / lengths[:-1]))])
    row = np.searchsorted(starts, tick, side="right") - 1
    return np.asarray(first_bars[row] + (tick - starts[row]) / lengths[row], np.float64)
