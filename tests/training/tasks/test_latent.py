"""The task of latent improvisers: it resumes exactly, and its runs go on from prompts segment by segment."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.cli.main import run_command_line
from maestrokit.errors import ExitStatus, UsageError
from maestrokit.files import checkpoint
from maestrokit.files.midi import read_midi
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.performance import DRUM_CHANNEL
from maestrokit.music.rolls.cells import CELLS
from maestrokit.training.data.latent import LatentData, LatentOptions
from maestrokit.training.loop import Training

_spec = importlib.util.spec_from_file_location("improvisers", Path(__file__).with_name("test_improvise.py"))
improvisers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(improvisers)
sequences = improvisers.sequences

SIZES = ("channels=4", "width=8", "depth=1", "latents=16", "validation_segments=4", "vae_share=0.5")
SMALL = [word for setting in (*SIZES, "validate_every=2", "validation_share=0") for word in ("--set", setting)]
ALIKE = ["--set", "cooldown=1", "--set", "final_rate=1"]  # so that the rate does not depend on the number of steps


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    return sequences.corpora.write_takes(tmp_path_factory.mktemp("corpus") / "takes", count=4, notes=60)


def train(takes, run, *words):
    where = ["-o", str(run), "--cache", str(takes.parent / "cache"), "--device", "cpu", "--batch", "2", "-q"]
    return run_command_line(["train", "gan", "--task", "latent", str(takes), *where, *SMALL, *words])


@pytest.fixture(scope="module")
def run(takes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert train(takes, folder, "--steps", "4", "--set", "ema_decay=0.5") == 0
    return folder


def test_the_log_has_first_the_autoencoder_then_the_players(run):
    config, log = checkpoint.read_config(run), checkpoint.read_log(run)
    assert config["task"] == "latent" and config["model"]["latents"] == 16 and config["classes"] == {}
    scores = [record for record in log if record["part"] == "validation"]
    assert {"frechet", "f1", "spread", "nearest", "accuracy_real", "accuracy_generated"} <= scores[-1].keys()
    assert scores[0]["loss"] > 1 > scores[-1]["loss"] and any(record["best"] for record in scores[1:])


def test_a_line_of_the_log_has_the_means_of_steps_with_other_losses(takes, tmp_path):
    assert train(takes, tmp_path / "run", "--steps", "4", "--set", "log_every=4") == 0
    (line,) = (record for record in checkpoint.read_log(tmp_path / "run") if record["part"] == "train")
    assert {"reconstruction", "divergence", "discriminator", "penalty", "adversarial"} <= line.keys()


def test_all_groups_are_resumed_exactly(takes, tmp_path):
    words = [*ALIKE, "--set", "ema_decay=0.9"]
    assert train(takes, tmp_path / "whole", "--steps", "6", *words) == 0
    for cut in (2, 4):  # among the steps of the autoencoder, and among those of the players
        folder = tmp_path / f"parts{cut}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Training, "_reason_to_end", lambda self, cut=cut: "signal" * (self.progress.step >= cut))
            train(takes, folder, "--steps", "6", *words)
        assert checkpoint.read_resume(folder)[1]["step"] == cut
        assert train(takes, folder, "--steps", "6", *words) == 0
        undisturbed, parts = (checkpoint.read_resume(run_folder)[0] for run_folder in (tmp_path / "whole", folder))
        assert undisturbed.keys() == parts.keys() and all(
            torch.equal(undisturbed[name], parts[name]) for name in undisturbed
        )
    groups = {name.split(".")[1] for name in undisturbed if name.startswith("optimizer.")}
    assert groups == {"autoencoder", "generator", "discriminator"}


def test_a_training_without_an_end_is_refused(takes, tmp_path, capfd):
    assert train(takes, tmp_path / "run") == ExitStatus.USAGE
    assert "the training has no end to take shares of\n  give --steps or --time-limit" in capfd.readouterr().err


def generate(run, target, *words):
    return run_command_line(["generate", "--model", str(run), "-o", str(target), *words])


def test_a_run_goes_on_for_any_length_by_its_seed(run, tmp_path):
    prompt = improvisers.write(tmp_path / "prompt.mid", pitch=[60, 62, 64])  # its last onset is at 1 s
    ends = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert generate(run, tmp_path / f"{name}.mid", str(prompt), "--duration", "30s", "--seed", seed) == 0
        notes = read_midi(tmp_path / f"{name}.mid").notes
        assert notes.pitch[:3].tolist() == [60, 62, 64] and notes.onset_tick[:3].tolist() == [0, 500, 1000]
        assert notes.onset_tick[3:].min() > 1000 and notes.is_released.all()
        ends.append(notes.offset_tick.max())
    assert 24_000 < max(ends) <= 31_000
    a, b, c = (read_midi(tmp_path / f"{name}.mid").notes.onset_tick for name in "abc")
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_from_nothing_the_first_note_is_at_the_beginning(run, tmp_path):
    assert generate(run, tmp_path / "new.mid", "--duration", "7s") == 0
    notes = read_midi(tmp_path / "new.mid").notes
    assert notes.onset_tick.min() == 0 and 6000 < notes.offset_tick.max() <= 7000


def test_several_are_made_at_once_and_ranked_by_a_critic(run, tmp_path):
    words = ["--count", "2", "-d", str(tmp_path / "new"), "--best-of", "2", "--rank-by", "critic", "--duration", "3s"]
    assert run_command_line(["generate", "--model", str(run), *words]) == 0
    onsets = [read_midi(path).notes.onset_tick for path in sorted((tmp_path / "new").iterdir())]
    assert len(onsets) == 2 and not np.array_equal(*onsets)


@pytest.mark.parametrize(("pitch", "channel"), [([], 0), ([60], 0), ([60, 62, 64], DRUM_CHANNEL)])
@pytest.mark.parametrize("seconds", [[], ["--prompt-seconds", "0"]])
def test_a_prompt_with_nothing_or_little_in_it_is_continued(run, tmp_path, pitch, channel, seconds):
    prompt = improvisers.write(tmp_path / "prompt.mid", pitch=pitch, channel=channel)
    assert generate(run, tmp_path / "new.mid", str(prompt), "--duration", "2s", *seconds) == 0
    performance = read_midi(tmp_path / "new.mid")
    assert len(performance.notes) > (0 if seconds else len(pitch)) and performance.notes.is_released.all()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--top-k", "3"], "--top-k has no effect with a model of segments"),
        (["--guidance", "2"], "--guidance works only with --condition or --composer"),
        (["--best-of", "2"], "a model of segments has no likelihood"),
        (["--composer", "Bach"], "the model takes no conditions, such as composer"),
        (["--duration", "0s"], "--duration must be above 0"),
    ],
)
def test_what_a_model_of_segments_does_not_have_is_refused(run, tmp_path, capfd, words, message):
    assert generate(run, tmp_path / "new.mid", *words) == ExitStatus.USAGE
    assert message in capfd.readouterr().err and not (tmp_path / "new.mid").exists()


def test_it_fills_no_gaps_and_has_no_likelihood_to_evaluate(run, takes, tmp_path, capfd):
    prompt = improvisers.write(tmp_path / "prompt.mid", pitch=[60, 62, 64])
    assert generate(run, tmp_path / "new.mid", str(prompt), "--infill", "0s..1s") == ExitStatus.USAGE
    assert "the model has not learned to fill gaps" in capfd.readouterr().err
    assert run_command_line(["evaluate", "--model", str(run), str(takes)]) == ExitStatus.BAD_DATA
    assert "a gan that is no model of events" in capfd.readouterr().err


def test_a_damaged_run_is_refused(run, tmp_path, capfd):
    folder = tmp_path / "damaged"
    folder.mkdir()
    for path in run.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    checkpoint.write_config(folder, {**checkpoint.read_config(run), "encoding": None})
    assert generate(folder, tmp_path / "new.mid") == ExitStatus.BAD_DATA
    assert "its config.json is damaged" in capfd.readouterr().err


def data(*counts, composers=((), ()), **options):
    options = LatentOptions(**{"batch": 4, "validation_segments": 3, "transpose": 0, "stretch": 0.0, **options})
    parts = sequences.shard(*counts), sequences.shard(80, 90)
    return LatentData(*parts, options, encoding=Encoding(), composers=composers)


def test_batches_are_pairs_of_segments_always_the_same():
    source = data(200, 100)
    batch, again = source.batch(0, 1), source.batch(0, 1)
    assert batch["rolls"].shape == (4, 4, 2 * CELLS, 88) and torch.equal(batch["rolls"], again["rolls"])
    assert not torch.equal(batch["rolls"], source.batch(0, 2)["rolls"])
    (held_out,) = source.validation()
    assert held_out["rolls"].shape == (3, 4, 2 * CELLS, 88) and held_out["known"].shape == (3, 4, CELLS, 88)
    assert held_out["rolls"][:, 0, CELLS:].sum() > 0


def test_some_pairs_are_silence_and_a_beginning():
    batch = data(200, batch=100).batch(0, 0)["rolls"]
    is_beginning = batch[:, 0, :CELLS].sum(dim=(1, 2)) == 0
    assert 0 < is_beginning.sum() < 30 and torch.all(batch[is_beginning, 0, CELLS].sum(dim=1) > 0)


def test_composers_that_are_frequent_are_conditions_at_times():
    names = (["Bach"] * 3 + ["Ravel", ""], ["Bach", "Liszt"])
    source = data(80, 80, 80, 80, 80, composers=names, class_minimum=2, batch=200)
    assert source.class_names == {"composer": ["other", "Bach"]}
    codes = source.batch(0, 0)["condition_composer"]
    assert set(codes.tolist()) == {0, 1, 2} and (codes == 0).float().mean() > 0.2
    assert set(next(source.validation())["condition_composer"].tolist()) == {1, 2}
    assert not (data(80, composers=names, condition_dropout=1.0).batch(0, 0)["condition_composer"]).any()


def test_a_part_without_notes_is_refused():
    with pytest.raises(UsageError, match="no notes to learn from"):
        data(0)
