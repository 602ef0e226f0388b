"""Scores: notes in quarters, with the bars that they lie in, as a performance of them is modelled.

Notes are in the order in which a performance is told: by onset, then those of the chord from the highest down, then its
grace notes. The first note of each onset is therefore the top of the chord, which usually is the melody.
"""

from dataclasses import dataclass

import numpy as np

from maestrokit.arrays import Columns, Floats, Integers, Mask
from maestrokit.errors import BadDataError
from maestrokit.music.performance import DRUM_CHANNEL, TIME_SIGNATURE, Notes, Performance
from maestrokit.music.timing import DEFAULT_TEMPO, tempo_map, tick2second

GRID = 480  # of a quarter: onsets that are nearer to each other are one
SHORTEST_UNIT = 6  # power of two of the denominator of a time signature
UPPER, LOWER, NO_STAFF = 0, 1, 2
GRACE = 0.07  # quarters: a shorter note is played as a grace note, whose notated length means nothing


@dataclass(frozen=True, eq=False)
class ScoreNotes(Columns):
    """The notes of a score, in the order of the module."""

    onset: Floats
    """In quarters from the beginning."""
    duration: Floats
    """Notated length in quarters; 0 of grace notes."""
    pitch: Integers
    loudness: Floats
    """Notated loudness as a velocity, as programs of notation play dynamics; NaN where the score has none."""
    staff: Integers
    """UPPER, LOWER, or NO_STAFF where the score does not say."""
    row: Integers
    """Row of the note where it came from."""

    @property
    def is_grace(self) -> Mask:
        """Which notes are grace notes."""
        return np.asarray(self.duration == 0)


@dataclass(frozen=True, eq=False)
class Bars(Columns):
    """Bars, in order; none where a score has no meter."""

    onset: Floats
    """In quarters."""
    beats: Integers
    """Numerator of the time signature."""
    unit: Integers
    """Its denominator."""


@dataclass(frozen=True, eq=False)
class Score:
    """Notes, bars, and the tempo that the score asks for."""

    notes: ScoreNotes
    bars: Bars
    tempo: Floats
    """Notated seconds per quarter at each note."""

    @property
    def group(self) -> Integers:
        """Number of the onset that each note belongs to, from 0, shape (notes,)."""
        tick = np.rint(self.notes.onset * GRID)
        return np.cumsum(np.diff(tick, prepend=tick[:1]) > 0)

    @property
    def is_first(self) -> Mask:
        """Which notes are the first of their onset, shape (notes,)."""
        return np.asarray(np.diff(self.group, prepend=-1) > 0)

    @property
    def first(self) -> Integers:
        """Row of the first note of each onset, shape (onsets,)."""
        return np.flatnonzero(self.is_first)

    @property
    def quarters(self) -> Floats:
        """Quarters from the onset before to each onset, 0 of the first, shape (onsets,)."""
        onset = self.notes.onset[self.first]
        return np.diff(onset, prepend=onset[:1])


def sorted_score(notes: ScoreNotes, bars: Bars, tempo: Floats) -> Score:
    """Return a score with its notes in order, onsets on the grid."""
    onset = np.rint(notes.onset * GRID) / GRID
    rows = np.lexsort((notes.row, -notes.pitch, notes.is_grace, onset))
    return Score(notes.replace(onset=onset).select(rows), bars, tempo[rows])


def score_of(performance: Performance) -> Score:
    """Return the score in a MIDI file: its notes but those of drums, its time signatures and its tempo map.

    Raises
    ------
    BadDataError
        If it has no notes, or its time is not in beats.
    """
    if performance.division < 0:
        raise BadDataError("its time is in SMPTE frames, not in beats", "a score has ticks per beat")
    notes, division = performance.notes, performance.division
    row = np.flatnonzero(notes.channel != DRUM_CHANNEL)
    if not len(row):
        raise BadDataError("it has no notes to perform", "drums are left out")
    onset, offset = notes.onset_tick[row] / division, notes.offset_tick[row] / division
    duration = np.where(offset - onset < GRACE, 0.0, offset - onset)
    tempo = tempo_map(performance)
    loudness = notated_loudness(notes.velocity[row])
    index = np.maximum(np.searchsorted(tempo.tick, notes.onset_tick[row], side="right") - 1, 0)
    nominal = tempo.seconds_per_tick[index] * division
    return sorted_score(
        ScoreNotes(onset, duration, notes.pitch[row], loudness, staves(notes.select(row)), row),
        bars_of(performance),
        np.asarray(nominal, np.float64),
    )


def notated_loudness(velocity: Integers) -> Floats:
    """Return the velocities of a score's file as its dynamics; NaN where they are all the same, and so mean nothing."""
    loudness = velocity.astype(np.float64)
    return loudness if np.ptp(loudness) > 0 else np.full_like(loudness, np.nan)


def staves(notes: Notes) -> Integers:
    """Return the staff of each note: files have one in each of two tracks, or two channels, the higher is the upper."""
    for part in (notes.track, notes.channel):
        names, index = np.unique(part, return_inverse=True)
        if len(names) == len((UPPER, LOWER)):
            lower = int(np.argmin(np.bincount(index, notes.pitch) / np.bincount(index)))
            return np.where(index == lower, LOWER, UPPER)
        if len(names) > 1:
            break
    return np.full(len(notes), NO_STAFF)


def bars_of(performance: Performance) -> Bars:
    """Return the bars that the time signatures of a MIDI file make, up to its last onset; none where it has none."""
    others = performance.others.select(performance.others.kind == TIME_SIGNATURE)
    others = others.select(np.lexsort((others.order, others.tick)))
    changes = [
        (int(tick), message[3], 1 << message[4])
        for tick, message in zip(others.tick, others.message, strict=True)
        if message[3] and message[4] <= SHORTEST_UNIT
    ]
    last = int(performance.notes.onset_tick.max()) + 1
    parts = [np.empty((3, 0))]
    for row, (tick, beats, unit) in enumerate(changes):
        end = changes[row + 1][0] if row + 1 < len(changes) else last
        starts = np.arange(tick, min(end, last), max(4 * performance.division * beats / unit, 1))
        parts.append(np.stack([starts / performance.division, 0 * starts + beats, 0 * starts + unit]))
    onset, *signature = np.concatenate(parts, axis=1)
    return Bars(onset, *np.array(signature).astype(np.int64))


def has_tempo(performance: Performance) -> bool:
    """Return whether a file says its tempo, rather than leaving it to be 120."""
    return len(performance.tempos) > 0


def mean_seconds_per_quarter(performance: Performance) -> float:
    """Return the mean length of a quarter from the first onset to the last, by the tempo map."""
    ticks = performance.notes.onset_tick
    first, last = int(ticks.min()), int(ticks.max())
    if last == first:
        return float(
            DEFAULT_TEMPO / 1e6 if not has_tempo(performance) else performance.tempos.microseconds_per_beat[0] / 1e6
        )
    seconds = tick2second(np.array([first, last]), tempo_map(performance))
    return float(np.diff(seconds)[0] / (last - first) * performance.division)
