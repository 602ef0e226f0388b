"""Write the tables of files, classes and parts that the shipped models of classes are trained on.

Example::

    python tools/class_tables.py maestro-v3.0.0 pop909 -o tables

``composers.tsv`` has the twelve composers with the most performances in the training split of MAESTRO, ``genres.tsv``
the eras of all its composers, and POP909 as pop. The part ``test`` is MAESTRO's validation split, less the pieces
(composer and title) that its training split has, too; of the training split a tenth, chosen by piece, is for
validation: for the choice of the weights, the temperature and the threshold. Works that MAESTRO gives to the wrong
composer are left out. Arrangements (names with " / ") are of no class. Other composers are of the class
``unknown``, which is no class: those that are in the validation split are only in the part ``test``, so that nothing
was trained on them. Arrangements are examples of it in the training part where neither composer nor arranger is of a
class or in the validation split.
"""

import argparse
import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from maestrokit.analysis.classes import UNKNOWN
from maestrokit.files.datasets import maestro

COMPOSERS = 12
HELD_OUT = 0.1  # share of the training split
OUTLIERS_HELD_OUT = 0.2  # share of the performances of no class in the training split
POP, POP_TEST = "pop", 0.1
ERAS = {
    "Baroque": ("Johann Sebastian Bach", "Domenico Scarlatti", "George Frideric Handel", "Henry Purcell",
                "Jean-Philippe Rameau", "Johann Pachelbel", "Orlando Gibbons"),
    "Classical": ("Joseph Haydn", "Wolfgang Amadeus Mozart", "Ludwig van Beethoven", "Muzio Clementi", "Antonio Soler"),
    "Romantic": ("Franz Schubert", "Frédéric Chopin", "Franz Liszt", "Robert Schumann", "Felix Mendelssohn",
                 "Johannes Brahms", "Modest Mussorgsky", "Pyotr Ilyich Tchaikovsky", "Edvard Grieg", "César Franck",
                 "Carl Maria von Weber", "Mily Balakirev"),
    "after 1890": ("Claude Debussy", "Sergei Rachmaninoff", "Alexander Scriabin", "Isaac Albéniz", "Nikolai Medtner",
                   "Leoš Janáček", "Alban Berg", "George Enescu", "Percy Grainger"),
}  # fmt: skip


MISLABELLED = {
    ("Frédéric Chopin", 'Variations and Fugue in E-flat Major, Op. 35, "Eroica"'),  # Beethoven's
    ("Claude Debussy", "Barcarolle, Op. 60"),  # Chopin's
}


class TableRow(NamedTuple):
    """A performance of a table."""

    path: str
    name: str
    """Its class."""
    split: str
    piece: str


def composer_rows(root: Path) -> list[TableRow]:
    """Return the performances of MAESTRO by composer."""
    entries, arranged = _entries(root)
    counts = Counter(entry.canonical_composer for entry in entries if entry.split == "train")
    frequent = {name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:COMPOSERS]}
    validation_people = {
        name for entry in (*entries, *arranged) if entry.split == "validation" for name in _people(entry)
    }
    rows = [
        row
        for row in _rows(root, entries, lambda name: name if name in frequent else UNKNOWN)
        if row.name != UNKNOWN or (row.split != "train") == (row.piece.partition(":")[0] in validation_people)
    ]
    outliers = [
        entry for entry in arranged if entry.split == "train" and not _people(entry) & (frequent | validation_people)
    ]
    return _with_outliers_to_validate(rows + _rows(root, outliers, lambda _: UNKNOWN))


def _with_outliers_to_validate(rows: Sequence[TableRow]) -> list[TableRow]:
    """Return rows in which some composers of no class, with arrangements of their works, are for validation."""
    by_composer = defaultdict(list)
    for row in rows:
        if row.name == UNKNOWN and row.split == "train":
            by_composer[_composer(row)].append(row)
    chosen = held_out(by_composer, OUTLIERS_HELD_OUT)
    return [
        row._replace(split="validation") if row.split == "train" and _composer(row) in chosen else row for row in rows
    ]


def _composer(row: TableRow) -> str:
    """Return the composer of a performance, or of the work that it arranges."""
    return row.piece.partition(":")[0].partition(maestro.ARRANGEMENT)[0]


def genre_rows(root: Path, pop: Path) -> list[TableRow]:
    """Return the performances of MAESTRO by era, and those of POP909."""
    era = {composer: name for name, composers in ERAS.items() for composer in composers}
    songs = {path.stem: path for path in sorted(pop.glob("*/*.mid"))}
    test = held_out({song: [song] for song in songs}, POP_TEST)
    validation = held_out({song: [song] for song in songs if song not in test}, HELD_OUT)
    split = {song: "test" if song in test else "validation" if song in validation else "train" for song in songs}
    return _rows(root, _entries(root)[0], era.__getitem__) + [
        TableRow(str(path), POP, split[song], song) for song, path in songs.items()
    ]


def held_out(pieces: Mapping[str, Sequence[object]], share: float) -> set[str]:
    """Return works with about a share of all performances, by a hash of their names, but none with more than that."""
    remaining = max(1, round(share * sum(map(len, pieces.values()))))
    chosen = set[str]()
    for piece in sorted(pieces, key=lambda piece: hashlib.sha256(piece.encode()).digest()):
        if len(pieces[piece]) <= remaining:
            chosen.add(piece)
            remaining -= len(pieces[piece])
    return chosen


def _entries(root: Path) -> tuple[list[maestro.Entry], list[maestro.Entry]]:
    """Return the performances of works, and those of arrangements."""
    table = maestro.table_path(root)
    assert table is not None
    works_and_arrangements: tuple[list[maestro.Entry], list[maestro.Entry]] = ([], [])
    for row in maestro.read_table(table):
        if (row.canonical_composer, row.canonical_title) not in MISLABELLED:
            works_and_arrangements[maestro.is_arrangement(row)].append(row)
    return works_and_arrangements


def _people(entry: maestro.Entry) -> set[str]:
    """Return the composer, and the arranger if there is one."""
    return set(entry.canonical_composer.split(maestro.ARRANGEMENT))


def _rows(root: Path, entries: Sequence[maestro.Entry], name_of: Callable[[str], str]) -> list[TableRow]:
    """Return the performances of the training and the validation split, the latter for tests."""
    by_composer: dict[str, dict[str, list[object]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        if entry.split == "train":
            by_composer[entry.canonical_composer][maestro.work(entry)].append(entry)
    train_pieces = {_piece(entry) for entry in entries if entry.split == "train"}
    validation_works = set[str]().union(*(held_out(pieces, HELD_OUT) for pieces in by_composer.values()))
    rows = []
    for entry in entries:
        piece, name = _piece(entry), name_of(entry.canonical_composer)
        split = {
            "train": "validation" if maestro.work(entry) in validation_works and name != UNKNOWN else "train",
            "validation": "test",
        }
        if entry.split in split and not (entry.split == "validation" and piece in train_pieces):
            rows.append(TableRow(str(root / entry.midi_filename), name, split[entry.split], piece))
    return rows


def shared_pieces(root: Path) -> list[str]:
    """Return the pieces of the validation split that the training split has, too."""
    pieces = defaultdict(set)
    for entry in _entries(root)[0]:
        pieces[entry.split].add(_piece(entry))
    return sorted(pieces["train"] & pieces["validation"])


def _piece(entry: maestro.Entry) -> str:
    """Return composer and title."""
    return f"{entry.canonical_composer}: {entry.canonical_title}"


def works_to_learn_from(root: Path) -> Counter[str]:
    """Return how many works of each composer the training split of MAESTRO has."""
    works = {(entry.canonical_composer, maestro.work(entry)) for entry in _entries(root)[0] if entry.split == "train"}
    return Counter(composer for composer, _ in works)


def write_table(rows: Iterable[TableRow], path: Path) -> None:
    """Write a table, its paths from its own folder."""
    lines = ["file\tclass\tsplit\n"]
    lines += [f"{os.path.relpath(row.path, path.parent)}\t{row.name}\t{row.split}\n" for row in rows]
    path.write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """Write both tables, and print how many performances each class has in each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("maestro", type=Path, help="root of MAESTRO")
    parser.add_argument("pop909", type=Path, help="folder of POP909")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the tables")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    tables = {"composers": composer_rows(options.maestro), "genres": genre_rows(options.maestro, options.pop909)}
    for title, rows in tables.items():
        write_table(rows, options.output / f"{title}.tsv")
        for name in sorted({row.name for row in rows}):
            counts = Counter(row.split for row in rows if row.name == name)
            print(f"{title}: {name:28}" + "".join(f"{part} {counts[part]:4}  " for part in maestro.SPLITS))


if __name__ == "__main__":
    main()
