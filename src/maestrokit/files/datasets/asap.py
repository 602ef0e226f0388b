"""The (n)ASAP data set: performances with tables of the place in the score of each matched note.

References
----------
F. Foscarin et al., "ASAP: a dataset of aligned scores and performances for piano transcription", ISMIR 2020; S. Peter
et al., "Automatic Note-Level Score-to-Performance Alignments in the ASAP Dataset", TISMIR 2023.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from maestrokit.arrays import Floats, Integers
from maestrokit.errors import BadDataError, unreadable
from maestrokit.files.midi import read_midi
from maestrokit.files.scores import read_score
from maestrokit.files.streams import decoded, read_bytes
from maestrokit.music.scores.performance_parameters import Rendition
from maestrokit.music.scores.score import NO_STAFF, Bars, Score, ScoreNotes, sorted_score
from maestrokit.music.sustain import pedal_intervals
from maestrokit.music.timing import tempo_map

SUFFIX = "_score_notes.tsv"
BEATS_SUFFIX = "_annotations.txt"
SCORE, SCORE_BEATS = "midi_score.mid", "midi_score_annotations.txt"
TABLE = "metadata.csv"
NUMBERS = ("onset", "offset", "pitch", "velocity", "score_onset_beats", "score_duration_beats")
HINT = "a table of score notes has the columns " + " ".join((*NUMBERS, "note_value", "grace"))
FEWEST_NOTES = 16
TOGETHER = 0.01  # seconds: a change of tempo so shortly after a beat is at it
GRID = 12  # of a quarter: as exactly as tables and the score's file agree
LEAST_FOUND = 0.7  # of the notes of a table, in the score's file
UNITS = (0.25, 0.5, 1.0, 2.0)  # quarters that a beat can be
NEIGHBOURS = 5  # downbeats of which the middle one decides


class AnnotatedBeat(NamedTuple):
    """An annotated beat."""

    second: float
    is_downbeat: bool
    beats: int
    """Numerator of the time signature, and its denominator."""
    unit: int


class AlignedPerformance(NamedTuple):
    """A score, and how a person played it."""

    score: Score
    rendition: Rendition
    composer: str


def piece_of(path: str) -> str:
    """Return the piece that a table is of: its folder, without the remark on repeats in its name.

    >>> piece_of("Beethoven/Piano_Sonatas/17-1_no_repeat/Kim01_score_notes.tsv")
    'Beethoven/Piano_Sonatas/17-1'
    """
    return re.sub(r"_no(_\w+)?_repeat$", "", Path(path).parent.as_posix())


def read_aligned(path: str) -> AlignedPerformance:
    """Return a performance with its score.

    Parameters
    ----------
    path : str
        Of the table ``NAME_score_notes.tsv``. Beside it lie ``NAME.mid``, whose pedal counts, and
        ``NAME_annotations.txt``, whose downbeats do.

    Raises
    ------
    NoInputError
        If one of the files is not there.
    BadDataError
        If one of them is damaged.
    """
    stem = path.removesuffix(SUFFIX)
    columns, unit = _read_table(path)
    order = np.lexsort((columns["score_onset_beats"],))
    columns, unit = {name: column[order] for name, column in columns.items()}, unit[order]
    beat = columns["score_onset_beats"]
    step = np.diff(beat, prepend=beat[:1])
    onset = np.cumsum(step * np.concatenate([unit[:1], unit[:-1]]))
    duration = np.where(columns["grace"], 0.0, columns["score_duration_beats"] * unit)
    pitch = columns["pitch"].astype(np.int64)
    marks = _read_marks(stem + BEATS_SUFFIX)
    seconds, beats, quarters = _time_map(beat, onset, columns["onset"])
    bars = _bars(marks, np.interp([mark.second for mark in marks], seconds, beats), beats, quarters)
    tempo = _notated_tempo(Path(path).parent, len(marks))
    row = np.searchsorted([mark.second for mark in marks], np.interp(beat, beats, seconds) + TOGETHER, side="right") - 1
    loudness, staff = _in_score_file(Path(path).parent, onset, pitch)
    notes = ScoreNotes(onset, duration, pitch, loudness, staff, np.arange(len(onset)))
    score = sorted_score(notes, bars, tempo[np.maximum(row, 0)])
    rows = score.notes.row
    rendition = Rendition(
        columns["onset"][rows],
        columns["offset"][rows],
        np.clip(columns["velocity"][rows], 1, 127).astype(np.int64),
        pedal_intervals(read_midi(stem + ".mid")),
    )
    return AlignedPerformance(score, rendition, composer_of(path))


def _read_table(path: str) -> tuple[dict[str, NDArray[Any]], Floats]:
    """Return the columns of a table, and the quarters of a beat at each note."""
    try:
        names, *rows = (line.split("\t") for line in decoded(read_bytes(path)).splitlines() if line)
        texts = dict(zip(names, zip(*rows, strict=True), strict=True))
        columns = {name: np.array(texts[name]).astype(np.float64) for name in NUMBERS}
        columns["grace"] = np.array([text == "1" for text in texts["grace"]])
        values = {text: float(Fraction(text or 0)) for text in set(texts["note_value"])}
        value = np.array([values[text] for text in texts["note_value"]])
    except (KeyError, ValueError, TypeError, ZeroDivisionError) as error:
        raise unreadable(path, f"not a table of score notes ({error})", HINT) from None
    if len(rows) < FEWEST_NOTES:
        raise BadDataError(f"cannot learn from '{path}': it has {len(rows)} notes", HINT, path=path)
    length = columns["score_duration_beats"]
    ratio = 4 * value / np.where(length > 0, length, np.inf)
    unit = 2.0 ** np.rint(np.log2(np.where(ratio > 0, ratio, 1.0)))
    is_known = (ratio > 0) & np.isin(unit, UNITS) & (np.abs(ratio - unit) < 0.01)
    if not is_known.any():
        raise unreadable(path, "no note says what a beat is", HINT)
    row = np.arange(len(unit))
    nearest = np.maximum.accumulate(np.where(is_known, row, -1))
    nearest = np.where(nearest < 0, np.flatnonzero(is_known)[0], nearest)
    return columns, unit[nearest]


def _read_marks(path: str) -> list[AnnotatedBeat]:
    """Return the annotated beats of a file."""
    marks, signature = [], (4, 4)
    try:
        for line in decoded(read_bytes(path)).splitlines():
            second, _, tag = line.split("\t")
            kind, *rest = (part.strip() for part in tag.split(","))
            if rest and (numbers := re.fullmatch(r"(\d+)/(\d+)", rest[0])):
                signature = (int(numbers[1]), int(numbers[2]))
            marks.append(AnnotatedBeat(float(second), kind == "db", *signature))
    except ValueError:
        raise unreadable(path, "not a table of beats", "each line has a time, a time, and b or db") from None
    if not marks:
        raise unreadable(path, "it has no beats")
    return marks


def _time_map(beat: Floats, onset: Floats, second: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the mean time of each onset of the score, which never falls, the onset in beats, and in quarters."""
    beats, rows, index = np.unique(beat, return_index=True, return_inverse=True)
    return np.maximum.accumulate(np.bincount(index, second) / np.bincount(index)), beats, onset[rows]


def _bars(marks: Sequence[AnnotatedBeat], at: Floats, beats: Floats, quarters: Floats) -> Bars:
    """Return the bars at the annotated downbeats, given the beat of each mark and the time map of the score.

    A downbeat lies a whole number of beats from where its neighbours have it: single ones that do not are moved.
    """
    is_first = np.array([mark.is_downbeat for mark in marks])
    signatures: Integers = np.array([(mark.beats, mark.unit) for mark in marks], np.int64)[is_first].reshape(-1, 2)
    if not len(signatures):
        return Bars(np.empty(0), *signatures.T)
    expected = np.cumsum(signatures[:, 0]) - signatures[:, 0]
    away = median_filter(at[is_first] - expected, NEIGHBOURS, mode="nearest")
    starts, rows = np.unique(np.interp(np.rint(expected + away), beats, quarters), return_index=True)
    return Bars(starts, signatures[rows, 0], signatures[rows, 1])


def _notated_tempo(folder: Path, count: int) -> Floats:
    """Return the seconds of a quarter that the score asks for at each of its beats; NaN where they are not known."""
    path = folder / SCORE_BEATS
    marks = _read_marks(str(path)) if path.is_file() else []
    if len(marks) != count:
        return np.full(count, np.nan)
    score = read_midi(str(folder / SCORE))
    tempo = tempo_map(score)
    row = np.searchsorted(tempo.second, [mark.second + TOGETHER for mark in marks], side="right") - 1
    return np.asarray(tempo.seconds_per_tick[row] * score.division)


def _in_score_file(folder: Path, onset: Floats, pitch: Integers) -> tuple[Floats, Integers]:
    """Return the loudness and the staff that the score's file has at notes, by their onsets in quarters and pitches.

    Tables count from the first bar line, files from their beginning: most notes say how far these are apart. Where too
    few notes are found, nothing is known of any; of single ones, the loudness is between those of the notes around.
    """
    unknown = np.full(len(onset), np.nan), np.full(len(onset), NO_STAFF)
    if not (folder / SCORE).is_file():
        return unknown
    notes = read_score(folder / SCORE).notes
    in_table, in_score = (np.rint(GRID * quarters).astype(np.int64) for quarters in (onset, notes.onset))
    apart = [
        np.subtract.outer(in_score[notes.pitch == key], in_table[pitch == key]).ravel()
        for key in np.unique(pitch).tolist()
    ]
    steps, count = np.unique(np.concatenate(apart), return_counts=True)
    if not len(steps):
        return unknown
    shift = int(steps[count.argmax()])
    row_of = {key: row for row, key in enumerate(zip(in_score.tolist(), notes.pitch.tolist(), strict=True))}
    row = np.array([row_of.get(key, -1) for key in zip((in_table + shift).tolist(), pitch.tolist(), strict=True)])
    known = np.flatnonzero(row >= 0)
    if len(known) < LEAST_FOUND * len(row):
        return unknown
    loudness = np.interp(np.arange(len(row)), known, notes.loudness[row[known]])
    return np.asarray(loudness), np.where(row < 0, NO_STAFF, notes.staff[row])


def composer_of(path: str) -> str:
    """Return the composer by the table of the data set above a file; empty where there is none."""
    for folder in Path(path).parents:
        if (folder / TABLE).is_file():
            return Path(path).relative_to(folder).parts[0]
    return ""
