"""The task of classes: which files are of which class and part, what is left out and said, and what batches hold."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from maestrokit.cli.main import run_command_line
from maestrokit.files import checkpoint
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.training.class_data import ClassData, ClassOptions

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).with_name("corpora.py"))
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

SMALL = ["--steps", "1", "--batch", "2", "--set", "channels=2", "--set", "validate_every=1"]


@pytest.fixture
def genres(tmp_path):
    """Two classes with five performances each, of ten pieces."""
    for name in ("pop", "jazz"):
        corpora.write_takes(tmp_path / "genres" / name, count=5, notes=12)
        for path in (tmp_path / "genres" / name).iterdir():
            path.rename(path.with_name(f"{name}{path.name}"))
    return tmp_path / "genres"


def train(data, *words, run="run"):
    names = [str(data)] if isinstance(data, Path) else [str(name) for name in data]
    where = ["-o", str(Path(names[0]).parent / run), *SMALL]
    return run_command_line(["train", "cnn", "--task", "classes", *names, *where, *words])


def config(genres, run="run"):
    return checkpoint.read_config(genres.parent / run)


def test_folders_are_classes_and_the_run_says_which(genres):
    assert train(genres) == 0
    assert config(genres)["class_names"] == ["jazz", "pop"] and config(genres)["model"]["outputs"] == 2
    assert config(genres)["data"] == {"train": 8, "validation": 1} and config(genres)["task"] == "classes"
    scores = checkpoint.read_log(genres.parent / "run")[-1]
    assert {"loss", "accuracy", "balanced_accuracy"} <= scores.keys()
    assert train(genres, "--steps", "2", "--set", "watch=balanced_accuracy", run="watched") == 0
    assert train(genres, "--steps", "2") == 0  # resumed
    assert checkpoint.read_resume(genres.parent / "run")[1]["step"] == 2


def test_a_table_says_classes_instead_of_folders(genres):
    files = [path.relative_to(genres) for path in sorted(genres.rglob("*.mid"))]
    lines = [f"{file}\t{'even' if row % 2 else 'odd'}\n" for row, file in enumerate(files)]
    (genres / "table.tsv").write_text("".join(lines))
    assert train(genres / "table.tsv", "-o", str(genres.parent / "run")) == 0
    assert config(genres)["class_names"] == ["even", "odd"]


def test_files_of_one_folder_have_no_class(genres, capsys):
    assert train(genres / "pop") == 65
    assert "it lies in no folder of a class" in capsys.readouterr().err.splitlines()[0]


def test_one_class_in_a_table_is_refused(genres, capsys):
    (genres / "table.tsv").write_text("".join(f"pop/pop{row}.mid\tpop\n" for row in range(4)))
    assert train(genres / "table.tsv") == 65
    assert "all performances are of one class, 'pop'" in capsys.readouterr().err


def test_an_empty_folder_is_named_and_files_that_cannot_be_read_are_left_out(genres, capsys):
    (genres / "folk").mkdir()
    (genres / "pop" / "bad.mid").write_bytes(b"no music")
    (genres / "alone.mid").write_bytes((genres / "pop" / "pop0.mid").read_bytes())
    assert train(genres) == 65
    text = capsys.readouterr().err
    assert "note: the folder 'folk' has no file to learn from" in text
    assert "bad.mid': not a MIDI file" in text and "alone.mid': it lies in no folder of a class" in text
    assert "left out 2 files that cannot be used" in text
    assert config(genres)["class_names"] == ["jazz", "pop"]


def root(folder, rows):
    """Write a MAESTRO root: name, composer, title and split of each performance."""
    corpora.write_takes(folder, count=len(rows), notes=12)
    lines = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    lines += [f"{composer},{title},{split},2004,{row}.mid,{row}.wav,3" for row, (composer, title, split) in
              enumerate(rows)]  # fmt: skip
    (folder / "maestro-v3.0.0.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_pieces_in_two_parts_and_arrangements_are_left_out_and_named(tmp_path, capsys):
    rows = [("Bach", "Fugue", "train"), ("Bach", "Gigue", "train"), ("Liszt", "Etude", "train"),
            ("Bach / Liszt", "Prelude", "train"), ("Haydn", "Sonata", "train"), ("Haydn", "Trio", "train"),
            ("Bach", "Fugue", "validation"), ("Bach", "Aria", "validation"), ("Liszt", "Waltz", "validation"),
            ("Satie", "Gnossienne", "validation")]  # fmt: skip
    assert train(root(tmp_path / "root", rows)) == 0
    text = capsys.readouterr().err
    assert "note: in two parts, and so not validated on: Bach: Fugue" in text
    assert "note: arrangements left out: Bach / Liszt" in text
    assert "note: no performance to validate on: Haydn" in text
    assert "note: no performance to learn from: Satie" in text
    assert config(tmp_path / "root")["data"] == {"train": 5, "validation": 2}
    assert train(tmp_path / "root", "--set", "classes=2", run="two") == 0
    assert config(tmp_path / "root", "two")["class_names"] == ["Bach", "Haydn"]


def test_only_a_model_of_the_same_classes_can_be_fine_tuned(genres, capsys):
    assert train(genres) == 0
    assert train(genres, "--init", str(genres.parent / "run"), run="again") == 0
    (genres / "jazz").rename(genres / "folk")
    assert train(genres, "--init", str(genres.parent / "run"), run="other") == 65
    assert "was trained for other classes" in capsys.readouterr().err
    assert train(genres, "--init", "transcription", run="third") == 2
    assert "was trained for transcription, not classes" in capsys.readouterr().err


def performance(pitch, seconds=60.0):
    onset = np.arange(0, seconds, 0.5)
    count = len(onset)
    return TimedNotes(onset, onset + 0.4, np.full(count, pitch), np.full(count, 64))


def test_rare_classes_are_heard_as_often_as_frequent_ones_and_batches_repeat():
    many, one = [performance(40)] * 9, [performance(80)]
    data = ClassData({"low": many, "high": one}, {"low": many, "high": one}, ClassOptions(batch=200), seed=3)
    batch = data.batch(0, 0)
    assert batch["rolls"].shape == (200, 2, 400, 88)
    assert 0.35 < batch["target"].float().mean() < 0.65
    assert all((batch[name] == data.batch(0, 0)[name]).all() for name in batch)
    assert not (batch["rolls"] == data.batch(0, 1)["rolls"]).all()


def test_validation_weighs_classes_equally_and_changes_nothing():
    many, one = [performance(40)] * 9, [performance(80)]
    data = ClassData({"low": many, "high": one}, {"low": many, "high": one}, ClassOptions(batch=16))
    batches = list(data.validation())
    assert len(batches) == data.validation_batches() == 3  # four excerpts of each of ten
    weight = np.concatenate([batch["weight"] for batch in batches])
    target = np.concatenate([batch["target"] for batch in batches])
    assert np.isclose(weight[target == 0].sum(), weight[target == 1].sum())
    low = batches[0]["rolls"][0]
    assert low[0].any(dim=0).nonzero().flatten().tolist() == [40 - 21]
