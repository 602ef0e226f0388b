"""Which class a file is of: by tables of files and classes, by tables of MAESTRO, by folders."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from maestrokit.errors import check_choice, unreadable
from maestrokit.files import maestro
from maestrokit.files.streams import decoded, read_bytes
from maestrokit.files.walk import TABLE_SUFFIX, has_suffix

HINT = "a table of classes has a line a file: its path from the table's folder, a tab, its class"
HEADER = ("file", "class")


def read_labels(path: str) -> dict[str, str]:
    """Return the class of each file in a table: a line a file, its path from the table's folder, a tab, its class.

    A first line ``file`` and ``class`` is a header; further columns are ignored. BadDataError says that it is no such
    table.
    """
    try:
        rows = [line.split("\t") for line in decoded(read_bytes(path)).splitlines() if line.strip()]
    except ValueError as error:
        raise unreadable(path, f"not a table of classes ({error})", HINT) from None
    for number, row in enumerate(rows, start=1):
        if len(row) < len(HEADER) or not (row[0].strip() and row[1].strip()):
            raise unreadable(path, f"line {number} has no file and class", HINT)
    cells = [(row[0].strip(), row[1].strip()) for row in rows]
    if cells and cells[0] == HEADER:
        del cells[0]
    if not cells:
        raise unreadable(path, "it names no file", HINT)
    return {str(Path(path).parent / name): label for name, label in cells}


def listed_labels(names: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return names of files and folders, tables of classes replaced by the files in them, and the classes of these."""
    files, labels = list[str](), dict[str, str]()
    for name in names:
        if has_suffix(name, (TABLE_SUFFIX,)):
            listed = read_labels(name)
            labels |= listed
            files += listed
        else:
            files.append(name)
    return files, labels


def folder_labels(paths: Sequence[str]) -> dict[str, str]:
    """Return, for each file, the name of the first folder on its way that not all files are in; empty if none is.

    >>> folder_labels(["music/pop/a.mid", "music/jazz/live/b.mid", "music/c.mid"])
    {'music/pop/a.mid': 'pop', 'music/jazz/live/b.mid': 'jazz', 'music/c.mid': ''}
    """
    parents = {path: Path(os.path.abspath(path)).parent for path in paths}  # noqa: PTH100 - links stay as they are
    if not parents:
        return {}
    shared = os.path.commonpath(list(parents.values()))
    below = {path: parent.relative_to(shared).parts for path, parent in parents.items()}
    return {path: parts[0] if parts else "" for path, parts in below.items()}


def empty_classes(labels: Iterable[str], paths: Sequence[str]) -> list[str]:
    """Return the folders beside those of classes that no file is in, in alphabetical order."""
    if not paths:
        return []
    shared = Path(os.path.commonpath([Path(os.path.abspath(path)).parent for path in paths]))  # noqa: PTH100
    known = set(labels)
    folders = (path for path in shared.iterdir() if path.is_dir() and not path.name.startswith("."))
    return sorted(folder.name for folder in folders if folder.name not in known)


def table_labels(paths: Sequence[str], column: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the class and the piece (composer and title) of those files that are in tables of MAESTRO.

    UsageError says that there is no such column.
    """
    check_choice("column", column, maestro.COLUMNS, parameter="column")
    entries = maestro.entries_of(paths)
    classes = {path: maestro.column(entry, column) for path, entry in entries.items()}
    pieces = {path: f"{entry.canonical_composer}: {entry.canonical_title}" for path, entry in entries.items()}
    return classes, pieces
