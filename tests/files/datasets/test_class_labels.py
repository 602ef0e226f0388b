"""Classes of files: by tables, and by folders."""

from pathlib import Path

import pytest

from maestrokit.errors import BadDataError, UsageError
from maestrokit.files.datasets.class_labels import (
    empty_classes,
    folder_labels,
    listed_labels,
    read_labels,
    table_labels,
)


def test_a_table_names_files_from_its_folder_and_their_classes(tmp_path: Path) -> None:
    table = tmp_path / "eras.tsv"
    table.write_text("file\tclass\nold/a.mid\tbaroque\n\nb.mid\tafter 1890\tremark\n", encoding="utf-8")
    expected = {str(tmp_path / "old/a.mid"): "baroque", str(tmp_path / "b.mid"): "after 1890"}
    assert read_labels(str(table)) == (list(expected), expected, {})
    assert listed_labels(["music", str(table)]) == (["music", *expected], expected, {})


def test_a_table_may_say_which_part_a_file_is_in(tmp_path: Path) -> None:
    table = tmp_path / "eras.tsv"
    table.write_text("file\tclass\tsplit\na.mid\tbaroque\ttrain\nb.mid\tpop\ttest\n", encoding="utf-8")
    assert listed_labels([str(table)]).splits == {str(tmp_path / "a.mid"): "train", str(tmp_path / "b.mid"): "test"}
    for row, fact in (("c.mid\tpop", "line 2 has no file and class and split"), ("c.mid\tpop\tdev", "no part 'dev'")):
        table.write_text(f"file\tclass\tsplit\n{row}\n", encoding="utf-8")
        with pytest.raises(BadDataError, match=fact):
            read_labels(str(table))


@pytest.mark.parametrize(
    ("text", "fact"), [("a.mid\n", "line 1 has no file"), ("a.mid\tx\nb.mid\t \n", "line 2"), ("", "names no file")]
)
def test_what_is_no_table_of_classes_is_refused(tmp_path: Path, text: str, fact: str) -> None:
    (tmp_path / "t.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(BadDataError, match=fact):
        read_labels(str(tmp_path / "t.tsv"))


def test_the_class_is_the_first_folder_that_not_all_files_share() -> None:
    assert set(folder_labels(["bach/a.mid", "bach/b.mid"]).values()) == {""}
    assert folder_labels(["bach/wtc1/a.mid", "liszt/b.mid"]) == {"bach/wtc1/a.mid": "bach", "liszt/b.mid": "liszt"}
    assert folder_labels([]) == {}


def test_folders_of_no_file_are_found(tmp_path: Path) -> None:
    for name in ("bach", "liszt", "haydn", ".git"):
        (tmp_path / name).mkdir()
    paths = [str(tmp_path / name / "a.mid") for name in ("bach", "liszt")]
    assert empty_classes(folder_labels(paths).values(), paths) == ["haydn"]


def test_a_column_of_the_table_of_a_root_says_the_class_and_title_and_composer_the_piece(maestro_root: Path) -> None:
    path = str(maestro_root / "2004" / "bach-prelude.midi")
    assert table_labels([path, "other.mid"], "year")[0] == {path: "2004"}
    classes, pieces, works = table_labels([path], "composer")
    assert classes == {path: "Johann Sebastian Bach"} and pieces == {path: "Johann Sebastian Bach: bach-prelude"}
    assert works == {path: "Johann Sebastian Bach: bach prelude"}
    with pytest.raises(UsageError, match="column"):
        table_labels([path], "colour")
