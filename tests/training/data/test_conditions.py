"""Excerpts have their own conditions, at times fewer, and classes keep their names from training to training."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.errors import UsageError
from maestrokit.files import checkpoint
from maestrokit.music.encodings.conditions import SCALES
from maestrokit.training.data.events import EventOptions
from maestrokit.training.data.notes import NoteSequenceData, frequent

_spec = importlib.util.spec_from_file_location("sequences", Path(__file__).with_name("test_notes.py"))
sequences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sequences)
trained, shard, batches = sequences.trained, sequences.shard, sequences.batches
ALL = ("composer", "density", "loudness")
WHOLE = {"condition_dropout": 0.0, "unconditioned": 0.0}
COMPOSERS = ["Bach", "Ravel", "Bach", ""]


def data(counts=(60, 60, 60, 60), *, labels=COMPOSERS, conditions=ALL, **options):
    options = EventOptions(encoding="notes", batch=1, length=40, class_minimum=2, **{**sequences.PLAIN, **options})
    source = NoteSequenceData(shard(*counts), shard(40), options, labels={"composer": labels})
    source.condition_on(conditions, {})
    return source


def test_an_excerpt_has_the_density_and_loudness_that_it_has():
    for batch in batches(data(**WHOLE), 0):
        is_note = batch["next_is_note"][0] & (batch["weight"][0] > 0)
        velocity = batch["next_velocity"][0][is_note].double().mean() * 4 + 2
        near = SCALES["loudness"][batch["condition_loudness"][0] - 1]
        assert abs(near - float(velocity)) <= 1.1
        assert SCALES["density"][batch["condition_density"][0] - 1] == pytest.approx(10, rel=0.05)  # a note each 100 ms


def test_conditions_follow_the_variation():
    plain, fast = data(**WHOLE), data(**WHOLE, stretch=0.5)
    densities = {int(batch["condition_density"][0]) for batch in batches(fast, 0)}
    assert len({int(batch["condition_density"][0]) for batch in batches(plain, 0)}) == 1 and len(densities) > 1
    soft = (20,) * 4  # velocities that leave room above
    levels = [
        {int(batch["condition_loudness"][0]) for batch in batches(data(soft, **WHOLE, velocity_shift=shift), 0)}
        for shift in (0, 10)
    ]
    assert len(levels[0]) == 1 and len(levels[1]) > 1


def test_an_excerpt_has_the_tempo_of_its_piece_stretched_as_it_is():
    plain, fast = (data(**WHOLE, conditions=("tempo",), stretch=stretch) for stretch in (0.0, 0.5))
    for source in (plain, fast):
        source.tempos = [64.0, 128.0, None, 64.0]
    found = {int(b["next_pitch"][0][0]) - 19: int(b["condition_tempo"][0]) for b in batches(plain, 0)}
    assert found == {0: 9, 1: 17, 2: 0, 3: 9}
    assert len({int(batch["condition_tempo"][0]) for batch in batches(fast, 0)}) > 3


def test_an_excerpt_has_the_class_of_its_piece():
    found = {}
    for batch in batches(data(**WHOLE), 0):
        found[int(batch["next_pitch"][0][0]) - 19] = int(batch["condition_composer"][0])
    assert found == {0: 2, 1: 1, 2: 2, 3: 0}  # Bach, other, Bach, and nothing known


def test_conditions_are_left_out_each_for_itself_and_all_at_times():
    source = data((40,) * 60, labels=["Bach"] * 60, condition_dropout=0.3, unconditioned=0.2)
    has_condition = np.array([[int(batch[f"condition_{name}"][0]) > 0 for name in ALL] for epoch in range(4)
                     for batch in batches(source, epoch)])  # fmt: skip
    assert has_condition.mean(0) == pytest.approx([0.7 * 0.8] * 3, abs=0.1)
    assert 0.15 < (~has_condition).all(1).mean() < 0.35
    assert (has_condition[:, 0] & ~has_condition[:, 1] & has_condition[:, 2]).any() and has_condition.all(1).any()


def test_excerpts_are_the_same_with_conditions_and_without():
    conditioned, unconditioned = data(**WHOLE), data(conditions=())
    for batch, plain in zip(batches(conditioned, 0), batches(unconditioned, 0), strict=True):
        assert all(torch.equal(batch[name], plain[name]) for name in plain)
        assert not any(name.startswith("condition_") for name in plain)


def test_validation_is_unconditional():
    assert not any(name.startswith("condition_") for batch in data(**WHOLE).validation() for name in batch)


def test_only_frequent_classes_have_names():
    assert frequent([str(number) for number in range(100) for _ in range(number)], at_least=40)[:2] == ["other", "40"]
    assert len(frequent([str(number) for number in range(100)], at_least=1)) == 64


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A MAESTRO root of two composers."""
    folder = tmp_path_factory.mktemp("maestro") / "root"
    takes = sequences.corpora.write_takes(folder.parent / "takes", count=7)
    (folder / "2004").mkdir(parents=True)
    rows = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    for number in range(7):
        shutil.copy(takes / f"{number}.mid", folder / "2004")
        split, composer = ("train", "validation")[number == 6], ("Bach", "Ravel")[number % 2]
        rows.append(f"{composer},take {number},{split},2004,2004/{number}.mid,2004/{number}.wav,8")
    (folder / "maestro-v3.0.0.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.mark.parametrize("family", ["transformer", "lstm"])
def test_conditions_that_init_adds_leave_the_likelihood_as_it_was(family, root, tmp_path):
    trained(root, tmp_path / "first", family, steps="2", conditions="")
    trained(root, tmp_path / "second", family, init=tmp_path / "first", conditions="composer,density,loudness",
            class_minimum="2", steps="1", learning_rate="1e-12")  # fmt: skip
    before, after = (checkpoint.read_log(tmp_path / name)[-1] for name in ("first", "second"))
    assert after["loss"] == pytest.approx(before["loss"], rel=1e-6)
    config = checkpoint.read_config(tmp_path / "second")
    assert config["classes"] == {"composer": ["other", "Bach", "Ravel"]}
    assert config["model"]["conditions"] == "composer,density,loudness"


def test_a_table_gives_composers_and_loose_files_do_not(root, tmp_path):
    trained(root, tmp_path / "table", steps="1")
    trained(root / "2004", tmp_path / "inside", steps="1")
    loose = sequences.corpora.write_takes(tmp_path / "loose")
    trained(loose, tmp_path / "none", steps="1")
    found = [checkpoint.read_config(tmp_path / name)["model"]["conditions"] for name in ("table", "inside", "none")]
    assert found == ["composer,density,loudness"] * 2 + ["density,loudness"]
    with pytest.raises(UsageError, match="no file has a composer"):
        trained(loose, tmp_path / "other", steps="1", conditions="composer")


def test_a_model_keeps_its_conditions_and_the_names_of_its_classes(root, tmp_path):
    trained(root, tmp_path / "first", steps="1", class_minimum="1")
    loose = sequences.corpora.write_takes(tmp_path / "loose")
    trained(loose, tmp_path / "second", init=tmp_path / "first", steps="1")
    first, second = (checkpoint.read_config(tmp_path / name) for name in ("first", "second"))
    assert first["classes"] == second["classes"] == {"composer": ["other", "Bach", "Ravel"]}
    assert first["model"] == second["model"]


def test_any_column_gives_classes(root, tmp_path):
    trained(root, tmp_path / "run", steps="1", conditions="year", class_minimum="2")
    assert checkpoint.read_config(tmp_path / "run")["classes"] == {"year": ["other", "2004"]}


@pytest.mark.parametrize(("conditions", "fact"), [("tempi", "no condition 'tempi'"), ("density,density", "one twice")])
def test_conditions_that_there_are_not_are_refused(conditions, fact):
    with pytest.raises(UsageError, match=fact):
        EventOptions(encoding="notes", conditions=conditions)


def test_models_of_events_have_no_conditions():
    with pytest.raises(UsageError, match="models of events have no conditions"):
        EventOptions(encoding="events", conditions="density")
