"""Which class a file is of: by tables of files and classes, by tables of MAESTRO, by folders."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from maestrokit.errors import check_choice, unreadable
from maestrokit.files.datasets import maestro
from maestrokit.files.streams import decoded, read_bytes
from maestrokit.files.walk import TABLE_SUFFIX, has_suffix

HINT = "a table of classes has a line a file: its path from the table's folder, a tab, its class"
HEADER = ("file", "class")
SPLIT = "split"


class LabelledFiles(NamedTuple):
    """What tables of classes say of files."""

    names: list[str]
    """Names of data: the tables replaced by the files in them."""
    classes: dict[str, str]
    """The class of each of these files."""
    splits: dict[str, str]
    """The part of the split that a file is in, where a table says so."""


def read_labels(path: str) -> LabelledFiles:
    """Return the files of a table and their classes: a line a file, its path from the table's folder, a tab, its class.

    A first line ``file``, ``class`` is a header; where it goes on with ``split``, the third column holds ``train``,
    ``validation`` or ``test``. Further columns are ignored. BadDataError says that it is no such table.
    """
    try:
        rows = [line.split("\t") for line in decoded(read_bytes(path)).splitlines() if line.strip()]
    except ValueError as error:
        raise unreadable(path, f"not a table of classes ({error})", HINT) from None
    cells = [tuple(cell.strip() for cell in row) for row in rows]
    width = len(HEADER) + (bool(cells) and cells[0][: len(HEADER) + 1] == (*HEADER, SPLIT))
    for number, row in enumerate(cells, start=1):
        if len(row) < width or not all(row[:width]):
            raise unreadable(path, f"line {number} has no {' and '.join((*HEADER, SPLIT)[:width])}", HINT)
        if width > len(HEADER) and row[2] not in (SPLIT, *maestro.SPLITS):
            raise unreadable(path, f"line {number} is of no part '{row[2]}'", f"parts: {', '.join(maestro.SPLITS)}")
    if cells and cells[0][: len(HEADER)] == HEADER:
        del cells[0]
    if not cells:
        raise unreadable(path, "it names no file", HINT)
    named = {str(Path(path).parent / row[0]): row[1:width] for row in cells}
    splits = {name: row[1] for name, row in named.items() if len(row) > 1}
    return LabelledFiles(list(named), {name: row[0] for name, row in named.items()}, splits)


def listed_labels(names: Sequence[str]) -> LabelledFiles:
    """Return names of files and folders, tables of classes replaced by the files in them, and what these tables say."""
    result = LabelledFiles([], {}, {})
    for name in names:
        if has_suffix(name, (TABLE_SUFFIX,)):
            listed = read_labels(name)
            result.names.extend(listed.names)
            result.classes.update(listed.classes)
            result.splits.update(listed.splits)
        else:
            result.names.append(name)
    return result


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


def table_labels(paths: Sequence[str], column: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return the class, the piece (composer and title) and the work of those files that are in tables of MAESTRO.

    UsageError says that there is no such column.
    """
    check_choice("column", column, maestro.COLUMNS, parameter="column")
    entries = maestro.entries_of(paths)
    classes = {path: maestro.column(entry, column) for path, entry in entries.items()}
    pieces = {path: f"{entry.canonical_composer}: {entry.canonical_title}" for path, entry in entries.items()}
    return classes, pieces, {path: maestro.work(entry) for path, entry in entries.items()}
