"""The MAESTRO data set: a folder with a table of performances, official splits and metadata.

References
----------
Hawthorne et al., "Enabling Factorized Piano Music Modeling and Generation with the MAESTRO Dataset", ICLR 2019.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from maestrokit.errors import UsageError, check_choice, unreadable
from maestrokit.files.streams import decoded

SPLITS = ("train", "validation", "test")
ARRANGEMENT = " / "  # between the composer and the arranger
_CATALOGUE = re.compile(r"\b(op|bwv|kv?|d|s|l|hob|woo)(?![a-z])[. ]*(?:posth[. ]*)?(\d+|xvi\s*[:/]\s*\d+)")
_SHORT_NAMES = {"composer": "canonical_composer", "title": "canonical_title"}


@dataclass(frozen=True)
class Entry:
    """One performance: a row of the table."""

    canonical_composer: str
    canonical_title: str
    split: str
    year: int
    midi_filename: str
    audio_filename: str
    duration: float
    """Of the recording, in seconds."""


COLUMNS = (*_SHORT_NAMES, *Entry.__dataclass_fields__)
"""Columns that rows may be chosen by."""


def column(entry: Entry, name: str) -> str:
    """Return what an entry has in a column, as text; short names are those of :func:`select`."""
    return str(getattr(entry, _SHORT_NAMES.get(name, name)))


def work(entry: Entry) -> str:
    """Return a composer, and the first catalogue number in the title, so that titles of one work are equal.

    All pieces of an opus are one work. Where there is no number it is the title, in small letters and digits.

    >>> title = "Etude in F Major, Opus 10, No. 8"
    >>> work(Entry("Frédéric Chopin", title, "train", 2009, "a.mid", "a.wav", 120.0))
    'Frédéric Chopin: op 10'
    """
    title = entry.canonical_title.lower().replace("opus", "op")
    number = _CATALOGUE.search(title)
    name = f"{number[1].replace('kv', 'k')} {number[2]}" if number else title
    return f"{entry.canonical_composer}: {' '.join(re.findall('[a-z0-9]+', name))}"


def table_path(folder: Path) -> Path | None:
    """Return the table that makes a folder a MAESTRO root, the csv rather than the json; None if it is none."""
    tables = [path for suffix in ("json", "csv") for path in sorted(folder.glob(f"maestro-v*.{suffix}"))]
    return tables[-1] if tables else None


def read_table(path: Path) -> list[Entry]:
    """Return the rows of a MAESTRO csv or json, in the order of their MIDI files' names."""
    try:
        text = decoded(path.read_bytes())
        rows = _json_rows(text) if path.suffix == ".json" else csv.DictReader(io.StringIO(text, newline=""))
        entries = [_entry(row) for row in rows]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        fact = f"not a MAESTRO table ({type(error).__name__}: {error})"
        raise unreadable(path, fact, "its columns are " + ", ".join(Entry.__dataclass_fields__)) from None
    return sorted(entries, key=lambda entry: entry.midi_filename)


def entries_of(paths: Iterable[str]) -> dict[str, Entry]:
    """Return the rows of those MIDI files and recordings that lie in MAESTRO roots, by path.

    Raises
    ------
    BadDataError
        If a table is damaged.
    """
    tables: dict[Path, dict[str, Entry]] = {}
    entries = {}
    for path in paths:
        for folder in Path(path).parents[:2]:  # a root has a folder for each year
            if folder not in tables:
                table = table_path(folder)
                rows = [] if table is None else read_table(table)
                tables[folder] = {name: row for row in rows for name in (row.midi_filename, row.audio_filename)}
            entry = tables[folder].get(Path(path).relative_to(folder).as_posix())
            if entry is not None:
                entries[path] = entry
    return entries


def select(
    entries: Sequence[Entry], *, split: str | None, where: Sequence[str] = (), parameter: str = "where"
) -> list[Entry]:
    """Return the entries of a split whose columns contain the texts of every ``column=text``.

    Case and accents do not count; a year must be equal. ``composer`` and ``title`` are short for
    ``canonical_composer`` and ``canonical_title``.

    Raises
    ------
    UsageError
        If there is no such split or column; the error names `parameter` as what gave it.
    """
    if split is not None:
        check_choice("split", split, SPLITS, parameter="split")
    chosen = [entry for entry in entries if split in (None, entry.split)]
    for condition in where:
        column, equals, text = condition.partition("=")
        name = _SHORT_NAMES.get(column, column)
        if not equals or name not in Entry.__dataclass_fields__:
            fact = f"`{parameter}` must be COLUMN=TEXT, not '{condition}'"
            raise UsageError(fact, "columns: " + ", ".join(COLUMNS), parameter=parameter)
        chosen = [entry for entry in chosen if _matches(getattr(entry, name), text)]
    return chosen


def _matches(value: object, text: str) -> bool:
    return folded(text) in folded(value) if isinstance(value, str) else str(value) == text


def folded(text: str) -> str:
    """Return a text without accents and case.

    >>> folded("Frédéric Chopin")
    'frederic chopin'
    """
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


def is_arrangement(entry: Entry) -> bool:
    """Return whether a performance is of an arrangement: its composer is written "composer / arranger"."""
    return ARRANGEMENT in entry.canonical_composer


def _json_rows(text: str) -> list[dict[str, object]]:
    columns = json.loads(text)
    return [{name: column[row] for name, column in columns.items()} for row in columns["midi_filename"]]


def _entry(row: Mapping[str, object]) -> Entry:
    words = {name: str(row[name]) for name in Entry.__dataclass_fields__}
    for name in (words["midi_filename"], words["audio_filename"]):
        if ".." in PurePosixPath(name).parts or name.startswith("/"):
            raise ValueError(f"'{name}' is outside the folder")
    numbers = {"year": int(words.pop("year")), "duration": float(words.pop("duration"))}
    return Entry(**words, **numbers)  # type: ignore[arg-type]
