"""Where models are found."""

import numpy as np
import pytest
import torch

from maestrokit.errors import BadDataError, NoInputError
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


@pytest.mark.parametrize("read", [checkpoint.read_weights, checkpoint.read_weight_arrays])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(tmp_path, read, bad):
    checkpoint.write_weights(tmp_path, {"a": torch.ones(3), "b": torch.tensor([1, 2])})
    assert set(read(tmp_path)) == {"a", "b"}
    checkpoint.write_weights(tmp_path, {"a": torch.ones(3), "b": torch.tensor([1.0, bad])})
    with pytest.raises(BadDataError, match="not all of its weights are finite numbers"):
        read(tmp_path)


def test_a_log_that_is_no_text_ends_where_it_is_damaged(tmp_path):
    (tmp_path / "log.jsonl").write_bytes(b'{"step": 1}\n\xff\xfe\n{"step": 2}\n')
    assert checkpoint.read_log(tmp_path) == [{"step": 1}]


@pytest.mark.parametrize(
    ("name", "data", "hint"),
    [("model", b"\x80\x04", "never opened"), ("model", b"PK\x03", "never opened"), ("model", b"", "copy it again"),
     ("resume", b"\x00" * 99, "begins with the weights")],
)  # fmt: skip
def test_what_is_no_safetensors_file_has_a_cure_of_its_own(tmp_path, name, data, hint):
    checkpoint.write_weights(tmp_path, {"a": torch.ones(3)})
    (tmp_path / f"{name}.safetensors").write_bytes(data)
    with pytest.raises(BadDataError) as raised:
        (checkpoint.read_resume if name == "resume" else checkpoint.read_weights)(tmp_path)
    assert hint in raised.value.hint
