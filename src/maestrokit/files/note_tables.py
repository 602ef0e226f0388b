"""Tables of notes: tab-separated text with columns onset, offset, pitch and velocity, as beside MAPS recordings."""

from pathlib import Path

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.errors import unreadable
from maestrokit.files.streams import decoded, read_bytes

REQUIRED = ("onset", "offset", "pitch")
COLUMNS = (*REQUIRED, "velocity")
HINT = "a table of notes has a line of names (onset, offset, pitch, perhaps velocity), then a line a note, tabs between"


def parse_notes(data: bytes, *, name: str) -> Floats:
    """Return onset, offset (seconds), pitch and velocity of the notes in a table: shape (4, notes).

    Further columns are ignored; without one of velocities, all are 64. BadDataError says that it is no such table, or
    has numbers that no note has.

    >>> parse_notes(b"onset\\toffset\\tpitch\\n0.5\\t1\\t60\\n", name="a.tsv").T.tolist()
    [[0.5, 1.0, 60.0, 64.0]]
    """
    try:
        header, *lines = decoded(data).splitlines() or [""]
        names = [column.strip().lower() for column in header.lstrip("# ").split("\t")]
        if not set(REQUIRED) <= set(names):
            raise ValueError("no columns onset, offset and pitch")
        cells = [line.split("\t") for line in lines if line.strip()]
        table = np.array([[float(cell) for cell in row[: len(names)]] for row in cells]).reshape(-1, len(names))
    except ValueError as error:
        raise unreadable(name, f"not a table of notes ({error})", HINT) from None
    notes = np.array([table[:, names.index(c)] if c in names else np.full(len(table), 64.0) for c in COLUMNS])
    onset, offset, pitch, velocity = notes
    is_wrong = ~np.isfinite(notes).all(axis=0) | (offset < onset) | (pitch < 0) | (pitch > 127) | (pitch % 1 != 0)
    is_wrong |= (velocity < 0) | (velocity > 127) | (np.abs(offset) > 1e8)
    if is_wrong.any():
        raise unreadable(name, f"note {int(is_wrong.argmax()) + 1} is none", HINT)
    return notes


def read_notes(path: str | Path) -> Floats:
    """Return the notes in a table on disk; see :func:`parse_notes`.

    Parameters
    ----------
    path : str or Path
        The table: tab-separated, with a line for each note.

    Returns
    -------
    float64, shape (4, notes)
        Rows are onset and offset in seconds, MIDI number, and velocity.

    Raises
    ------
    NoInputError
        If it cannot be read.
    """
    return parse_notes(read_bytes(str(path)), name=str(path))


def dump_notes(onset: Floats, offset: Floats, pitch: Integers, velocity: Integers) -> bytes:
    """Return notes as the bytes of a table; :func:`parse_notes` reads them back, to a tenth of a millisecond.

    >>> dump_notes(np.array([0.5]), np.array([1.0]), np.array([60]), np.array([64]))
    b'onset\\toffset\\tpitch\\tvelocity\\n0.5000\\t1.0000\\t60\\t64\\n'
    """
    rows = zip(onset, offset, pitch, velocity, strict=True)
    lines = [f"{on:.4f}\t{off:.4f}\t{key}\t{force}\n" for on, off, key, force in rows]
    return ("\t".join(COLUMNS) + "\n" + "".join(lines)).encode()
