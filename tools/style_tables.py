"""Write tables of files, sets and parts: what a transfer of style, and the classifier that judges it, are trained on.

Example::

    python tools/style_tables.py maestro-v3.0.0 composer=Bach composer=Chopin -o tables

``style.tsv`` has one half of the works of each set in the training split of MAESTRO, ``judge.tsv`` the other: the
classifier never sees what the transfer learns from. Of each half a tenth of the performances, chosen by work, is for
validation. The part ``test`` of both is MAESTRO's validation split, less the works that its training split has, too.
Arrangements (names with " / ") are left out.
"""

import argparse
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from class_tables import HELD_OUT, TableRow, held_out, write_table
from maestrokit.files.datasets import maestro

TABLES = ("style", "judge")


def style_rows(root: Path, conditions: Sequence[str]) -> dict[str, list[TableRow]]:
    """Return the rows of both tables, by their names."""
    table = maestro.table_path(root)
    assert table is not None
    entries = [entry for entry in maestro.read_table(table) if not maestro.is_arrangement(entry)]
    rows: dict[str, list[TableRow]] = {name: [] for name in TABLES}
    for condition in conditions:
        name = condition.partition("=")[2]
        works: dict[str, list[maestro.Entry]] = defaultdict(list)
        for entry in maestro.select(entries, split="train", where=[condition]):
            works[maestro.work(entry)].append(entry)
        for table_name, half in zip(TABLES, halves(works), strict=True):
            validation_works = held_out(half, HELD_OUT)
            for work, performances in half.items():
                split = "validation" if work in validation_works else "train"
                rows[table_name] += [_row(root, entry, name, split) for entry in performances]
            for entry in maestro.select(entries, split="validation", where=[condition]):
                if maestro.work(entry) not in works:
                    rows[table_name].append(_row(root, entry, name, "test"))
    return rows


def halves(works: Mapping[str, Sequence[maestro.Entry]]) -> tuple[dict[str, Sequence[maestro.Entry]], ...]:
    """Return two halves of works, with about as many performances each: the largest first, each to the smaller half."""
    pair: tuple[dict[str, Sequence[maestro.Entry]], ...] = ({}, {})
    for work in sorted(works, key=lambda work: (-len(works[work]), hashlib.sha256(work.encode()).digest())):
        smaller = min(pair, key=lambda half: sum(map(len, half.values())))
        smaller[work] = works[work]
    return pair


def _row(root: Path, entry: maestro.Entry, name: str, split: str) -> TableRow:
    """Return the row of a performance."""
    return TableRow(str(root / entry.midi_filename), name, split, maestro.work(entry))


def main() -> None:
    """Write both tables, and print how many performances each set has in each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("maestro", type=Path, help="root of MAESTRO")
    parser.add_argument("sets", nargs=2, metavar="COLUMN=TEXT", help="what chooses the performances of a set")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the tables")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for table, rows in style_rows(options.maestro, options.sets).items():
        write_table(rows, options.output / f"{table}.tsv")
        for name in dict.fromkeys(row.name for row in rows):
            counts = Counter(row.split for row in rows if row.name == name)
            print(f"{table}: {name:16}" + "".join(f"{part} {counts[part]:4}  " for part in maestro.SPLITS))


if __name__ == "__main__":
    main()
