"""The task of style: which files are of which set, what is refused, exact resumption, and what batches hold."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.cli.main import run_command_line
from maestrokit.files import checkpoint
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.training.data.style import StyleData, StyleOptions, spread_segments

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).parents[1] / "corpora.py")
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

SMALL = ("--batch", "2", "--set", "channels=2", "--set", "depth=1", "--set", "discriminator_channels=2",
         "--set", "pool=3", "--set", "validation_segments=4", "--set", "save_every=0")  # fmt: skip


@pytest.fixture
def sets(tmp_path):
    """Two folders of three performances each."""
    for name, lowest in (("Jazz", 60), ("Pop", 48)):
        corpora.write_takes(tmp_path / name, count=3, notes=60, lowest=lowest)
    return tmp_path


def train(place, *words, run="run", data=("Jazz", "Pop"), steps=2):
    names = [str(place / name) for name in data]
    where = ["-o", str(place / run), "--cache", str(place / "cache"), "--steps", str(steps), "--device", "cpu"]
    return run_command_line(["train", "gan", "--task", "style", *names, *where, *SMALL, *words])


def state(place, run):
    return checkpoint.read_resume(place / run)[0]


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def write_root(folder, rows):
    """Write a MAESTRO root of performances, each a composer, a title and a part."""
    corpora.write_takes(folder, count=len(rows), notes=60)
    lines = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    lines += [f"{composer},{title},{split},2004,{row}.mid,{row}.wav,12"
              for row, (composer, title, split) in enumerate(rows)]  # fmt: skip
    (folder / "maestro-v3.0.0.csv").write_text("\n".join(lines) + "\n")


def test_two_folders_are_the_sets_and_the_log_says_how_both_players_do(sets):
    assert train(sets) == 0
    config = checkpoint.read_config(sets / "run")
    assert config["styles"] == ["jazz", "pop"] and config["data"] == {"train": 2, "validation": 2}
    scores = checkpoint.read_log(sets / "run")[-1]
    expected = {"loss", "frechet", "content", "spread", "nearest", "accuracy_real", "accuracy_generated"}
    assert expected <= scores.keys()


@pytest.mark.parametrize("settings", [(), ("--set", "objective=hinge", "--set", "penalty=0"),
                                      ("--set", "reconstruction=mse", "--set", "ema_decay=0.9")])  # fmt: skip
def test_what_is_resumed_is_exactly_what_was_never_stopped(sets, settings):
    """Both players with their optimizers, and the earlier segments that are shown again."""
    constant = ("--set", "cooldown=0.0001", *settings)  # a rate that does not depend on the number of steps
    assert train(sets, *constant, run="whole", steps=6) == 0
    assert train(sets, *constant, run="cut", steps=4) == 0
    assert train(sets, *constant, run="cut", steps=6) == 0
    undisturbed, cut = state(sets, "whole"), state(sets, "cut")
    assert {name.split(".")[1] for name in undisturbed if name.startswith("optimizer.")} == {
        "generator",
        "discriminator",
    }
    assert undisturbed["carry.first"].shape[1] == 3
    assert same(undisturbed, cut)


def test_a_part_learns_alone_while_the_other_player_stands_still(sets):
    assert train(sets, run="whole", steps=1) == 0
    only = ("--init", str(sets / "whole"), "--set", "train_only=to_second")
    assert train(sets, *only, run="part", steps=1) == 0
    before, after = (checkpoint.read_weights(sets / run) for run in ("whole", "part"))
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"to_second"}


def test_conditions_choose_the_sets_without_accents_and_arrangements(sets, capfd):
    rows = [("Frédéric Chopin", "a", "train"), ("Frédéric Chopin", "b", "validation"),
            ("Frédéric Chopin / Liszt", "c", "train"), ("Bach", "d", "train"), ("Bach", "e", "train")]  # fmt: skip
    write_root(sets / "root", rows)
    chosen = ("--from", "composer=frederic", "--to", "composer=BACH")
    assert train(sets, *chosen, data=["root"]) == 0
    config = checkpoint.read_config(sets / "run")
    assert config["styles"] == ["frederic", "bach"] and config["data"] == {"train": 2, "validation": 2}
    for words, said in {
        ("--from", "composer=Bach"): "--to is missing",
        ("--to", "composer=Bach"): "--from is missing",
        ("--from", "composer=Bach", "--to", "composer=bach"): "the two sets are equal",
        ("--from", "composer=Bach", "--to", "title=d"): "both sets have",
        ("--from", "composer=Bach", "--to", "composer=Satie"): "no performance of 'composer=Satie'",
        ("--from", "composer=Bach", "--to", "Chopin"): "--to must be COLUMN=TEXT, not 'Chopin'",
    }.items():
        capfd.readouterr()
        assert train(sets, *words, data=["root"], run="other") != 0
        error = capfd.readouterr().err.splitlines()
        assert len(error) == 2 and said in error[0], error


def test_sets_that_are_no_two_are_refused_in_a_line(sets, capfd):
    corpora.write_takes(sets / "One", count=1, lowest=72)
    corpora.write_takes(sets / "other" / "Pop", count=2)
    corpora.write_takes(sets / "Copies", count=4, notes=60)
    for data, said in {
        ("Jazz",): "no sets",
        ("Jazz", "Jazz"): "the two sets are one folder",
        ("Jazz", "One"): "the set 'one' is too small",
        ("Pop", "other/Pop"): "the data are 1 sets (Pop)",
        ("Jazz", "Pop", "One"): "3 sets (Jazz, Pop, One)",
        ("Jazz", "Copies"): "have the same notes, and are in different sets; 3 in all",
    }.items():
        assert train(sets, data=data) in (2, 65)
        error = capfd.readouterr().err.splitlines()
        assert len(error) == 2 and said in error[0], error


def test_a_table_says_the_sets_and_their_parts(sets):
    files = [f"{name}/{row}.mid\t{name}\t{part}\n" for name in ("Jazz", "Pop")
             for row, part in enumerate(("train", "validation", "test"))]  # fmt: skip
    (sets / "sets.tsv").write_text("file\tclass\tsplit\n" + "".join(files))
    assert train(sets, data=["sets.tsv"]) == 0
    config = checkpoint.read_config(sets / "run")
    assert config["styles"] == ["jazz", "pop"] and config["data"] == {"train": 2, "validation": 2}


def notes_at(onset, pitch=60):
    onset = np.asarray(onset, np.float64)
    count = len(onset)
    return TimedNotes(onset, onset + 0.15, np.full(count, pitch), np.full(count, 127))


def test_batches_come_from_seed_epoch_and_index_and_keep_the_sets_apart():
    sets = [[notes_at(np.arange(100) * 0.25)], [notes_at(np.arange(100) * 0.5, pitch=72)]]
    data = StyleData(sets, sets, StyleOptions(transpose=0, stretch=0.0, batch=3), seed=5)
    batch, again = data.batch(1, 2), data.batch(1, 2)
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    assert not torch.equal(batch["first"], data.batch(1, 3)["first"])
    assert batch["first"].shape == (3, 3, 64, 88)
    assert batch["first"][:, 0].sum(dim=(0, 1)).nonzero().flatten().tolist() == [60 - 21]
    assert batch["second"][:, 0].sum(dim=(0, 1)).nonzero().flatten().tolist() == [72 - 21]
    keys = StyleData(sets, sets, StyleOptions(transpose=6, batch=60), seed=5).batch(0, 0)["first"][:, 0]
    assert set(keys.sum(dim=(0, 1)).nonzero().flatten().tolist()) == {39 + shift for shift in range(-6, 7)}


def test_segments_to_validate_on_are_spread_over_all_performances():
    segments = spread_segments([notes_at(np.arange(61) * 0.5), notes_at([0.0], pitch=72)], 5)
    counts = [(int(segment[0, :, 60 - 21].sum()), int(segment[0, :, 72 - 21].sum())) for segment in segments]
    assert [high for _, high in counts] == [0, 0, 0, 0, 1] and all(low in (12, 13) for low, _ in counts[:4])
