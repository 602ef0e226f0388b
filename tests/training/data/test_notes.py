"""Excerpts of notes show every note about once an epoch, varied; trainings on them resume exactly and go well."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.errors import UsageError
from maestrokit.files import checkpoint
from maestrokit.files.cache.tokens import TokenShard
from maestrokit.music.encodings.events import Encoding, encode_notes
from maestrokit.music.encodings.notes import END
from maestrokit.music.encodings.step_notes import reconciled
from maestrokit.training.data.events import EventOptions
from maestrokit.training.data.notes import NoteSequenceData
from maestrokit.training.device import DistributedContext
from maestrokit.training.run import TrainingSpec, train

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).parents[1] / "corpora.py")
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

ENCODING = Encoding()
PLAIN = {"transpose": 0, "stretch": 0.0, "velocity_shift": 0}
SMALL = {"encoding": "notes", "width": "8", "layers": "1", "batch": "2", "length": "8", "warmup_steps": "0",
         "validate_every": "3", "validation_tokens": "32"}  # fmt: skip


def shard(*counts):
    """Return pieces whose notes have velocity bins that count up, each piece at its own pitch."""
    tokens = []
    for piece, count in enumerate(counts):
        step = np.arange(count)
        notes = reconciled(10 * step, 10 * step + 8, np.full(count, 40 + piece), step % 32)
        tokens.append(encode_notes(notes, ENCODING))
    return TokenShard(np.concatenate(tokens), np.cumsum([0, *map(len, tokens)]), [])


def data(counts, held_out=(20,), **options):
    options = EventOptions(encoding="notes", **{"velocity_shift": 0, **options})
    return NoteSequenceData(shard(*counts), shard(*held_out), options)


def batches(source, epoch):
    return [source.batch(epoch, index) for index in range(source.batches(epoch))]


def test_an_epoch_shows_every_note_once_or_twice_and_each_end_once():
    counts = (100, 37, 5, 1, 64)
    source = data(counts, batch=1, length=16, **PLAIN)
    for epoch in range(3):
        seen = np.zeros((5, 32), np.int64)
        for batch in batches(source, epoch):
            shown = (batch["weight"] > 0) & batch["next_is_note"]
            np.add.at(seen, (batch["next_pitch"][shown] - 19, batch["next_velocity"][shown]), 1)
        once = np.array([[len(range(step, count, 32)) for step in range(32)] for count in counts])
        assert np.all(seen >= once) and np.all(seen <= 2 * once)
        assert seen.sum() < 1.5 * once.sum()
        ends = sum(int(((b["next_time"] == END) & (b["weight"] > 0)).sum()) for b in batches(source, epoch))
        assert ends == 5


def test_excerpts_are_of_one_piece_and_no_longer_than_asked():
    for batch in batches(data((100, 37, 5), batch=4, length=16, **PLAIN), 0):
        assert batch["weight"].shape[1] <= 16
        for pitch, weight, is_note in zip(batch["next_pitch"], batch["weight"], batch["next_is_note"], strict=True):
            assert len(set(pitch[(weight > 0) & is_note].tolist())) <= 1


def test_a_batch_is_the_same_whenever_it_is_made_and_another_in_each_epoch():
    first, second = (data((100, 80), batch=2, length=16) for _ in range(2))
    second.batch(1, 0)
    batch, other, later = first.batch(0, 1), second.batch(0, 1), first.batch(1, 1)
    assert all(torch.equal(batch[name], other[name]) for name in batch)
    assert any(batch[name].shape != later[name].shape or not torch.equal(batch[name], later[name]) for name in batch)


def test_variation_moves_keys_velocities_and_times():
    source = data((400,), batch=1, length=32, transpose=3, stretch=0.05, velocity_shift=2)
    found = batches(source, 0)
    pitches = {int(pitch) for batch in found for pitch in batch["next_pitch"][batch["next_is_note"]]}
    assert pitches <= set(range(40 - 21 - 3, 40 - 21 + 4)) and len(pitches) > 2
    times = {int(time) for batch in found for time in batch["next_time"][batch["next_is_note"]][1:]}
    assert times <= {0, 9, 10, 11} and len(times) > 1


def test_validation_is_unvaried_and_always_the_same():
    source = data((20,), held_out=(50, 30), batch=2, length=16, transpose=3, validation_tokens=64)
    first, again = list(source.validation()), list(source.validation())
    for batch, other in zip(first, again, strict=True):
        assert all(torch.equal(batch[name], other[name]) for name in batch)
    assert {int(p) for b in first for p in b["next_pitch"][b["next_is_note"] & (b["weight"] > 0)]} == {19, 20}


@pytest.mark.parametrize("tokens", [1, 16, 40, 10_000])
def test_as_many_batches_are_validated_on_as_are_counted(tokens):
    source = data((20,), held_out=(20, 33, 7), batch=2, length=8, validation_tokens=tokens)
    assert source.validation_batches() == len(list(source.validation())) >= 1


def test_pieces_without_notes_are_nothing_to_learn_from():
    with pytest.raises(UsageError, match="no notes"):
        data((0, 0), batch=1, length=8)


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    return corpora.write_takes(tmp_path_factory.mktemp("corpus") / "takes")


def trained(takes, folder, family="transformer", *, init=None, **settings):
    sizes = {"heads": "2", "hidden": "12"} if family == "transformer" else {}
    order = TrainingSpec(family, "", [str(takes)], folder, {**SMALL, **sizes, **settings}, init, takes.parent / "cache")
    return train(order, context=DistributedContext(torch.device("cpu")), warn=lambda sentence: None)


@pytest.mark.parametrize("family", ["transformer", "lstm"])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_training_that_stopped_goes_on_as_if_it_had_not(family, optimizer, takes, tmp_path):
    words = {"optimizer": optimizer, "ema_decay": "0.9", "dropout": "0.1"}
    trained(takes, tmp_path / "whole", family, steps="6", cooldown="0.5", final_rate="1", **words)
    trained(takes, tmp_path / "parts", family, steps="3", cooldown="0.5", final_rate="1", **words)
    trained(takes, tmp_path / "parts", family, steps="6", cooldown="0.5", final_rate="1", **words)
    (whole, _), (parts, _) = (checkpoint.read_resume(tmp_path / name) for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_the_log_has_every_factor_and_they_add_up(takes, tmp_path):
    trained(takes, tmp_path / "run", steps="3", log_every="1")
    for record in checkpoint.read_log(tmp_path / "run"):
        assert record["loss"] == pytest.approx(sum(record[f] for f in ("time", "pitch", "velocity", "duration")))
        assert "accuracy" in record or record["part"] == "train"


def test_a_model_learns_takes_that_repeat_themselves(takes, tmp_path):
    trained(takes, tmp_path / "run", steps="40", width="32", learning_rate="0.01", optimizer="muon", log_every="5")
    losses = [r["loss"] for r in checkpoint.read_log(tmp_path / "run") if r["part"] == "train"]
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.parametrize("count", [2, 10])
def test_a_few_short_files_are_enough(count, tmp_path):
    takes = corpora.write_takes(tmp_path / "takes", count=count, notes=4)
    assert trained(takes, tmp_path / "run", length="1024", batch="8", steps="2").reason == "steps"


def test_products_in_bfloat16_train_as_well(takes, tmp_path):
    trained(takes, tmp_path / "run", steps="6", precision="bfloat16", optimizer="muon")
    assert checkpoint.read_log(tmp_path / "run")[-1]["loss"] > 0


def test_events_and_notes_are_different_trainings(takes, tmp_path):
    trained(takes, tmp_path / "run", "lstm", steps="1")
    with pytest.raises(UsageError, match=r"a training with .*encoding notes, not events"):
        trained(takes, tmp_path / "run", "lstm", steps="2", encoding="events")
    with pytest.raises(UsageError, match="reads notes"):
        trained(takes, tmp_path / "other", "lstm", steps="1", encoding="events", init=tmp_path / "run")


@pytest.mark.parametrize("settings", [{"encoding": "remi"}, {"pedal_events": "true"}])
def test_encodings_that_there_are_not_are_refused(settings, takes, tmp_path):
    with pytest.raises(UsageError):
        trained(takes, tmp_path / "run", steps="1", **settings)
