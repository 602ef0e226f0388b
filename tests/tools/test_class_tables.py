"""The tables of the shipped models of classes: which performances are in which part."""

from pathlib import Path

import pytest

from class_tables import (
    COMPOSERS,
    ERAS,
    MISLABELLED,
    composer_rows,
    genre_rows,
    held_out,
    shared_pieces,
    works_to_learn_from,
    write_table,
)
from maestrokit.analysis.classes import UNKNOWN
from maestrokit.files.datasets.class_labels import read_labels

CLASSICAL = ERAS["Classical"][:2]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A table of MAESTRO: twelve frequent composers, and three of whom there is little."""
    rows = [(f"Composer {number:02}", f"Piece, Op. {piece}", "train")
            for number in range(COMPOSERS) for piece in range(20)]  # fmt: skip
    rows += [("Composer 00", "Etude, Op. 3, No. 2", "train"), ("Composer 00", "Piece, Op. 1", "validation"),
             ("Composer 01", "Waltz", "validation"), ("Composer 01 / Liszt", "Waltz", "train"),
             ("Rare", "Song", "train"), ("Scored", "Song", "train"), ("Scored", "Dance", "validation")]  # fmt: skip
    return write_root(tmp_path / "root", rows)


def write_root(folder: Path, rows: list[tuple[str, str, str]]) -> Path:
    folder.mkdir()
    lines = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    lines += [f'{composer},"{title}",{split},2004,{row}.mid,{row}.wav,3'
              for row, (composer, title, split) in enumerate(rows)]  # fmt: skip
    (folder / "maestro-v3.0.0.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_works_are_in_one_part_and_a_tenth_is_held_out_of_training(root: Path) -> None:
    rows = composer_rows(root)
    of_first = [row for row in rows if row.name == "Composer 00"]
    assert sum(row.split == "validation" for row in of_first) == 2
    parts = {row.split for row in of_first if "Op. 3" in row.piece}
    assert len(parts) == 1
    assert {row.name for row in rows} == {f"Composer {number:02}" for number in range(COMPOSERS)} | {UNKNOWN}


def test_what_is_also_in_training_is_not_tested_on_and_named(root: Path) -> None:
    assert shared_pieces(root) == ["Composer 00: Piece, Op. 1"]
    assert [row.piece for row in composer_rows(root) if row.split == "test"] == ["Composer 01: Waltz", "Scored: Dance"]


def test_others_that_are_tested_on_are_not_learnt_from(root: Path) -> None:
    others = {row.piece: row.split for row in composer_rows(root) if row.name == UNKNOWN}
    assert others.keys() == {"Rare: Song", "Scored: Dance"} and others["Scored: Dance"] == "test"


def test_arrangements_are_of_no_class_where_nobody_in_them_is_known_or_tested_on(tmp_path: Path) -> None:
    names = [f"Composer {number:02}" for number in range(COMPOSERS)]
    rows = [(name, f"Piece, Op. {piece}", "train") for name in names for piece in range(3)]
    rows += [("Bizet / Busoni", "Carmen", "train"), ("Bizet / Composer 01", "Carmen", "train"),
             ("Verdi / Brahms", "Aria", "train"), ("Brahms", "Waltz", "validation"),
             ("Gounod / Horowitz", "Faust", "train"), ("Saint-Saens / Horowitz", "Danse", "validation")]  # fmt: skip
    others = [row.piece for row in composer_rows(write_root(tmp_path / "root", rows)) if row.name == UNKNOWN]
    assert others == ["Brahms: Waltz", "Bizet / Busoni: Carmen"]


def test_a_fifth_of_what_is_of_no_class_is_held_out_by_composer(tmp_path: Path) -> None:
    names = [f"Composer {number:02}" for number in range(COMPOSERS)]
    rows = [(name, f"Piece, Op. {piece}", "train") for name in names for piece in range(3)]
    rows += [(f"Rare {number}{by}", "Song", "train") for number in range(10) for by in ("", " / Busoni")]
    others = [row for row in composer_rows(write_root(tmp_path / "root", rows)) if row.name == UNKNOWN]
    parts = {part: {row.piece[:6] for row in others if row.split == part} for part in ("train", "validation")}
    assert len(parts["train"]) == 8 and len(parts["validation"]) == 2 and not parts["train"] & parts["validation"]


def test_genres_are_eras_and_pop(tmp_path: Path) -> None:
    rows = [(CLASSICAL[0], f"Sonata, Hob. XVI:{number}", "train") for number in range(10)]
    root = write_root(tmp_path / "root", [*rows, (CLASSICAL[1], "Sonata", "validation")])
    for number in range(20):
        (tmp_path / "pop" / f"{number}").mkdir(parents=True)
        (tmp_path / "pop" / f"{number}" / f"{number}.mid").write_bytes(b"")
    found = genre_rows(root, tmp_path / "pop")
    counts = {(name, part): sum((row.name, row.split) == (name, part) for row in found)
              for name in ("Classical", "pop") for part in ("train", "validation", "test")}  # fmt: skip
    assert list(counts.values()) == [9, 1, 1, 16, 2, 2]
    write_table(found, tmp_path / "table.tsv")
    listed = read_labels(str(tmp_path / "table.tsv"))
    assert listed.classes[str(tmp_path / "root" / "0.mid")] == "Classical" and len(listed.splits) == 31


def test_no_more_than_the_share_is_held_out() -> None:
    pieces = {"long": range(30), "a": range(2), "b": range(1), "c": range(1)}
    chosen = held_out(pieces, 0.1)
    assert "long" not in chosen and sum(len(pieces[name]) for name in chosen) <= 3


def test_works_of_another_composer_than_the_table_says_are_in_no_part(tmp_path: Path) -> None:
    wrong = [(composer, title.replace('"', '""'), "train") for composer, title in sorted(MISLABELLED)]
    right = [("Claude Debussy", f"Piece, Op. {number}", "train") for number in (1, 1, 2)]
    root = write_root(tmp_path / "root", [*wrong, *right])
    assert {row.piece for row in composer_rows(root)} == {
        "Claude Debussy: Piece, Op. 1",
        "Claude Debussy: Piece, Op. 2",
    }
    assert works_to_learn_from(root) == {"Claude Debussy": 2}
