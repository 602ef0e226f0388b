"""A part of a model learns alone: it begins anew, and everything else stays."""

import importlib.util
import signal
from pathlib import Path

import pytest
import torch

from maestrokit.cli.main import run_command_line
from maestrokit.errors import ExitStatus, UsageError
from maestrokit.files import checkpoint
from maestrokit.training.device import DistributedContext
from maestrokit.training.loop import Training
from maestrokit.training.run import TrainingSpec, train

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

SMALL = {"encoding": "events", "steps": "3", "width": "8", "layers": "1", "batch": "2", "length": "8",
         "warmup_steps": "0", "validate_every": "3", "validation_tokens": "32"}  # fmt: skip


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    return corpora.write_takes(tmp_path_factory.mktemp("corpus") / "takes")


def trained(takes, folder, *, init=None, **settings):
    order = TrainingSpec("lstm", "", [str(takes)], folder, {**SMALL, **settings}, init, takes.parent / "cache")
    train(
        order, context=DistributedContext(torch.device("cpu")), report=lambda record: None, warn=lambda sentence: None
    )
    return checkpoint.read_weights(folder)


def test_one_part_learns_alone_from_the_beginning(takes, tmp_path):
    before = trained(takes, tmp_path / "first")
    part = "embedding"  # weights come from files in any order, and not all of them belong to a part
    after = trained(takes, tmp_path / "second", init=tmp_path / "first", train_only=part, steps="1")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {name for name in before if name.startswith(f"{part}.")}


def test_parts_that_settings_add_begin_new_and_the_others_as_they_were(takes, tmp_path):
    before = trained(takes, tmp_path / "first")
    after = trained(takes, tmp_path / "second", init=tmp_path / "first", layers="2", steps="1", learning_rate="1e-9")
    assert set(before) < set(after)
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in before)


def test_unknown_parts_and_parts_of_nothing_are_refused(takes, tmp_path):
    trained(takes, tmp_path / "first")
    with pytest.raises(UsageError, match="no part 'horn'"):
        trained(takes, tmp_path / "second", init=tmp_path / "first", train_only="horn")
    with pytest.raises(UsageError, match="no model around"):
        trained(takes, tmp_path / "third", train_only="embedding")


def resumed(takes, folder, **settings):
    """Resume a run with these settings only; return what is said about it."""
    said = []
    order = TrainingSpec("lstm", "", [str(takes)], folder, settings, None, takes.parent / "cache")
    outcome = train(order, context=DistributedContext(torch.device("cpu")), warn=said.append)
    return outcome, said


def test_a_resumed_run_keeps_the_settings_that_are_not_given(takes, tmp_path):
    trained(takes, tmp_path / "parts")
    before = checkpoint.read_config(tmp_path / "parts")
    outcome, said = resumed(takes, tmp_path / "parts", steps="5")
    assert (outcome.reason, outcome.progress.step, said) == ("steps", 5, [])
    after = checkpoint.read_config(tmp_path / "parts")
    assert {**after, "training": None} == {**before, "training": None}
    assert after["training"] == {**before["training"], "steps": 5}


def test_a_resumed_run_without_any_setting_ends_where_it_did(takes, tmp_path):
    trained(takes, tmp_path / "run")
    outcome, said = resumed(takes, tmp_path / "run")
    assert (outcome.reason, outcome.progress.step, said) == ("steps", 3, [])


def test_another_kind_of_end_replaces_the_old_one(takes, tmp_path):
    trained(takes, tmp_path / "run")
    outcome, _ = resumed(takes, tmp_path / "run", time_limit="1e-6")
    assert outcome.reason == "time"


def test_a_setting_that_differs_is_named_with_both_values(takes, tmp_path):
    trained(takes, tmp_path / "run")
    _, said = resumed(takes, tmp_path / "run", steps="4", learning_rate="0.5", batch="1")
    assert said == [f"'{tmp_path / 'run'}' is resumed with batch 1, not 2, learning_rate 0.5, not 0.001"]
    with pytest.raises(UsageError, match="holds a training with width 8, not 16"):
        resumed(takes, tmp_path / "run", width="16")


def test_a_part_that_learns_alone_is_resumed_without_the_model_around_it(takes, tmp_path):
    trained(takes, tmp_path / "first")
    trained(takes, tmp_path / "second", init=tmp_path / "first", train_only="embedding")
    resumed(takes, tmp_path / "second", steps="4")
    assert checkpoint.read_config(tmp_path / "second")["init"] == "first"


@pytest.mark.parametrize("steps", [0, 1])
def test_a_run_that_is_stopped_before_it_was_validated_has_the_weights_so_far(
    takes, tmp_path, capfd, monkeypatch, steps
):
    def stop(loop):
        loop.note_signal(signal.SIGINT)
        return step(loop)

    name = "_step" if steps else "_reason_to_end"
    step = getattr(Training, name)
    monkeypatch.setattr(Training, name, stop)
    settings = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}") if name != "steps"]
    place, run = ["--cache", str(takes.parent / "cache"), "--steps", "3", "--device", "cpu"], str(tmp_path / "run")
    assert run_command_line(["train", "lstm", str(takes), "-o", run, *place, *settings]) == 128 + signal.SIGINT
    fact = "has weights that were not validated" if steps else "has no weights yet"
    assert f"'{run}' {fact}; run the same command again to resume" in capfd.readouterr().err
    generate = ["generate", "--model", run, "--duration", "1s", "-o", str(tmp_path / "out.mid")]
    assert run_command_line(generate) == (ExitStatus.OK if steps else ExitStatus.NO_INPUT)
    if not steps:
        assert "has not come to its first validation" in capfd.readouterr().err.splitlines()[1]


def test_a_run_that_began_with_a_model_of_fewer_settings_is_resumed_without_it(takes, tmp_path):
    trained(takes, tmp_path / "first", steps="1")
    config = checkpoint.read_config(tmp_path / "first")
    config["model"].pop("dropout")  # as a model has it that was made before there was the setting
    checkpoint.write_config(tmp_path / "first", config)
    trained(takes, tmp_path / "second", init=tmp_path / "first", steps="2")
    outcome, said = resumed(takes, tmp_path / "second", steps="3")
    assert outcome.progress.step == 3
    assert said == []


@pytest.mark.parametrize("change", [{"optimizer": "adamw"}, {"train_only": "embedding"}])
def test_a_run_is_not_resumed_with_another_optimizer_or_other_parts(takes, tmp_path, change):
    trained(takes, tmp_path / "run", optimizer="muon")
    with pytest.raises(UsageError, match="holds a training with") as caught:
        resumed(takes, tmp_path / "run", steps="4", **change)
    assert "not " + next(iter(change.values())) in str(caught.value)
