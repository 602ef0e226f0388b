"""The task of critics: which sets it learns from, what it says of bad ones, and that it learns to tell them apart."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.cli.main import run_command_line
from maestrokit.errors import ExitStatus
from maestrokit.files import checkpoint
from maestrokit.inference.critic import load_critic
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.training.data.critic import CriticData, CriticOptions, spoiled_notes

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).parents[1] / "corpora.py")
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

SMALL = ["--batch", "4", "--set", "channels=4", "--set", "depth=2", "--set", "validate_every=4", "-q"]


@pytest.fixture
def sets(tmp_path):
    """People's performances and generated ones, of pieces of their own."""
    for name in ("people", "made"):
        corpora.write_takes(tmp_path / name, count=6, notes=60)
        for path in (tmp_path / name).iterdir():
            path.rename(path.with_name(f"{name}{path.name}"))
    return tmp_path


def train(sets, *words, data=("people", "made"), run="run", steps=4):
    names = [str(sets / name) for name in data]
    where = ["-o", str(sets / run), "--cache", str(sets / "cache"), "--device", "cpu", "--steps", str(steps)]
    return run_command_line(["train", "gan", "--task", "critic", *names, *where, *SMALL, *words])


def test_a_run_says_how_many_of_each_kind_are_told_rightly(sets):
    assert train(sets) == 0
    config, record = checkpoint.read_config(sets / "run"), checkpoint.read_log(sets / "run")[-1]
    assert config["task"] == "critic" and sum(config["data"].values()) == 10  # each kind less one for tests
    assert load_critic(str(sets / "run")).length == config["length"] == 256
    assert {"loss", "accuracy", "accuracy_real", "accuracy_generated"} <= record.keys()


def test_a_stopped_training_is_resumed_exactly(sets):
    alike = ("--set", "cooldown=1", "--set", "final_rate=1")  # so that the rate does not depend on the number of steps
    assert train(sets, *alike, steps=8) == train(sets, *alike, run="parts", steps=5) == 0
    assert train(sets, *alike, run="parts", steps=8) == 0
    undisturbed, again = (checkpoint.read_resume(sets / name)[0] for name in ("run", "parts"))
    assert all(torch.equal(undisturbed[name], again[name]) for name in undisturbed)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (("people",), "a critic learns from two sets, not from 1"),
        (("people", "made", "made"), "a critic learns from two sets, not from 3"),
        (("people", "people"), "both sets are"),
        (("people", "none"), "no such file or folder"),
        (("people", "one"), "too few generated performances: training needs at least two"),
        (("one", "made"), "too few people's performances: training needs at least two"),
    ],
)
def test_sets_that_cannot_be_learned_from_are_refused(sets, capfd, data, said):
    corpora.write_takes(sets / "one", count=1)
    assert train(sets, data=data) in (ExitStatus.USAGE, ExitStatus.BAD_DATA, ExitStatus.NO_INPUT)
    error = capfd.readouterr().err.splitlines()
    assert said in error[0].lower() and len(error) <= 2


def streams(time, pitch):
    """Return performances that have the same notes but for times and keys."""
    onset = np.cumsum(np.full(300, time))
    return [StepNotes(onset, onset + 20, np.full(300, pitch) + np.arange(300) % 5, np.full(300, 10)) for _ in range(3)]


def data(options):
    real, generated = streams(10, 60), streams(30, 60)
    return CriticData((real, generated), (real[:1], generated[:1]), options)


def test_half_of_the_windows_are_peoples_and_all_are_of_one_length():
    source = data(CriticOptions(batch=6, length=64))
    assert source.batches(0) == round(2 * 900 / (6 * 64))
    batch = source.batch(0, 0)
    assert batch["is_real"].tolist() == [True, False] * 3
    assert batch["time"].shape == batch["duration"].shape and 32 <= batch["time"].shape[1] <= 64
    again = source.batch(0, 0)
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    held_out, *others = source.validation()
    assert source.validation_batches() == 1 + len(others)
    assert held_out["is_real"].tolist() == [True] * 3 + [False] * 3
    assert held_out["time"][0, 1:].unique().tolist() == [10] and held_out["time"][-1, 1:].unique().tolist() == [30]


def test_some_windows_that_are_not_peoples_are_spoiled_ones_of_theirs():
    plain, mixed = (data(CriticOptions(batch=64, length=64, stretch=0.0, spoiled=share)) for share in (0.0, 0.5))
    times = [source.batch(0, 0) for source in (plain, mixed)]
    steps = [batch["time"][~batch["is_real"], 1].tolist() for batch in times]
    assert set(steps[0]) == {30} and 8 < steps[1].count(10) < 24 and set(steps[1]) <= {10, 30}
    assert all(batch["time"][batch["is_real"], 1:].unique().tolist() == [10] for batch in times)


def test_spoiled_notes_keep_their_times_and_lose_their_melody():
    notes, changes = streams(10, 60)[0], []
    for seed in range(6):
        spoiled = spoiled_notes(notes, np.random.default_rng(seed))
        assert np.array_equal(spoiled.onset, notes.onset) and np.array_equal(spoiled.velocity_bin, notes.velocity_bin)
        changes.append(np.abs(spoiled.pitch - notes.pitch).max())
        assert not np.array_equal(np.diff(spoiled.pitch), np.diff(notes.pitch))
    assert set(changes) == {2, 4}


def test_windows_vary_in_key_and_tempo():
    source = data(CriticOptions(batch=64, length=64, shorter=0.0))
    batch = source.batch(0, 1)
    real = batch["is_real"]
    assert len(batch["pitch"][real, 0].unique()) > 8
    assert set(batch["time"][real, 1:].unique().tolist()) <= {9, 10, 11}
