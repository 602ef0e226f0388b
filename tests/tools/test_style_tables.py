"""The tables of a transfer of style and of its judge: no work is in both, and none in two parts."""

import importlib.util
from pathlib import Path

from maestrokit.files.datasets.class_labels import read_labels
from style_tables import TABLES, style_rows, write_table

_spec = importlib.util.spec_from_file_location("class_tables_test", Path(__file__).with_name("test_class_tables.py"))
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)


def test_halves_share_no_work_and_both_are_tested_on_the_validation_split(tmp_path: Path) -> None:
    names = ("Bach", "Frédéric Chopin")
    rows = [(name, f"Piece, Op. {number}, No. {row}", "train")
            for name in names for number in range(20) for row in range(1 + number % 3)]  # fmt: skip
    rows += [("Bach", "Piece, Op. 99", "validation"), ("Bach", "Piece, Op. 1, No. 9", "validation"),
             ("Frédéric Chopin", "Waltz", "validation"), ("Frédéric Chopin / Liszt", "Waltz", "train")]  # fmt: skip
    root = _module.write_root(tmp_path / "root", rows)
    tables = style_rows(root, ["composer=Bach", "composer=frederic"])
    works = {name: {row.piece for row in table if row.split != "test"} for name, table in tables.items()}
    assert set(works) == set(TABLES) and not works["style"] & works["judge"]
    for table in tables.values():
        parts = {part: {row.piece for row in table if row.split == part} for part in ("train", "validation", "test")}
        assert not parts["train"] & parts["validation"] and len(parts["validation"]) >= 2
        assert parts["test"] == {"Bach: op 99", "Frédéric Chopin: waltz"}
        sizes = [sum(row.name == name and row.split != "test" for row in table) for name in ("Bach", "frederic")]
        assert all(abs(size - 19) <= 1 for size in sizes)
    write_table(tables["style"], tmp_path / "style.tsv")
    assert set(read_labels(str(tmp_path / "style.tsv")).classes.values()) == {"Bach", "frederic"}
