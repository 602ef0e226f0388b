r"""Records as lines of text: JSON Lines and JSON, tab- and comma-separated values.

A record is a nested mapping. In JSON Lines it is one object a line, strict JSON: what is not a finite number is
``null``; JSON is an array of these lines. In TSV the keys of nested mappings are joined by dots into column names; an
absent value is an empty cell, a list is its compact JSON in one cell, and tab, newline, carriage return and backslash
in text are written ``\t``, ``\n``, ``\r`` and ``\\``. CSV is the same table with text as it is, in quotes where RFC
4180 asks for them.
"""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maestrokit.errors import UsageError, choices_hint
from maestrokit.files.streams import write_bytes

Record = Mapping[str, Any]
FORMATS = ("jsonl", "json", "tsv", "csv")

_UNESCAPED = {"t": "\t", "n": "\n", "r": "\r"}
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: numpy scalars and arrays as numbers and lists, NaN and infinity as None.

    >>> plain({"range": np.int64(3), "mean": float("nan"), "histogram": np.arange(2)})
    {'range': 3, 'mean': None, 'histogram': [0, 1]}
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def json_line(record: Record) -> str:
    """Return a record as one line of strict JSON, without its newline; keys stay in their order."""
    return json.dumps(plain(record), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def flatten(record: Record) -> dict[str, Any]:
    """Return a record without nesting, keys joined by dots; lists stay whole.

    >>> flatten({"file": "a.mid", "pitch": {"range": 3, "histogram": [1, 2]}})
    {'file': 'a.mid', 'pitch.range': 3, 'pitch.histogram': [1, 2]}
    """
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            flat.update({f"{key}.{inner}": item for inner, item in flatten(value).items()})
        else:
            flat[str(key)] = value
    return flat


def tsv_line(cells: Iterable[Any]) -> str:
    r"""Return values as one line of TSV, without its newline.

    >>> tsv_line(["a\tb", 1.5, None, [1, 2], True])
    'a\\tb\t1.5\t\t[1,2]\ttrue'
    """
    return "\t".join(_cell(plain(value)) for value in cells)


def csv_line(cells: Iterable[Any]) -> str:
    r"""Return values as one line of CSV, without its newline.

    >>> csv_line(["a,b", 1.5, None, [1, 2], True])
    '"a,b",1.5,,"[1,2]",true'
    """
    text = io.StringIO()
    values = (value if isinstance(value, str) else _cell(plain(value)) for value in cells)
    csv.writer(text).writerow(values)
    return text.getvalue().removesuffix("\r\n")


def record_lines(records: Iterable[Record], *, format: str, columns: Sequence[str] | None = None) -> Iterator[str]:
    """Yield records as lines of text with their newlines, the header of a table first.

    Records are taken one at a time, so that a stream stays a stream. The columns of a table are those of the first
    record if they are not given. UsageError says that a record has a value for which the table has no column, or that
    the format is none of ``FORMATS``.
    """
    if format not in FORMATS:
        raise UsageError(f"unknown format '{format}'", choices_hint(format, FORMATS), parameter="format")
    if format == "jsonl":
        yield from (json_line(record) + "\n" for record in records)
    elif format == "json":
        yield from _json_array(records)
    else:
        yield from _table(records, tsv_line if format == "tsv" else csv_line, columns)


def _json_array(records: Iterable[Record]) -> Iterator[str]:
    """Yield the lines of an array, each record on its own."""
    before = "[\n"
    for record in records:
        yield before + json_line(record)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _table(
    records: Iterable[Record], line: Callable[[Iterable[Any]], str], columns: Sequence[str] | None
) -> Iterator[str]:
    if columns is not None:
        yield line(columns) + "\n"
    for record in records:
        flat = flatten(record)
        if columns is None:
            columns = list(flat)
            yield line(columns) + "\n"
        if extra := flat.keys() - set(columns):
            raise UsageError(f"the table has no column '{min(extra)}'", "records of one table need the same keys")
        yield line(flat.get(column) for column in columns) + "\n"


def write_records(path: str, records: Iterable[Record], *, format: str, columns: Sequence[str] | None = None) -> None:
    """Write records to a file, whole or not at all, or to standard output; see :func:`record_lines`."""
    write_bytes(path, encoded("".join(record_lines(records, format=format, columns=columns))))


def listed_files(path: str, *, format: str) -> set[str]:
    """Return the files that a table names first in its rows; none of what is damaged, or too odd to be read again.

    >>> listed_files("/dev/null", format="jsonl")
    set()
    """
    text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    try:
        cells = [*_first_cells(text, format)]
        return set(cells if format in ("json", "jsonl") else cells[1:])  # without the head of the column
    except (csv.Error, ValueError):
        return set()


def _first_cells(text: str, format: str) -> Iterator[str]:
    if format == "csv":
        yield from (row[0] for row in csv.reader(io.StringIO(text, newline="")) if row)
    elif format == "tsv":
        cells = (line.partition("\t")[0] for line in text.split("\n") if line)
        yield from (re.sub(r"\\(.)", lambda match: _UNESCAPED.get(match[1], match[1]), cell) for cell in cells)
    else:
        yield from (json.loads(name) for name in re.findall(r'{"file": ?("(?:[^"\\]|\\.)*")', text))


def encoded(text: str) -> bytes:
    r"""Return text as UTF-8; bytes of file names that are no text are escaped, as JSON does.

    >>> encoded("\udcff.mid")
    b'\\udcff.mid'
    """
    return text.encode("utf-8", "backslashreplace")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
