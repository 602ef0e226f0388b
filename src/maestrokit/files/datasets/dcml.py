"""Scores and harmonies as DCML publishes them: tables of notes, and of chords with Roman numerals.

Both count time in quarter notes from the beginning of the score. A table of notes is performed at 120 quarters a
minute, as a MIDI file without a tempo is.

References
----------
J. Hentschel, M. Neuwirth, M. Rohrmeier: The Annotated Mozart Sonatas: score, harmony, and cadence. TISMIR 4, 2021.
"""

import csv
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maestrokit.errors import UsageError, unreadable
from maestrokit.files.streams import decoded, read_bytes
from maestrokit.music.keys import Key, parse_key
from maestrokit.music.performance import Controls, Notes, Others, Performance, Tempos

NOTES_SUFFIX, HARMONIES_SUFFIX = ".notes.tsv", ".harmonies.tsv"
DIVISION = 5040  # ticks of a quarter: divisible by every tuplet
VELOCITY = 64
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")

TsvRow = Mapping[str, str]


class Harmony(NamedTuple):
    """One chord of a table of harmonies."""

    start: Fraction
    """Quarters from the beginning of the score."""
    end: Fraction
    root: int
    """Pitch class, as are the others."""
    bass: int
    tones: tuple[int, ...]
    local_key: Key


def read_score(path: Path | str) -> Performance:
    """Return the notes of a table as a performance; BadDataError says that it is no such table."""
    rows = list(_rows(path))
    try:
        onset = np.array([round(Fraction(row["quarterbeats"]) * DIVISION) for row in rows], np.int64)
        offset = onset + np.array([round(Fraction(row["duration_qb"]) * DIVISION) for row in rows], np.int64)
        pitch = np.array([int(row["midi"]) for row in rows], np.int64)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise unreadable(path, f"not a table of notes by DCML ({error})") from None
    zeros, order = np.zeros(len(rows), np.int64), np.arange(len(rows))
    notes = Notes(onset, offset, pitch, zeros + VELOCITY, zeros, zeros, zeros, 2 * order, 2 * order + 1)
    end = np.array([offset.max(initial=0)])
    return Performance(notes, Controls.empty(), Tempos.empty(), Others.empty(), end, DIVISION, 1)


def read_harmonies(path: Path | str) -> tuple[Key, list[Harmony]]:
    """Return the key of a movement, and its chords; spans without one, and ornaments without length, are left out.

    BadDataError says that it is no such table.
    """
    rows = list(_rows(path))
    try:
        if not rows:
            raise ValueError("it names no chord")
        key = _key(rows[0])
        chords = (row for row in rows if row["root"] and Fraction(row["duration_qb"]) > 0)
        return key, [_harmony(row, key) for row in chords]
    except (KeyError, TypeError, ValueError, ZeroDivisionError, UsageError) as error:
        raise unreadable(path, f"not a table of harmonies by DCML ({error})") from None


def _harmony(row: TsvRow, key: Key) -> Harmony:
    start, local = Fraction(row["quarterbeats"]), _local_key(row["localkey"], key)
    root, bass, *tones = (
        (local.tonic + 7 * int(float(fifths))) % 12
        for fifths in (row["root"], row["bass_note"], *row["chord_tones"].split(","))
    )
    return Harmony(start, start + Fraction(row["duration_qb"]), root, bass, tuple(tones), local)


def _key(row: TsvRow) -> Key:
    return Key(parse_key(row["globalkey"]).tonic, "minor" if row["globalkey_is_minor"] == "1" else "major")


def _local_key(numeral: str, key: Key) -> Key:
    """Return the key that a Roman numeral, perhaps several with slashes, means in another.

    >>> _local_key("V/ii", Key(0, "major")) == Key(9, "major")
    True
    """
    for part in reversed(numeral.split("/")):
        degree = part.strip("#b")
        step = SCALES[key.mode][NUMERALS.index(degree.upper())] + part.count("#") - part.count("b")
        key = Key((key.tonic + step) % 12, "minor" if degree.islower() else "major")
    return key


def _rows(path: Path | str) -> Iterator[TsvRow]:
    """Yield the rows that have a place in the score; those of endings that are not played have none."""
    try:
        lines = decoded(read_bytes(path)).splitlines()
    except ValueError as error:
        raise unreadable(path, f"not a table ({error})") from None
    for row in csv.DictReader(lines, delimiter="\t"):
        if row.get("quarterbeats"):
            yield row
