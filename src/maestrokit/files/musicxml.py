"""Scores in MusicXML, read by partitura as the MIDI that they stand for, repeats played out."""

import warnings
from pathlib import Path

from maestrokit.errors import BadDataError, UsageError, unreadable
from maestrokit.files.streams import check_file
from maestrokit.files.walk import has_suffix
from maestrokit.music.performance import Performance

SUFFIXES = (".musicxml", ".mxl", ".xml")
TICKS = 480  # of a quarter, at least
LONGEST_FACT = 120  # characters


def is_musicxml(path: str) -> bool:
    """Return whether the name of a file is that of a score in MusicXML."""
    return has_suffix(path, SUFFIXES)


def read_musicxml(path: str | Path) -> Performance:
    """Return a score in MusicXML as MIDI: notes, one channel a voice, time signatures, keys, and tempo marks.

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
        return Performance.from_mido(midi)
    except BadDataError:
        raise
    except Exception as error:  # whatever partitura raises of what it cannot read
        lines = str(error).splitlines() or [type(error).__name__]
        raise unreadable(path, f"not a score in MusicXML ({lines[0][:LONGEST_FACT]})") from None
