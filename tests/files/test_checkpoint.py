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
