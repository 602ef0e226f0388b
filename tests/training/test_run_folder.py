"""Which folders may become, or go on being, a run folder."""

import json
from pathlib import Path

import pytest

from maestrokit.errors import CannotWriteError, UsageError
from maestrokit.training.run import check_folder


def test_a_run_of_another_family_is_refused_before_all_else(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"family": "cnn", "task": "transcription", "model": {}}))
    with pytest.raises(UsageError, match="holds a cnn") as caught:
        check_folder(tmp_path, "lstm")
    assert caught.value.hint == "choose another folder"
    check_folder(tmp_path, "cnn")


def test_a_folder_of_other_files_is_refused(tmp_path: Path) -> None:
    check_folder(tmp_path / "new", "lstm")
    check_folder(tmp_path, "lstm")
    (tmp_path / "lock").touch()
    check_folder(tmp_path, "lstm")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CannotWriteError, match="is not empty, and no run folder"):
        check_folder(tmp_path, "lstm")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "notes.txt"]
