"""MIDI files in, losing no event; :mod:`maestrokit.files.midi.writer` writes them.

>>> from maestrokit.files.midi import parse_midi
>>> from maestrokit.files.midi.writer import dump_midi
>>> data = bytes.fromhex("4d54686400000006000000010060 4d54726b0000000c 00903c40 60803c00 00ff2f00")
>>> performance = parse_midi(data, name="one note")
>>> performance.notes.offset_tick.tolist()
[96]
>>> dump_midi(performance) == data
True
"""

import warnings
from pathlib import Path

from maestrokit.errors import BadDataError, DataWarning
from maestrokit.files import streams
from maestrokit.files.midi.array_reader import read_by_arrays
from maestrokit.files.midi.header import read_frame
from maestrokit.music.note_offs import endless_notes, with_note_offs
from maestrokit.music.performance import Performance


def parse_midi(data: bytes, *, name: str, repair: bool = False) -> Performance:
    """Return the performance in the bytes of a MIDI file, of type 0, 1 or 2, bare or wrapped in RIFF.

    What had to be assumed is a :class:`~maestrokit.errors.DataWarning`: notes that nothing in the file ends, and the
    first fault that was repaired.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        How messages call it.
    repair : bool
        Salvage what can be salvaged: wrong chunk lengths, cut or unreadable tracks up to the fault, missing ends,
        garbage, a division or tempo of 0; and notes that nothing ends get note-offs. Default is to raise.

    Returns
    -------
    Performance
        Everything that is in the file.

    Raises
    ------
    BadDataError
        If the file is empty or not MIDI; or, without `repair`, if anything in it is broken.
    """
    performance = _read(data, name=name, repair=repair)
    if repair and (fault := _fault(data, name=name)):
        count = len(performance.notes)
        warnings.warn(f"'{name}': {fault}; repaired, with {count} note{'s' * (count != 1)}", DataWarning, stacklevel=2)
    if assumed := endless_notes(performance):
        warnings.warn(f"'{name}': {assumed}", DataWarning, stacklevel=2)
    return with_note_offs(performance) if repair else performance


def _read(data: bytes, *, name: str, repair: bool) -> Performance:
    frame = read_frame(data, name=name, repair=repair)
    performance = read_by_arrays(data, frame)
    if performance is None:  # rare: broken, or of a form that arrays do not hold
        from maestrokit.files.midi.event_reader import read_by_reference

        performance = read_by_reference(data, frame, name=name, repair=repair)
    return performance


def _fault(data: bytes, *, name: str) -> str:
    """Return what is broken in a file, the first of it; nothing if all is well."""
    try:
        _read(data, name=name, repair=False)
    except BadDataError as error:
        return error.fact.removeprefix(f"cannot read '{name}': ")
    return ""


def read_midi(path: Path | str, *, repair: bool = False) -> Performance:
    """Return the performance in a MIDI file; see :func:`parse_midi`.

    Parameters
    ----------
    path : str or Path
        The file.
    repair : bool
        Salvage what can be salvaged of a damaged file. Default is to raise.

    Returns
    -------
    Performance
        Everything that is in the file.

    Raises
    ------
    NoInputError
        If there is no such file, or it cannot be opened.
    BadDataError
        As :func:`parse_midi`.
    """
    return parse_midi(streams.read_bytes(Path(path)), name=str(path), repair=repair)
