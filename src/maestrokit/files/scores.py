"""Scores from files, of MIDI or of MusicXML."""

from pathlib import Path

from maestrokit.errors import BadDataError, unreadable
from maestrokit.files.midi import read_midi
from maestrokit.files.musicxml import is_musicxml, read_musicxml
from maestrokit.music.scores.score import Score, score_of


def read_score(path: str | Path) -> Score:
    """Return the score in a file.

    Raises
    ------
    UsageError
        If it is MusicXML, and partitura is not installed.
    NoInputError
        If there is no such file.
    BadDataError
        If it is damaged, or no score: without notes, or with time that is not in beats.
    """
    performance = read_musicxml(path) if is_musicxml(str(path)) else read_midi(path)
    try:
        return score_of(performance)
    except BadDataError as error:
        raise unreadable(path, str(error), error.hint) from None
