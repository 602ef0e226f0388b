"""Where models are found."""

import pytest

from maestrokit.errors import NoInputError
from maestrokit.files import checkpoint


def test_a_shipped_name_means_the_same_wherever_one_stands(tmp_path, monkeypatch):
    for name in ("transformer", "mine"):
        (tmp_path / name).mkdir()
        checkpoint.write_config(tmp_path / name, {"family": "lstm"})
    monkeypatch.chdir(tmp_path)
    assert checkpoint.model_folder("transformer") == checkpoint.SHIPPED / "transformer"
    assert checkpoint.model_folder("./transformer").resolve() == tmp_path / "transformer"
    assert checkpoint.model_folder("mine").resolve() == tmp_path / "mine"
    with pytest.raises(NoInputError, match="no model 'other'"):
        checkpoint.model_folder("other")


def test_who_names_no_model_is_told_those_that_can_do_it():
    with pytest.raises(NoInputError) as raised:
        checkpoint.model_folder("other", "transcription", "classes")
    assert raised.value.hint == "choose from composers, genres, transcription, or a run folder of train"
