"""The task of improvisers: it begins with a transformer, resumes exactly, and its runs generate."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from last_weights import write_last
from maestrokit.cli.main import run_command_line
from maestrokit.errors import ExitStatus, UsageError
from maestrokit.files import checkpoint
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.performance import DRUM_CHANNEL
from maestrokit.training.data.improvise import ImproviseData, ImproviseOptions

_spec = importlib.util.spec_from_file_location("sequences", Path(__file__).parents[1] / "data" / "test_notes.py")
sequences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sequences)

SIZES = ["--set", "width=8", "--set", "layers=1", "--set", "hidden=8"]
SMALL = ["--batch", "2", "--length", "16", "--set", "discriminator_channels=4", "--set", "discriminator_depth=2", "-q",
         "--set", "validate_every=2", "--set", "validation_share=0", "--set", "validation_windows=4"]  # fmt: skip
ALIKE = ["--set", "cooldown=1", "--set", "final_rate=1"]  # so that the rate does not depend on the number of steps


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    return sequences.corpora.write_takes(tmp_path_factory.mktemp("corpus") / "takes", count=4)


def train(takes, run, *words, family="gan", steps=2):
    where = ["-o", str(run), "--cache", str(takes.parent / "cache"), "--device", "cpu", "--steps", str(steps)]
    return run_command_line(["train", family, str(takes), *where, *words])


@pytest.fixture(scope="module")
def run(takes, tmp_path_factory):
    """A short training that began with a transformer."""
    folder = tmp_path_factory.mktemp("runs")
    assert train(takes, folder / "first", *SIZES, "--batch", "2", "--length", "16", "-q", family="transformer") == 0
    config = checkpoint.read_config(folder / "first")
    checkpoint.write_config(folder / "first", config | {"sampling": {"time_bias": 0.125}})
    assert train(takes, folder / "run", *SMALL, "--init", str(folder / "first")) == 0
    return folder / "run"


def test_it_begins_with_a_transformer_and_samples_as_that_was_fitted(run):
    config, log = checkpoint.read_config(run), checkpoint.read_log(run)
    assert config["task"] == "improvise" and config["init"] == "first" and config["model"]["width"] == 8
    assert config["sampling"] == {"time_bias": 0.125}
    assert {"frechet", "spread", "nearest", "accuracy_real", "accuracy_generated", "nats"} <= log[-1].keys()


def test_a_run_generates_by_its_generator(run, tmp_path):
    model, _, sampling = load_event_model(str(run))
    own = checkpoint.read_weights(run)["generator.body.norm.weight"]
    assert torch.equal(model.state_dict()["body.norm.weight"], own) and sampling.time_bias == 0.125
    target = tmp_path / "new.mid"
    assert run_command_line(["generate", "--model", str(run), "--duration", "2s", "-o", str(target)]) == 0
    assert len(read_midi(target).notes) > 0


def test_both_players_are_resumed_exactly(takes, tmp_path):
    assert train(takes, tmp_path / "whole", *SIZES, *SMALL, *ALIKE, steps=5) == 0
    assert train(takes, tmp_path / "parts", *SIZES, *SMALL, *ALIKE, steps=3) == 0
    assert train(takes, tmp_path / "parts", *SIZES, *SMALL, *ALIKE, steps=5) == 0
    undisturbed, parts = (checkpoint.read_resume(tmp_path / name)[0] for name in ("whole", "parts"))
    assert any("discriminator.adamw" in name for name in undisturbed) and any(
        "generator.adamw" in name for name in undisturbed
    )
    assert undisturbed.keys() == parts.keys() and all(
        torch.equal(undisturbed[name], parts[name]) for name in undisturbed
    )


def test_another_model_is_no_beginning(takes, run, tmp_path, capfd):
    assert (
        train(takes, tmp_path / "lstm", "--set", "width=8", "--batch", "2", "--length", "8", "-q", family="lstm") == 0
    )
    assert train(takes, tmp_path / "run", *SMALL, "--init", str(tmp_path / "lstm")) == ExitStatus.USAGE
    assert "holds an lstm, not a gan or transformer" in capfd.readouterr().err


def test_pieces_without_notes_to_continue_are_refused(takes, tmp_path, capfd):
    short = sequences.corpora.write_takes(tmp_path / "short", notes=6)
    assert train(short, tmp_path / "run", *SIZES, *SMALL) == ExitStatus.USAGE
    assert "no piece of 8 notes to learn from" in capfd.readouterr().err


def write(path, *, pitch, channel=0):
    """Write a performance of a second or two."""
    onset, none = 500 * np.arange(len(pitch)), np.empty(0, np.int64)
    pitch, velocity = np.array(pitch, np.int64), np.full(len(pitch), 60)
    performance = performance_from_arrays(onset, onset + 300, pitch, velocity, pedal_tick=none, pedal_value=none)
    write_midi(performance.replace(notes=performance.notes.replace(channel=np.full(len(pitch), channel))), path)
    return path


@pytest.mark.parametrize(("pitch", "channel"), [([], 0), ([60], 0), ([60, 62, 64], DRUM_CHANNEL)])
@pytest.mark.parametrize("seconds", [[], ["--prompt-seconds", "0"]])
def test_a_prompt_with_nothing_or_little_in_it_is_continued(run, tmp_path, pitch, channel, seconds):
    prompt, target = write(tmp_path / "prompt.mid", pitch=pitch, channel=channel), tmp_path / "new.mid"
    command = ["generate", str(prompt), "--model", str(run), "--duration", "1s", "-o", str(target), *seconds]
    assert run_command_line(command) == 0
    performance = read_midi(target)
    kept = 0 if seconds else len(pitch)
    assert len(performance.notes) > kept and performance.notes.is_released.all()
    assert np.array_equal(
        np.sort(performance.notes.pitch[performance.notes.channel == DRUM_CHANNEL]), pitch[:kept] if channel else []
    )


def test_a_duration_of_nothing_is_refused(run, tmp_path, capfd):
    command = ["generate", "--model", str(run), "--duration", "0s", "-o", str(tmp_path / "new.mid")]
    assert run_command_line(command) == ExitStatus.USAGE
    assert "--duration must be above 0" in capfd.readouterr().err


def data(*counts, length=24):
    options = ImproviseOptions(batch=2, length=length, validation_windows=3, **sequences.PLAIN)
    return ImproviseData(sequences.shard(*counts), sequences.shard(50, 30), options)


def test_batches_have_one_length_and_the_keys_at_the_ends_of_their_prompts():
    source = data(90, 12, 70)
    batch = source.batch(0, 0)
    assert batch["weight"].min() == 1 and batch["next_is_note"].all()
    prompt, rows = int(batch["prompt"][0]), torch.arange(2)
    assert prompt == batch["pitch"].shape[1] // 2
    key = batch["pitch"][:, prompt - 1]
    assert torch.equal(batch["state_onset"][rows, key], batch["onset"][:, prompt - 1])
    assert torch.equal(batch["state_velocity_bin"][rows, key], batch["velocity"][:, prompt - 1])
    assert not (batch["pitch"] == 41 - 21).any()  # the piece that is shorter than an excerpt
    again = source.batch(0, 0)
    assert all(torch.equal(batch[name], again[name]) for name in batch)


def test_short_pieces_are_learned_from_where_all_are_short():
    assert data(20, 18, length=64).batch(0, 0)["pitch"].shape[1] >= 16
    with pytest.raises(UsageError, match="no piece of 8 notes to learn from"):
        data(6, 7)


def test_a_single_excerpt_to_validate_on_counts_twice():
    options = ImproviseOptions(batch=2, length=24, validation_windows=3, **sequences.PLAIN)
    (batch,) = ImproviseData(sequences.shard(90), sequences.shard(25), options).validation()
    assert len(batch["pitch"]) == 2 and torch.equal(batch["pitch"][0], batch["pitch"][1])


def test_held_out_excerpts_come_with_as_many_that_are_learned_from():
    (batch,) = data(90, 70).validation()
    count = batch["pitch"].shape[1] - int(batch["prompt"][0])
    assert batch["known_pitch"].shape == (len(batch["pitch"]), count) and data(90, 70).validation_batches() == 1


@pytest.mark.parametrize("part", ["model", "average"])
def test_the_last_weights_of_a_run_are_those_of_a_transformer(run, part, tmp_path):
    tensors, progress = checkpoint.read_resume(run)
    averages = {f"average.{name[6:]}": value + 1 for name, value in tensors.items() if name.startswith("model.")}
    shutil.copytree(run, tmp_path / "run")
    checkpoint.write_resume(tmp_path / "run", tensors | (averages if part == "average" else {}), progress)
    write_last(tmp_path / "run", tmp_path / "last")
    last = checkpoint.read_weights(tmp_path / "last")
    assert checkpoint.read_config(tmp_path / "last")["family"] == "transformer" and len(last) > 10
    assert all(torch.equal(weight, (tensors | averages)[f"{part}.generator.{name}"]) for name, weight in last.items())
    assert load_event_model(str(tmp_path / "last")).sampling.time_bias == 0.125
