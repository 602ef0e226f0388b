"""Scores in MusicXML, read by partitura as the MIDI that a program of notation would play, repeats played out.

Dynamics and wedges are velocities, accents louder ones; staccato notes last half as long, and where voices have slurs,
notes under none nine tenths; pedal marks are a pedal. Of a part on two staves each is a track.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.errors import BadDataError, UsageError, unreadable
from maestrokit.files.streams import check_file
from maestrokit.files.walk import has_suffix
from maestrokit.music.event_order import reorder_events
from maestrokit.music.notated_dynamics import LEVELS, STEP, velocity_curve
from maestrokit.music.performance import Performance
from maestrokit.music.performed_score import with_pedal

SUFFIXES = (".musicxml", ".mxl", ".xml")
TICKS = 480  # of a quarter, at least
PLACES = 48  # of a quarter, as exactly as notes of both are matched
LONGEST_FACT = 120  # characters
STACCATO, DETACHED = 0.5, 0.9  # of notated lengths
ACCENTS, SHORT = {"accent", "strong-accent"}, {"staccato", "staccatissimo"}


def is_musicxml(path: str) -> bool:
    """Return whether the name of a file is that of a score in MusicXML."""
    return has_suffix(path, SUFFIXES)


def read_musicxml(path: str | Path) -> Performance:
    """Return a score in MusicXML as MIDI: notes, one channel a voice, time signatures, keys, tempo and other marks.

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
            midi = partitura.save_score_midi(score, None, anacrusis_behavior="pad_bar", minimum_ppq=TICKS)
            return _with_marks(Performance.from_mido(midi), partitura.score, score)
    except BadDataError:
        raise
    except Exception as error:  # whatever partitura raises of what it cannot read
        lines = str(error).splitlines() or [type(error).__name__]
        raise unreadable(path, f"not a score in MusicXML ({lines[0][:LONGEST_FACT]})") from None


def _with_marks(performance: Performance, kinds: Any, score: Any) -> Performance:
    """Return a performance as the marks of its score ask, given the module of the classes of partitura."""
    notes = performance.notes
    parts = list(score.parts) if hasattr(score, "parts") else [score]
    if not len(notes):
        return performance
    begins = min(float(part.quarter_map(note.start.t)) for part in parts for note in part.iter_all(kinds.Note))
    quarter = notes.onset_tick / performance.division
    marks = _Marks(parts, kinds, shift=float(quarter.min()) - begins)
    velocity, length = notes.velocity, notes.offset_tick - notes.onset_tick
    keys = list(zip(np.rint(PLACES * quarter).astype(np.int64).tolist(), notes.pitch.tolist(), strict=True))
    if marks.levels or marks.wedges or marks.loud or marks.sudden:
        is_loud = np.array([key in marks.loud or key[0] in marks.sudden for key in keys])
        velocity = _whole(np.minimum(velocity_curve(marks.levels, marks.wedges, quarter) + STEP * is_loud, 127))
    share = np.array([STACCATO if key in marks.short else DETACHED if key in marks.detached else 1.0 for key in keys])
    offset = notes.onset_tick + np.maximum(_whole(share * length), np.minimum(length, 1))
    performance = performance.replace(notes=notes.replace(velocity=velocity, offset_tick=offset))
    performance = _with_staves(performance, np.array([marks.staves.get(key, 1) for key in keys]))
    notes = performance.notes
    tick = _whole(np.array(marks.pedal).ravel() * performance.division)
    return reorder_events(performance.replace(controls=with_pedal(performance.controls, tick, notes)))


def _with_staves(performance: Performance, staff: Integers) -> Performance:
    """Return a performance whose one part has its lower staff on a track of its own, given staves of notes from 1."""
    notes, ends = performance.notes, performance.track_end_tick
    if len(np.unique(notes.track)) > 1 or len(np.unique(staff)) == 1:
        return performance
    track = np.where(staff > 1, len(ends), notes.track)
    return performance.replace(notes=notes.replace(track=track), track_end_tick=np.append(ends, ends.max()), format=1)


class _Marks:
    """What is marked in the parts of a score, in quarters from the beginning of its MIDI."""

    def __init__(self, parts: list[Any], kinds: Any, *, shift: float) -> None:
        self.levels: list[tuple[float, int]] = []
        self.wedges: list[tuple[float, float, int]] = []
        self.pedal: list[tuple[float, float]] = []
        self.loud: set[tuple[int, int]] = set()
        self.short: set[tuple[int, int]] = set()
        self.detached: set[tuple[int, int]] = set()
        self.sudden: set[int] = set()
        self.staves: dict[tuple[int, int], int] = {}
        for part in parts:
            for mark in part.iter_all(kinds.Direction, include_subclasses=True):
                ends = [float(part.quarter_map(point.t)) + shift for point in (mark.start, mark.end or mark.start)]
                self._add(mark, kinds, *ends)
            slurs = _slurs_of(part, kinds)
            for note in part.iter_all(kinds.Note, include_subclasses=True):
                marks = set(note.articulations or ())
                key = (round(PLACES * (float(part.quarter_map(note.start.t)) + shift)), int(note.midi_pitch))
                self.staves[key] = note.staff or 1
                self.loud |= {key} if marks & ACCENTS else set()
                self.short |= {key} if marks & SHORT else set()
                spans = slurs.get(note.voice, ())
                is_under = any(start <= note.start.t < end for start, end in spans)
                self.detached |= {key} if spans and not is_under else set()

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


def _whole(values: Floats) -> Integers:
    return np.rint(values).astype(np.int64)
