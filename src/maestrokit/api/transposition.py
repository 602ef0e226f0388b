"""Performances in another key."""

from pathlib import Path

from maestrokit.api.inputs import performance_of
from maestrokit.errors import UsageError
from maestrokit.music.edits.key_shift import key_shift
from maestrokit.music.edits.transpose import transposed
from maestrokit.music.keys import Key, parse_key
from maestrokit.music.performance import Performance


def transpose(
    performance: Performance | str | Path,
    *,
    semitones: int | None = None,
    to: Key | str | None = None,
    key: Key | str | None = None,
    out_of_range: str = "keep",
) -> Performance:
    """Return a performance in another key, or a number of semitones higher.

    Notes, key pressure and key signatures are changed; the drum channel and all other events stay as they are.

    Parameters
    ----------
    performance : Performance, str or Path
        The performance, or its MIDI file.
    semitones : int, optional
        The shift, in semitones. Default is the shift from the key of the performance to `to`.
    to : Key or str, optional
        The new key. Default is C major for a major piece and A minor for a minor one. A key of the other mode stands
        for its relative, which has the same signature.
    key : Key or str, optional
        The present key. Default is to find it from the notes, see :func:`find_key`.
    out_of_range : str
        What to do with notes that would leave the keyboard (MIDI 21 to 108), see :func:`transposed`. Default is to keep
        them.

    Returns
    -------
    Performance
        The transposed performance; see :func:`transposed` for a report of what was changed.

    Raises
    ------
    UsageError
        If both `semitones` and `to` are given, or a name is not that of a key.
    NoInputError
        If the file cannot be opened.
    BadDataError
        If the file is damaged, there are no notes to find the key from, one would leave 0 to 127, or one would leave
        the keyboard and `out_of_range` is 'error'.
    """
    if semitones is not None and to is not None:
        raise UsageError("semitones and to exclude each other", "give one of the two")
    performance = performance_of(performance)
    shift = key_shift(performance, semitones=semitones, target=_key(to), key=_key(key), finds_key=semitones is None)
    return transposed(performance, shift.semitones, out_of_range=out_of_range)[0]


def _key(name: Key | str | None) -> Key | None:
    return parse_key(name) if isinstance(name, str) else name
