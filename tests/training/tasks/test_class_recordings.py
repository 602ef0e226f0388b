"""The task of classes on recordings: which input a network has, which files are left out, and what batches hold."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.analysis.class_spectrum import BANDS, SPECTRUM, mel_spectrum, packed_mel
from maestrokit.analysis.classes import Classifier, classify
from maestrokit.audio.resample import resample
from maestrokit.cli.main import run_command_line
from maestrokit.files import checkpoint
from maestrokit.files.sound.read import write_sound
from maestrokit.inference.classes import load_classifier
from maestrokit.models.convolutional.classes import Config, Model
from maestrokit.music.rolls.excerpts import FRAMES
from maestrokit.training.data.classes.batches import ClassData, ClassOptions
from maestrokit.training.data.classes.recordings import SpectrumExcerpts

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).parents[1] / "corpora.py")
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

SMALL = ["--steps", "1", "--batch", "2", "--set", "channels=2", "--set", "validate_every=1"]


@pytest.fixture
def kinds(tmp_path):
    """Two classes with four recordings each, of eight pieces."""
    for kind in ("low", "hiss"):
        corpora.write_sounds(tmp_path / "kinds" / kind, kind)
    return tmp_path / "kinds"


def train(data, *words, run="run"):
    top = data.parent if data.is_dir() else data.parents[1]
    where = ["-o", str(top / run), "--cache", str(top / "cache"), *SMALL]
    return run_command_line(["train", "cnn", "--task", "classes", str(data), *where, *words])


def config(kinds, run="run"):
    return checkpoint.read_config(kinds.parent / run)


def spectrum(kind, **settings):
    return mel_spectrum(packed_mel([resample(corpora.sound(kind, **settings), from_rate=8000, to_rate=16000)]))


def test_folders_of_recordings_are_classes_and_the_run_says_what_it_reads(kinds):
    assert train(kinds) == 0
    assert config(kinds)["class_names"] == ["hiss", "low", "unknown"]
    assert config(kinds)["model"]["input"] == "mel" and config(kinds)["spectrum"] == SPECTRUM.described()
    assert config(kinds)["data"] == {"train": 6, "validation": 1}
    assert load_classifier(str(kinds.parent / "run")).reads == "recordings"
    spectra = {path: path.stat().st_mtime_ns for path in (kinds.parent / "cache").iterdir()}
    assert len(spectra) == 8
    assert train(kinds, "--steps", "2") == 0  # resumed
    assert {path: path.stat().st_mtime_ns for path in (kinds.parent / "cache").iterdir()} == spectra


def test_recordings_win_over_performances_of_their_name_and_other_performances_are_refused_in_one_line(kinds, capsys):
    for kind in ("low", "hiss"):
        corpora.write_takes(kinds / kind, count=4)
        for number in range(4):
            (kinds / kind / f"{number}.mid").rename(kinds / kind / f"{kind}{number}.mid")
    assert train(kinds) == 0
    assert config(kinds)["model"]["input"] == "mel" and config(kinds)["data"]["train"] == 6
    assert train(kinds, "--set", "input=rolls", run="rolls") == 0
    assert config(kinds, "rolls")["model"]["input"] == "rolls" and "spectrum" not in config(kinds, "rolls")
    (kinds / "low" / "low0.wav").unlink()
    capsys.readouterr()
    assert train(kinds, run="both") == 65
    first, hint, *others = capsys.readouterr().err.splitlines()
    assert "the data hold recordings (7) and performances without one (1)" in first and not others
    assert "input" in hint and "mel for the recordings" in hint
    assert train(kinds, "--set", "input=mel", run="both") == 0
    capsys.readouterr()
    assert train(kinds, "--set", "input=pictures", run="none") == 2
    assert "no input 'pictures'" in capsys.readouterr().err.splitlines()[0]


def test_a_model_of_the_other_input_is_no_beginning(kinds, capsys):
    takes = kinds.parent / "takes"
    for kind in ("low", "hiss"):
        corpora.write_takes(takes / kind, count=4)
        for number in range(4):
            (takes / kind / f"{number}.mid").rename(takes / kind / f"{kind}{number}.mid")
    assert train(kinds) == train(takes, run="rolls") == 0
    for data, initial, fact in ((kinds, "rolls", "reads rolls, not mel"), (takes, "run", "reads mel, not rolls")):
        capsys.readouterr()
        assert train(data, "--init", str(kinds.parent / initial), run="new") == 2
        assert fact in capsys.readouterr().err.splitlines()[-2]
    assert train(kinds, "--init", str(kinds.parent / "run"), run="next") == 0


def test_what_cannot_be_used_is_said_and_the_rest_learnt_from(kinds, capsys):
    (kinds / "empty").mkdir()
    (kinds / "low" / "bad.flac").write_bytes(b"no sound")
    write_sound(kinds / "hiss" / "silent.wav", corpora.sound("silence"), sample_rate=8000)
    assert train(kinds) == 65
    text = capsys.readouterr().err
    assert "note: the folder 'empty' has no file to learn from" in text
    assert "silent.wav': it is silent" in text and "bad.flac'" in text
    assert "left out 2 files that cannot be used" in text
    assert config(kinds)["class_names"] == ["hiss", "low", "unknown"]
    assert train(kinds / "low", run="one") == 65
    assert "it lies in no folder of a class" in capsys.readouterr().err


def test_one_piece_in_two_parts_is_not_validated_on_whichever_piano_plays_it(kinds, capsys):
    names = [("low", "low0"), ("low", "low1"), ("hiss", "hiss0"), ("hiss", "hiss1")]
    pieces = ["a", "b", "a", "c"]
    parts = ["train", "validation", "validation", "train"]
    lines = ["file\tclass\tsplit\n"]
    for (kind, name), piece, part in zip(names, pieces, parts, strict=True):
        (kinds / kind / f"{name}.wav").rename(kinds / f"MAPS_MUS-{piece}_{kind}.wav")
        lines.append(f"MAPS_MUS-{piece}_{kind}.wav\t{kind}\t{part}\n")
    (kinds / "table.tsv").write_text("".join(lines))
    assert train(kinds / "table.tsv") == 0
    assert "note: in two parts, and so not validated on: a" in capsys.readouterr().err
    assert config(kinds)["data"] == {"train": 2, "validation": 1}
    (kinds / "table.tsv").write_text("".join(line for line in lines if "hiss" not in line))
    assert train(kinds / "table.tsv", run="one") == 65
    assert "all files are of one class, 'low'" in capsys.readouterr().err


def test_the_audio_of_a_maestro_root_has_the_classes_of_its_table(tmp_path):
    root = tmp_path / "root"
    rows = [("Bach", "train"), ("Bach", "validation"), ("Liszt", "train"), ("Liszt", "validation")]
    corpora.write_takes(root, count=4)
    lines = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    for number, (composer, part) in enumerate(rows):
        write_sound(root / f"{number}.wav", corpora.sound("low", seed=number), sample_rate=8000)
        lines.append(f"{composer},piece {number},{part},2004,{number}.mid,{number}.wav,3")
    (root / "maestro-v3.0.0.csv").write_text("\n".join(lines) + "\n")
    assert train(root) == 0
    assert config(root)["class_names"] == ["Bach", "Liszt", "unknown"] and config(root)["model"]["input"] == "mel"
    assert config(root)["data"] == {"train": 2, "validation": 2}


def test_batches_hold_excerpts_of_recordings_and_repeat():
    data = ClassData(
        {"low": [spectrum("low")] * 9, "hiss": [spectrum("hiss")]},
        {"low": [spectrum("low", seconds=50)], "hiss": [spectrum("hiss")]},
        ClassOptions(batch=40, unknown=0.3, validation_excerpts=3), seed=3, input="mel",
    )  # fmt: skip
    batch = data.batch(0, 0)
    assert batch["excerpts"].shape == (40, 1, FRAMES, BANDS) and set(batch["target"].tolist()) == {0, 1, 2}
    assert all((batch[name] == data.batch(0, 0)[name]).all() for name in batch)
    assert not (batch["excerpts"] == data.batch(0, 1)["excerpts"]).all()
    centre = (batch["excerpts"].sum(dim=(1, 2)) @ torch.arange(BANDS).float()) / batch["excerpts"].sum(dim=(1, 2, 3))
    assert centre[batch["target"] == 0].mean() < centre[batch["target"] == 1].mean()
    [held_out] = list(data.validation())
    assert held_out["target"].tolist() == [0, 0, 0, 1] and data.validation_batches() == 1
    assert held_out["weight"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1])


def test_excerpts_are_varied_within_their_bounds():
    source, generator = spectrum("low", seconds=30), np.random.default_rng(1)
    plain = SpectrumExcerpts().sample(source, np.random.default_rng(1))[0]
    loudest = int(plain.sum(axis=0).argmax())
    bands = set()
    for _ in range(30):
        excerpt = SpectrumExcerpts(transpose=12).sample(source, generator)[0]
        bands.add(int(excerpt.sum(axis=0).argmax()))
    assert min(bands) < loudest < max(bands)
    masked = SpectrumExcerpts(masked=0.5).sample(source, generator)[0]
    is_silent = ~plain[:, loudest].any() | (masked == 0).all(axis=1)
    assert 0 < is_silent.sum() < FRAMES
    noisy = SpectrumExcerpts(noise=1.0).sample(source, generator)[0]
    assert (noisy[:, 20:60] > 0).mean() > (plain[:, 20:60] > 0).mean() + 0.1
    gains = [SpectrumExcerpts(equaliser=6.0).sample(source, generator).max() for _ in range(20)]
    assert np.std(gains) > 0.05
    fast = SpectrumExcerpts(stretch=0.5)
    onsets = [np.count_nonzero(np.diff(fast.sample(source, generator)[0, :, loudest]) > 0.3) for _ in range(20)]
    assert min(onsets) < 36 and max(onsets) > 44  # 40 as it was played


def test_a_network_learns_two_kinds_of_sound():
    torch.manual_seed(0)
    model = Model(Config(outputs=2, channels=4, input="mel"))
    data = ClassData(
        {kind: [spectrum(kind, seed=seed) for seed in range(2)] for kind in ("low", "hiss")}, {},
        ClassOptions(batch=6, unknown=0.0), input="mel",
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def descend(_: str, loss: torch.Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    for step in range(20):
        model.step(data.batch(0, step), {}, descend)
    weights = {name: value.numpy() for name, value in model.eval().state_dict().items()}
    classifier = Classifier(("low", "hiss"), weights, input="mel")
    assert [classify(spectrum(kind, seed=7), classifier).name for kind in ("low", "hiss")] == ["low", "hiss"]
