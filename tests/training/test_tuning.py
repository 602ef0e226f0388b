"""A search tries, learns, ends what is hopeless, keeps the best, and goes on after whatever stopped it."""

import importlib.util
import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.errors import CannotWriteError, UsageError
from maestrokit.files import checkpoint
from maestrokit.training.device import DistributedContext
from maestrokit.training.run import TrainingSpec, train
from maestrokit.training.search_space import Choice, Range, parse_space
from maestrokit.training.tuning import Search, TrialCallbacks, spaces, tune

pytest.importorskip("optuna")

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

CPU = DistributedContext(torch.device("cpu"))
SMALL = {"steps": "20", "width": "8", "layers": "1", "batch": "2", "length": "8", "warmup_steps": "0",
         "validate_every": "10", "validation_tokens": "16"}  # fmt: skip


class Killed(BaseException):
    """Nothing is told to anybody, as by kill -9."""


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    return corpora.write_takes(tmp_path_factory.mktemp("corpus") / "takes")


def order(takes, folder, **settings):
    return TrainingSpec("lstm", "", [str(takes)], folder, {**SMALL, **settings}, None, takes.parent / "cache")


def search(order, trials, *, storage="", watch=lambda number: TrialCallbacks()):
    return tune(order, Search(trials, storage), context=CPU, watch=watch, warn=lambda sentence: None)


def summary(folder):
    return json.loads((folder / "tune.json").read_text())


def test_ranges_are_read_as_people_write_them():
    assert parse_space("learning_rate", "1e-4..1e-3").is_logarithmic
    assert parse_space("batch", "32..128") == Range(32.0, 128.0, True) and parse_space("batch", "32..128").step == 8
    assert parse_space("layers", "1..3").step == 1
    assert not parse_space("dropout", "0..0.5").is_whole
    assert parse_space("variant", "relative|modern") == Choice(("relative", "modern"))
    for nonsense in ("a..b", "3..1", "..5", "1..inf", "1..nan"):
        with pytest.raises(UsageError):
            parse_space("batch", nonsense)


def test_what_is_given_is_not_searched(takes, tmp_path):
    fixed, space = spaces(TrainingSpec("lstm", "", [], tmp_path, {"steps": "9", "dropout": "0.1"}, None, tmp_path))
    assert set(space) == {"learning_rate", "weight_decay", "batch", "length"} and fixed["validate_every"] == "0"
    fixed, space = spaces(order(takes, tmp_path, dropout="0.1", width="8..16"))
    assert set(space) == {"learning_rate", "weight_decay", "width"}
    assert fixed["dropout"] == "0.1" and fixed["validate_every"] == "10"
    with pytest.raises(UsageError, match="no setting 'depth'"):
        spaces(order(takes, tmp_path, depth="1..2"))


@pytest.mark.parametrize(
    ("name", "text", "fact"),
    [
        ("dropout", "0.9..3", "dropout must be at least 0 and below 1, not 3"),
        ("dropout", "-1..0.5", "dropout must be at least 0 and below 1, not -1"),
        ("dropout", "0.1|7", "dropout must be at least 0 and below 1, not 7"),
        ("width", "0.5..8", "width must be a whole number, not '0.5'"),
        ("max_grad_norm", "-1", "max_grad_norm must be"),  # in all trials
    ],
)
def test_what_no_training_may_have_is_refused_before_the_first_trial(takes, tmp_path, name, text, fact):
    with pytest.raises(UsageError, match=fact):
        search(order(takes, tmp_path / "run", **{name: text}), 3)
    assert not (tmp_path / "run").exists()


def test_the_best_weights_are_those_of_the_run(takes, tmp_path):
    run = tmp_path / "run"
    found = search(order(takes, run, learning_rate="1e-3..1e-1"), 3)
    told = summary(run)
    assert found.tried == 3 and [trial["trial"] for trial in told["trials"]] == [0, 1, 2]
    scores = [trial["score"] for trial in told["trials"]]
    assert told["best"]["score"] == min(scores) and found.best == told["best"]
    best = run / "trials" / str(told["best"]["trial"])
    for name in ("model.safetensors", "config.json", "log.jsonl"):
        assert (run / name).read_bytes() == (best / name).read_bytes()
    assert checkpoint.read_config(run)["training"]["learning_rate"] == told["best"]["settings"]["learning_rate"]
    validated = [record for record in checkpoint.read_log(run) if record["part"] == "validation"]
    assert len(validated) == 2 and min(record["loss"] for record in validated) == pytest.approx(min(scores))


def test_short_trials_are_validated_at_each_tenth(takes, tmp_path):
    """Though there are more batches to validate on than to learn from."""
    search(order(takes, tmp_path / "run", steps="10", validate_every="0", validation_tokens="400"), 1)
    log = checkpoint.read_log(tmp_path / "run" / "trials" / "0")
    assert [record["step"] for record in log if record["part"] == "validation"] == list(range(1, 11))


def test_hopeless_trials_are_ended_early(takes, tmp_path):
    run = tmp_path / "run"
    search(order(takes, run, learning_rate="1e-9|0.01", dropout="0", weight_decay="0"), 8)
    trials = summary(run)["trials"]
    assert summary(run)["best"]["settings"]["learning_rate"] == "0.01"
    ended = [trial for trial in trials if trial["state"] == "pruned"]
    assert "1e-9" in {trial["settings"]["learning_rate"] for trial in ended}
    log = checkpoint.read_log(run / "trials" / str(ended[0]["trial"]))
    assert max(record["step"] for record in log) < 20


def test_a_killed_search_goes_on_to_the_same_trials(takes, tmp_path):
    asked = {"learning_rate": "1e-3..1e-1", "save_every": "0"}
    search(order(takes, tmp_path / "whole", **asked), 3)

    def deadly(number):
        def tick(done, shown):
            if number == 1 and done == 0.7:
                raise Killed

        return TrialCallbacks(tick=tick)

    with pytest.raises(Killed):
        search(order(takes, tmp_path / "cut", **asked), 3, watch=deadly)
    assert [trial["state"] for trial in summary(tmp_path / "cut")["trials"]] == ["complete"]
    search(order(takes, tmp_path / "cut", **asked), 3)
    undisturbed, cut = summary(tmp_path / "whole"), summary(tmp_path / "cut")
    assert undisturbed == cut
    for name in ("0", "1", "2"):
        single, resumed = (checkpoint.read_resume(tmp_path / run / "trials" / name)[0] for run in ("whole", "cut"))
        assert all(torch.equal(single[key], resumed[key]) for key in single)
    assert search(order(takes, tmp_path / "cut", **asked), 4).tried == 4


def test_a_signal_leaves_the_trial_to_be_gone_on_with(takes, tmp_path):
    import os
    import signal

    def watch(number):
        return TrialCallbacks(tick=lambda done, shown: os.kill(os.getpid(), signal.SIGTERM) if done == 0.5 else None)

    found = search(order(takes, tmp_path / "run"), 2, watch=watch)
    assert found.signal_number == signal.SIGTERM and found.tried == 0
    assert search(order(takes, tmp_path / "run"), 2).tried == 2


def test_two_folders_share_a_storage(takes, tmp_path):
    storage = f"sqlite:///{tmp_path / 'shared.db'}"
    asked = {"learning_rate": "1e-3..1e-1"}
    search(order(takes, tmp_path / "one", **asked), 2, storage=storage)
    found = search(order(takes, tmp_path / "two", **asked), 4, storage=storage)
    assert found.tried == 4
    assert [path.name for path in sorted((tmp_path / "two" / "trials").iterdir())] == ["2", "3"]
    first, second = summary(tmp_path / "one"), summary(tmp_path / "two")
    assert second["trials"][:2] == first["trials"] and second["weights_of"] in (2, 3)


def test_losses_that_are_no_numbers_end_the_trial_and_not_the_search(takes, tmp_path):
    found = search(order(takes, tmp_path / "run", learning_rate="1000|0.01", weight_decay="100", max_grad_norm="0"), 4)
    assert found.tried == 4 and math.isfinite(found.best["score"])
    assert "pruned" in {trial["state"] for trial in summary(tmp_path / "run")["trials"]}


def test_senseless_searches_are_refused(takes, tmp_path):
    run = tmp_path / "run"
    with pytest.raises(UsageError, match="at least 1"):
        search(order(takes, run), 0)
    for settings in ({}, {"patience": "0"}):
        with pytest.raises(UsageError, match="needs an end"):
            search(TrainingSpec("lstm", "", [str(takes)], run, settings, None, tmp_path), 2)
    with pytest.raises(UsageError, match="does not run under torchrun"):
        tune(order(takes, run), Search(2), context=DistributedContext(torch.device("cpu"), 0, 2), watch=None, warn=None)
    with pytest.raises(CannotWriteError, match="cannot use the storage"):
        search(order(takes, run), 2, storage="sqlite:////nowhere/at/all.db")
    with pytest.raises(CannotWriteError, match="cannot use the storage"):
        search(order(takes, run), 2, storage="nonsense")


def test_a_folder_holds_one_search_or_one_training(takes, tmp_path):
    search(order(takes, tmp_path / "search"), 1)
    with pytest.raises(UsageError, match="other settings"):
        search(order(takes, tmp_path / "search", width="16"), 2)
    with pytest.raises(UsageError, match="does not know the search"):
        search(order(takes, tmp_path / "search"), 2, storage=f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(UsageError, match="holds a search"):
        train(order(takes, tmp_path / "search"), context=CPU, warn=lambda sentence: None)
    train(order(takes, tmp_path / "training"), context=CPU, warn=lambda sentence: None)
    with pytest.raises(UsageError, match="holds a training"):
        search(order(takes, tmp_path / "training"), 1)


def test_scores_are_finite_numbers(takes, tmp_path):
    assert np.isfinite(search(order(takes, tmp_path / "run"), 1).best["score"])
