"""The annotated corpora that the benchmarks of keys and chords score against: POP909 and Mozart's sonatas by DCML."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.files.datasets.chord_labels import find_chords, piece_of
from maestrokit.files.datasets.dcml import read_harmonies, read_score
from maestrokit.files.midi import read_midi
from maestrokit.music.keys import Key, parse_key
from maestrokit.music.performance import Performance

SECONDS_PER_QUARTER = 0.5  # the tempo of a score that names none


class Song(NamedTuple):
    """A song of POP909 with its annotated keys and chords."""

    name: str
    performance: Performance
    keys: list[Key]
    intervals: Floats
    """Seconds, shape (chords, 2)."""
    labels: list[str]
    """In Harte's syntax."""


class Movement(NamedTuple):
    """A movement of a sonata by Mozart with its annotated keys and chord roots."""

    name: str
    performance: Performance
    key: Key
    intervals: Floats
    """Seconds, shape (chords, 2)."""
    roots: list[int]
    local_keys: list[Key]


def pop909_songs(data: Path) -> Iterator[Song]:
    """Yield the songs of POP909, sorted by name."""
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


def mozart_movements(data: Path) -> Iterator[Movement]:
    """Yield the movements that DCML annotated, sorted by name."""
    for path in sorted((data / "dcml_mozart/notes").glob("*.tsv")):
        performance = read_score(path)
        key, harmonies = read_harmonies(find_chords(str(path)))
        quarters = np.array([[float(harmony.start), float(harmony.end)] for harmony in harmonies])
        yield Movement(
            piece_of(str(path)),
            performance,
            key,
            quarters * SECONDS_PER_QUARTER,
            [harmony.root for harmony in harmonies],
            [harmony.local_key for harmony in harmonies],
        )
