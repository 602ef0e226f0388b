"""The annotated corpora that the benchmarks of keys and chords score against: POP909 and Mozart's sonatas by DCML."""

import csv
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.files.midi import read_midi
from maestrokit.music.keys import Key, parse_key
from maestrokit.music.performance import Controls, Notes, Others, Performance, Tempos

TICKS = 5040  # a quarter: divisible by every tuplet in the corpus
SECONDS_A_QUARTER = 0.5  # where a score names no tempo
DEGREES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII")


class Song(NamedTuple):
    name: str
    performance: Performance
    keys: list[Key]
    intervals: Floats
    """Seconds, shape (chords, 2)."""
    labels: list[str]
    """In Harte's syntax."""


class Movement(NamedTuple):
    name: str
    performance: Performance
    key: Key
    intervals: Floats
    """Seconds, shape (chords, 2)."""
    roots: list[int]
    local_keys: list[Key]


def pop909(data: Path) -> Iterator[Song]:
    for folder in sorted(path for path in (data / "pop909").iterdir() if path.is_dir()):
        chords = [line.split("\t") for line in (folder / "chord_midi.txt").read_text().splitlines() if line.strip()]
        keys = [line.split("\t") for line in (folder / "key_audio.txt").read_text().splitlines() if line.strip()]
        yield Song(
            folder.name,
            read_midi(folder / f"{folder.name}.mid"),
            [parse_key(key) for _, _, key in keys],
            np.array([[float(start), float(end)] for start, end, _ in chords]),
            [label for _, _, label in chords],
        )


def mozart(data: Path) -> Iterator[Movement]:
    for path in sorted((data / "dcml_mozart/notes").glob("*.tsv")):
        name = path.name.split(".")[0]
        harmonies = _rows(data / f"dcml_mozart/harmonies/{name}.harmonies.tsv")
        key = _global_key(harmonies[0])
        chords = [row for row in harmonies if row["root"] and float(Fraction(row["duration_qb"])) > 0]
        start = np.array([float(Fraction(row["quarterbeats"])) for row in chords]) * SECONDS_A_QUARTER
        length = np.array([float(Fraction(row["duration_qb"])) for row in chords]) * SECONDS_A_QUARTER
        local = [_local_key(row["localkey"], key) for row in chords]
        roots = [(here.tonic + 7 * int(float(row["root"]))) % 12 for here, row in zip(local, chords, strict=True)]
        yield Movement(name, _performance(_rows(path)), key, np.column_stack([start, start + length]), roots, local)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open() as lines:
        return [row for row in csv.DictReader(lines, delimiter="\t") if row["quarterbeats"]]


def _global_key(row: dict[str, str]) -> Key:
    return Key(parse_key(row["globalkey"]).tonic, "minor" if row["globalkey_is_minor"] == "1" else "major")


def _local_key(numeral: str, key: Key) -> Key:
    """Return the key that a Roman numeral, perhaps several with slashes, means in another."""
    for part in reversed(numeral.split("/")):
        degree = part.strip("#b")
        step = DEGREES[key.mode][NUMERALS.index(degree.upper())] + part.count("#") - part.count("b")
        key = Key((key.tonic + step) % 12, "minor" if degree.islower() else "major")
    return key


def _performance(rows: list[dict[str, str]]) -> Performance:
    onset = np.array([round(Fraction(row["quarterbeats"]) * TICKS) for row in rows])
    offset = onset + np.array([round(Fraction(row["duration_qb"]) * TICKS) for row in rows])
    zeros, order = np.zeros(len(rows), np.int64), np.arange(len(rows))
    notes = Notes(
        onset,
        offset,
        np.array([int(row["midi"]) for row in rows]),
        zeros + 64,
        zeros,
        zeros,
        zeros,
        2 * order,
        2 * order + 1,
    )
    return Performance(notes, Controls.empty(), Tempos.empty(), Others.empty(), np.array([offset.max()]), TICKS, 1)
