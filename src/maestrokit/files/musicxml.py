"""Scores in MusicXML, read by partitura as the MIDI that a program of notation would play, repeats played out.

Dynamics and wedges are velocities, accents louder ones; staccato notes last half as long, and where voices have slurs,
notes under none nine tenths; pedal marks are a pedal. Of a part on two staves each is a track. Parts without a note
that has a pitch, as those of drums, are left out.
"""

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.errors import BadDataError, UsageError, unreadable
from maestrokit.files.streams import check_file
from maestrokit.files.walk import has_suffix
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import DRUM_CHANNEL, Performance
from maestrokit.music.scores.notated_dynamics import LEVELS, STEP, velocity_curve
from maestrokit.music.scores.performed_score import with_pedal
from maestrokit.music.scores.score import GRACE
from maestrokit.music.sustain import interval_union

SUFFIXES = (".musicxml", ".mxl", ".xml")
TICKS = 480  # of a quarter, at least
PLACES = 48  # of a quarter, as exactly as notes of both are matched
LONGEST_FACT = 120  # characters
STACCATO, DETACHED = 0.5, 0.9  # of notated lengths
ACCENTS, SHORT = {"accent", "strong-accent"}, {"staccato", "staccatissimo"}
MOST_VOICES = DRUM_CHANNEL  # of a part: each is a channel, and that of drums is none
PEDAL_CHANGE = 0.0625  # quarters for which a pedal comes up where it goes down again at once

NoteKey = tuple[int, int, int, int]
"""Track and channel of a note in the MIDI of a score, its onset in PLACES of a quarter, and its pitch."""


def is_musicxml(path: str) -> bool:
    """Return whether the name of a file is that of a score in MusicXML."""
    return has_suffix(path, SUFFIXES)


def read_musicxml(path: str | Path) -> Performance:
    """Return a score in MusicXML as MIDI: notes, one channel a voice, time signatures, keys, tempo and other marks.

    Voices of a part beyond MOST_VOICES share the channels of the others.

    Raises
    ------
    UsageError
        If partitura is not installed.
    NoInputError
        If there is no such file.
    BadDataError
        If it is no score.
    """
    check_file(path)
    try:
        import partitura
    except ImportError:
        raise UsageError("scores in MusicXML need partitura", "pip install 'maestrokit[score]'") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what it passes over
            score = partitura.score.unfold_part_maximal(partitura.load_musicxml(str(path)))
            parts = _sounding_parts(score)
            if not parts:
                raise unreadable(path, "it has no notes of a pitch")
            midi = partitura.save_score_midi(parts, None, anacrusis_behavior="pad_bar", minimum_ppq=TICKS)
            return _with_marks(Performance.from_mido(midi), partitura.score, parts)
    except BadDataError:
        raise
    except Exception as error:  # whatever partitura raises of what it cannot read
        lines = str(error).splitlines() or [type(error).__name__]
        raise unreadable(path, f"not a score in MusicXML ({lines[0][:LONGEST_FACT]})") from None


def _sounding_parts(score: Any) -> list[Any]:
    """Return the parts of a score that have notes, of MOST_VOICES at most: each will be a track, and these channels."""
    parts = [part for part in getattr(score, "parts", [score]) if part.notes_tied]
    for part in parts:
        channel = _channels(part)
        for note in part.notes if len(channel) > MOST_VOICES else ():
            note.voice = channel.get(note.voice, 0) % MOST_VOICES
    return parts


def _channels(part: Any) -> dict[Any, int]:
    """Return the channel of each voice of a part, which partitura numbers as they occur."""
    return {voice: channel for channel, voice in enumerate(dict.fromkeys(note.voice for note in part.notes_tied))}


def _with_marks(performance: Performance, kinds: Any, parts: list[Any]) -> Performance:
    """Return a performance as the marks of its parts ask, given the module of the classes of partitura."""
    notes, division = performance.notes, performance.division
    begins = min(float(part.quarter_map(note.start.t)) for part in parts for note in part.notes_tied)
    quarter = notes.onset_tick / division
    marks = _Marks(parts, kinds, shift=float(quarter.min()) - begins)
    velocity, length = notes.velocity, notes.offset_tick - notes.onset_tick
    columns = notes.track, notes.channel, np.rint(PLACES * quarter).astype(np.int64), notes.pitch
    keys: list[NoteKey] = list(zip(*(column.tolist() for column in columns), strict=True))
    if marks.levels or marks.wedges or marks.loud or marks.sudden:
        is_loud = np.array([key in marks.loud or key[2] in marks.sudden for key in keys])
        velocity = _rounded(np.minimum(velocity_curve(marks.levels, marks.wedges, quarter) + STEP * is_loud, 127))
    share = np.array([STACCATO if key in marks.short else DETACHED if key in marks.detached else 1.0 for key in keys])
    least = np.minimum(length, math.ceil(GRACE * division))  # a short note is no grace note
    offset = notes.onset_tick + np.maximum(_rounded(share * length), least)
    performance = performance.replace(notes=notes.replace(velocity=velocity, offset_tick=offset))
    performance = _with_staves(performance, np.array([marks.staves.get(key, 1) for key in keys]))
    tick = _rounded(marks.pedal_intervals().ravel() * division)
    return reorder_events(performance.replace(controls=with_pedal(performance.controls, tick, performance.notes)))


def _with_staves(performance: Performance, staff: Integers) -> Performance:
    """Return a performance in which the lower staves of each track are another track, given staves from 1."""
    notes, ends = performance.notes, performance.track_end_tick
    track, is_lower = notes.track.copy(), staff > 1
    for part in np.unique(track).tolist():
        here = notes.track == part
        if len(np.unique(is_lower[here])) > 1:
            track[here & is_lower] = len(ends)
            ends = np.append(ends, ends[part])
    if len(ends) == len(performance.track_end_tick):
        return performance
    return performance.replace(notes=notes.replace(track=track), track_end_tick=ends, format=1)


class _Marks:
    """What is marked in the parts of a score, in quarters from the beginning of its MIDI."""

    def __init__(self, parts: list[Any], kinds: Any, *, shift: float) -> None:
        self.levels: list[tuple[float, int]] = []
        self.wedges: list[tuple[float, float, int]] = []
        self.pedal: list[tuple[float, float]] = []
        self.loud: set[NoteKey] = set()
        self.short: set[NoteKey] = set()
        self.detached: set[NoteKey] = set()
        self.sudden: set[int] = set()
        self.staves: dict[NoteKey, int] = {}
        for track, part in enumerate(parts):
            for mark in part.iter_all(kinds.Direction, include_subclasses=True):
                ends = [float(part.quarter_map(point.t)) + shift for point in (mark.start, mark.end or mark.start)]
                self._add(mark, kinds, *ends)
            slurs, channels = _slurs_of(part, kinds), _channels(part)
            for note in part.notes_tied:
                marks = set(note.articulations or ())
                time = round(PLACES * (float(part.quarter_map(note.start.t)) + shift))
                key = (track, channels[note.voice], time, int(note.midi_pitch))
                self.staves[key] = note.staff or 1
                self.loud |= {key} if marks & ACCENTS else set()
                self.short |= {key} if marks & SHORT else set()
                spans = slurs.get(note.voice, ())
                is_under = any(start <= note.start.t < end for start, end in spans)
                self.detached |= {key} if spans and not is_under else set()

    def pedal_intervals(self) -> Floats:
        """Return when the pedal is down, in all parts together, (intervals, 2)."""
        starts = {start for start, _ in self.pedal}
        ends = [(start, end - PEDAL_CHANGE if end in starts else end) for start, end in self.pedal]
        return interval_union(np.array(ends).reshape(-1, 2))

    def _add(self, mark: Any, kinds: Any, start: float, end: float) -> None:
        if isinstance(mark, kinds.ConstantLoudnessDirection) and mark.text in LEVELS:
            self.levels.append((start, LEVELS[mark.text]))
        elif isinstance(mark, kinds.ImpulsiveLoudnessDirection):
            self.sudden.add(round(PLACES * start))
        elif isinstance(mark, kinds.IncreasingLoudnessDirection | kinds.DecreasingLoudnessDirection):
            self.wedges.append((start, end, 1 if isinstance(mark, kinds.IncreasingLoudnessDirection) else -1))
        elif isinstance(mark, kinds.SustainPedalDirection) and end > start:
            self.pedal.append((start, end))


def _slurs_of(part: Any, kinds: Any) -> dict[Any, list[tuple[int, int]]]:
    """Return from where to before where the slurs of each voice reach; their last notes are not under them.

    Where repeats are played out, partitura has slurs at their notes only.
    """
    notes = list(part.iter_all(kinds.Note, include_subclasses=True))
    ends = {id(slur): note.start.t for note in notes for slur in note.slur_stops if slur is not None}
    slurs: dict[Any, list[tuple[int, int]]] = {}
    for note in notes:
        reach = [(note.start.t, ends[id(slur)]) for slur in note.slur_starts if id(slur) in ends]
        if reach:
            slurs.setdefault(note.voice, []).extend(reach)
    return slurs


def _rounded(values: Floats) -> Integers:
    return np.rint(values).astype(np.int64)
