"""What the metrics look at: the notes of one performance, in seconds and in bars."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.music.columns import Columns
from maestrokit.music.performance import DRUM_CHANNEL, TIME_SIGNATURE, Performance
from maestrokit.music.sustain import pedal_changes, sustained_offset_tick
from maestrokit.music.timing import tempo_map, tick2second

SIGNATURE_BYTES = 7  # status, type, length and four of data; a message of another length says nothing
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
    """Return what the metrics look at in a performance.

    Parameters
    ----------
    performance : Performance
        What is to be scored.

    Returns
    -------
    Piece
        Its notes in seconds and in bars.
    """
    tempo = tempo_map(performance)
    rows = performance.notes.channel != DRUM_CHANNEL
    notes, sustained = performance.notes.take(rows), sustained_offset_tick(performance)[rows]
    onset, offset, sounding = (tick2second(tick, tempo) for tick in (notes.onset_tick, notes.offset_tick, sustained))
    if performance.division < 0:
        onset_bar, offset_bar = onset / SECONDS_PER_BAR, offset / SECONDS_PER_BAR
    else:
        onset_bar, offset_bar = (tick2bar(tick, performance) for tick in (notes.onset_tick, notes.offset_tick))
    return _sorted(onset, offset, notes.pitch, notes.velocity, onset_bar, offset_bar, sounding)


def _sorted(onset: Floats, offset: Floats, *columns: NDArray[np.generic]) -> Piece:
    piece = Piece(onset, np.maximum(offset, onset), *columns)  # type: ignore[arg-type]
    piece = piece.replace(sounding_offset=np.maximum(piece.sounding_offset, piece.onset))
    return piece.take(np.lexsort((piece.pitch, piece.onset)))


def tick2bar(tick: Integers, performance: Performance) -> Floats:
    """Return positions in bars, from 0; a time signature that comes inside a bar begins a new one."""
    is_signature = performance.others.kind == TIME_SIGNATURE
    is_signature &= np.array([len(message) == SIGNATURE_BYTES for message in performance.others.message], bool)
    signatures = performance.others.take(is_signature)
    signatures = signatures.take(np.lexsort((signatures.order, signatures.track, signatures.tick)))
    changes = {0: 4 * performance.division}
    for when, message in zip(signatures.tick.tolist(), signatures.message, strict=True):
        numerator, power = message[-4], message[-3]
        changes[when] = max(1, int(4 * performance.division * numerator / 2**power))
    starts, lengths = np.array(list(changes)), np.array(list(changes.values()))
    first_bars = np.concatenate([[0], np.cumsum(np.ceil(np.diff(starts) / lengths[:-1]))])
    row = np.searchsorted(starts, tick, side="right") - 1
    return np.asarray(first_bars[row] + (tick - starts[row]) / lengths[row], np.float64)


def pedal_intervals(performance: Performance) -> Floats:
    """Return when the sustain pedal is down, of all channels together: seconds, shape (intervals, 2).

    A pedal that is never released is held until the end of the performance.
    """
    spans = [np.empty((0, 2))]
    for channel in np.unique(performance.controls.channel):
        tick = pedal_changes(performance, channel=int(channel)).tick
        held = np.append(tick, performance.last_tick) if len(tick) % 2 else tick
        spans.append(tick2second(held, tempo_map(performance)).reshape(-1, 2))  # (intervals, down and up)
    return joined(np.concatenate(spans))


def joined(intervals: Floats) -> Floats:
    """Return the union of intervals of some length, sorted.

    >>> joined(np.array([[3.0, 4.0], [0.0, 2.0], [1.0, 2.5], [5.0, 5.0]])).tolist()
    [[0.0, 2.5], [3.0, 4.0]]
    """
    intervals = intervals[intervals[:, 1] > intervals[:, 0]]
    intervals = intervals[np.argsort(intervals[:, 0], kind="stable")]
    reach = np.maximum.accumulate(intervals[:, 1])
    first = np.append(True, intervals[1:, 0] > reach[:-1])[: len(intervals)]
    last = np.append(first[1:], True)[: len(intervals)]
    return np.stack([intervals[first, 0], reach[last]], axis=1)
