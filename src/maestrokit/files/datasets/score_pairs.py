"""Performances beside their score, in one folder, aligned by pitch and the order of onsets."""

from pathlib import Path
from typing import NamedTuple

from maestrokit.errors import BadDataError
from maestrokit.files.datasets.asap import SCORE, AlignedPerformance, composer_of
from maestrokit.files.datasets.asap import SUFFIX as TABLE_SUFFIX
from maestrokit.files.midi import read_midi
from maestrokit.files.scores import read_score
from maestrokit.files.walk import MIDI_SUFFIXES, has_suffix
from maestrokit.music.note_arrays import timed_notes
from maestrokit.music.scores.alignment import align
from maestrokit.music.scores.performance_parameters import Rendition
from maestrokit.music.scores.score import Score
from maestrokit.music.sustain import pedal_intervals

SCORES = ("score.mid", "score.midi", SCORE, "score.musicxml", "score.mxl")
LEAST_MATCHED = 0.72  # of the notes of a performance; another piece of ASAP has .67 at most, the same .77 at least
HINT = f"a score is called {', '.join(SCORES[:-1])} or {SCORES[-1]}, in the folder of its performances"


class PairCounts(NamedTuple):
    """How many notes of performances and their scores have a partner, and how many have none."""

    matched: int
    missing: int
    """Notes of the score that are not played."""
    extra: int
    """Played notes that the score does not have."""

    def __str__(self) -> str:
        return f"{self.matched} notes matched, {self.missing} of the score not played, {self.extra} played besides"


class AlignedPair(NamedTuple):
    """A performance aligned with its score, and how many notes of both have a partner."""

    aligned: AlignedPerformance
    counts: PairCounts


def score_beside(path: str) -> Path | None:
    """Return the score of a performance; None if the file itself is one, or there is none."""
    folder = Path(path).parent
    if Path(path).name in SCORES:
        return None
    return next((folder / name for name in SCORES if (folder / name).is_file()), None)


def is_to_align(path: str) -> bool:
    """Return whether a file is a performance to be aligned: no score, and without a table that has the places."""
    if has_suffix(path, (TABLE_SUFFIX,)) or Path(path).name in SCORES:
        return False
    return has_suffix(path, MIDI_SUFFIXES) and not Path(path).with_name(Path(path).stem + TABLE_SUFFIX).is_file()


def read_pair(path: str) -> AlignedPair:
    """Return a performance aligned with the score beside it.

    Raises
    ------
    NoInputError
        If a file is not there.
    BadDataError
        If there is no score, or it is not that of the performance.
    """
    beside = score_beside(path)
    if beside is None:
        raise BadDataError(f"cannot learn from '{path}': there is no score beside it", HINT, path=path)
    performance = read_midi(path)
    score = read_score(beside)
    notes = timed_notes(performance, pedal_extends=False)
    alignment = align(score, notes)
    if len(alignment.score) < LEAST_MATCHED * max(len(notes.onset), 1) or len(alignment.score) < 2:
        fact = f"only {len(alignment.score)} of its {len(notes.onset)} notes are in '{beside.name}'"
        raise BadDataError(f"cannot learn from '{path}': {fact}", HINT, path=path)
    rows, partners = alignment.score, alignment.performance
    matched = Score(score.notes.select(rows), score.bars, score.tempo[rows])
    pedal = pedal_intervals(performance)
    rendition = Rendition(notes.onset[partners], notes.offset[partners], notes.velocity[partners], pedal)
    aligned = AlignedPerformance(matched, rendition, composer_of(path))
    counts = PairCounts(len(matched.notes), len(alignment.missing), len(alignment.extra))
    return AlignedPair(aligned, counts)
