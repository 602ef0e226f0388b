"""The task of classes: which files are of which class and part, what is left out and said, and what batches hold."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.cli.main import run_command_line
from maestrokit.files import checkpoint
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.training.data.classes.batches import ClassData, ClassOptions
from maestrokit.training.data.classes.performances import RollExcerpts, with_masks
from maestrokit.training.task import find_corpus
from maestrokit.training.tasks import classes

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).parents[1] / "corpora.py")
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
    assert config(genres)["class_names"] == ["jazz", "pop", "unknown"] and config(genres)["model"]["outputs"] == 3
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
    assert config(genres)["class_names"] == ["even", "odd", "unknown"]


def test_a_table_says_the_parts_and_what_is_of_no_class(genres):
    files = sorted(genres.rglob("*.mid"))
    parts = ["train", "train", "validation", "test", "train"] * 2
    names = ["jazz"] * 4 + ["unknown"] + ["pop"] * 4 + ["unknown"]
    rows = [f"{file.relative_to(genres)}\t{name}\t{part}\n" for file, name, part in
            zip(files, names, parts, strict=True)]  # fmt: skip
    (genres / "table.tsv").write_text("file\tclass\tsplit\n" + "".join(rows))
    assert train(genres / "table.tsv", "-o", str(genres.parent / "run")) == 0
    assert config(genres)["class_names"] == ["jazz", "pop", "unknown"]
    assert config(genres)["data"] == {"train": 4, "validation": 2}
    corpus = find_corpus([str(genres / "table.tsv")], classes, cache=Path())
    data = classes.prepare(corpus, ClassOptions(unknown=0.9, batch=400), family="cnn").data
    excerpts = data.batch(0, 0)
    of_none = excerpts["excerpts"][excerpts["target"] == 2][:, 0]
    assert 0.8 < len(of_none) / 400 < 0.97
    assert len(of_none[of_none.sum(dim=(1, 2)) > 0]) > 0.95 * len(of_none)


def test_files_of_one_folder_have_no_class(genres, capsys):
    assert train(genres / "pop") == 65
    assert "it lies in no folder of a class" in capsys.readouterr().err.splitlines()[0]


def test_one_class_in_a_table_is_refused(genres, capsys):
    (genres / "table.tsv").write_text("".join(f"pop/pop{row}.mid\tpop\n" for row in range(4)))
    assert train(genres / "table.tsv") == 65
    assert "all files are of one class, 'pop'" in capsys.readouterr().err


def test_an_empty_folder_is_named_and_files_that_cannot_be_read_are_left_out(genres, capsys):
    (genres / "folk").mkdir()
    (genres / "pop" / "bad.mid").write_bytes(b"no music")
    (genres / "alone.mid").write_bytes((genres / "pop" / "pop0.mid").read_bytes())
    assert train(genres) == 65
    text = capsys.readouterr().err
    assert "note: the folder 'folk' has no file to learn from" in text
    assert "bad.mid': not a MIDI file" in text and "alone.mid': it lies in no folder of a class" in text
    assert "left out 2 files that cannot be used" in text
    assert config(genres)["class_names"] == ["jazz", "pop", "unknown"]


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
    assert "note: nothing to validate on: Haydn" in text
    assert "note: nothing to learn from: Satie" in text
    assert config(tmp_path / "root")["data"] == {"train": 5, "validation": 2}
    assert train(tmp_path / "root", "--set", "classes=2", run="two") == 0
    assert config(tmp_path / "root", "two")["class_names"] == ["Bach", "Haydn", "unknown"]


def test_a_model_of_other_classes_lends_all_but_its_last_layer(genres, capsys):
    assert train(genres) == 0
    slow = ["--init", str(genres.parent / "run"), "--learning-rate", "1e-9"]
    assert train(genres, *slow, run="again") == 0
    (genres / "jazz").rename(genres / "folk")
    assert train(genres, *slow, run="other") == 0
    assert config(genres, "other")["class_names"] == ["folk", "pop", "unknown"]
    first, same, other = (checkpoint.read_weights(genres.parent / run) for run in ("run", "again", "other"))
    for name in ("members.0.stem.weight", "heads.0.weight"):
        assert torch.allclose(first[name], same[name], atol=1e-5)
        assert torch.allclose(first[name], other[name], atol=1e-5) == name.startswith("members")
    assert train(genres, "--init", "transcription", run="third") == 2
    assert "was trained for transcription, not classes" in capsys.readouterr().err


def performance(pitch, seconds=60.0):
    onset = np.arange(0, seconds, 0.5)
    count = len(onset)
    return TimedNotes(onset, onset + 0.4, np.full(count, pitch), np.full(count, 64))


def test_rare_classes_are_heard_as_often_as_frequent_ones_and_batches_repeat():
    many, single = [performance(40)] * 9, [performance(80)]
    data = ClassData({"low": many, "high": single}, {"low": many, "high": single}, ClassOptions(batch=200), seed=3)
    batch = data.batch(0, 0)
    assert batch["excerpts"].shape == (200, 2, 400, 88)
    assert 0.35 < batch["target"].float().mean() < 0.65
    assert all((batch[name] == data.batch(0, 0)[name]).all() for name in batch)
    assert not (batch["excerpts"] == data.batch(0, 1)["excerpts"]).all()


def test_without_unknown_there_is_no_such_class(genres):
    assert train(genres, "--set", "unknown=0") == 0
    assert config(genres)["class_names"] == ["jazz", "pop"] and config(genres)["model"]["outputs"] == 2


def test_excerpts_of_no_class_are_random_and_shuffled_notes_where_no_performance_is_of_none():
    low, high = [performance(40)], [performance(80)]
    data = ClassData({"low": low, "high": high}, {}, ClassOptions(batch=300, unknown=0.5, transpose=0))
    batch = data.batch(0, 0)
    pitches = [set(roll[0].any(dim=0).nonzero().flatten().tolist()) for roll in batch["excerpts"]]
    is_known = batch["target"] < 2
    assert 0.35 < is_known.float().mean() < 0.65
    assert all(keys <= {19, 59} for keys, known in zip(pitches, is_known, strict=True) if known)
    assert sum(len(keys) > 1 for keys, known in zip(pitches, is_known, strict=True) if not known) > 60


def test_excerpts_are_varied_within_their_bounds():
    notes, generator = performance(60), np.random.default_rng(2)
    same = RollExcerpts().sample(notes, np.random.default_rng(2))
    assert same[0].max() == pytest.approx(64 / 127) and same[0].astype(bool).sum() >= 39
    keys, velocities, counts = set(), set(), set()
    for _ in range(60):
        roll = RollExcerpts(transpose=2, loudness=0.2, dropped=0.5).sample(notes, generator)
        keys |= set(np.flatnonzero(roll[0].any(axis=0)) + 21)
        velocities.add(float(roll[0].max()))
        counts.add(int(roll[0].astype(bool).sum()))
    assert keys == {58, 59, 60, 61, 62} and len(velocities) > 20 and min(counts) < 30 and max(counts) >= 39
    even = RollExcerpts(matched=1.0, loudness=0.2).sample(notes, generator)
    assert even[0].astype(bool).sum() > 100  # eight notes a second


def test_masks_silence_spans_of_frames_and_keys_of_all_planes():
    full, generator = np.ones((2, 400, 88), np.float32), np.random.default_rng(4)
    assert with_masks(full.copy(), 0.0, generator).all()
    excerpts = [with_masks(full.copy(), 0.2, generator) for _ in range(40)]
    assert all((excerpt[0] == excerpt[1]).all() for excerpt in excerpts)
    frames = [400 - int(excerpt[0].any(axis=1).sum()) for excerpt in excerpts]
    keys = [88 - int(excerpt[0].any(axis=0).sum()) for excerpt in excerpts]
    assert 80 < max(frames) <= 160 and 17 < max(keys) <= 34
    sampled = [RollExcerpts(masked=0.2).sample(performance(60), generator) for _ in range(30)]
    assert len({int(excerpt[1].any(axis=1).sum()) for excerpt in sampled}) > 3


def test_validation_weighs_classes_equally_and_changes_nothing():
    many, single = [performance(40)] * 9, [performance(80)]
    data = ClassData({"low": many, "high": single}, {"low": many, "high": single}, ClassOptions(batch=16))
    batches = list(data.validation())
    assert len(batches) == data.validation_batches() == 3  # four excerpts of each of ten
    weight = np.concatenate([batch["weight"] for batch in batches])
    target = np.concatenate([batch["target"] for batch in batches])
    assert np.isclose(weight[target == 0].sum(), weight[target == 1].sum())
    low = batches[0]["excerpts"][0]
    assert low[0].any(dim=0).nonzero().flatten().tolist() == [40 - 21]
