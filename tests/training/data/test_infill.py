"""Excerpts with their last notes first hold the same notes, and these say nothing of the gap before them."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.errors import UsageError
from maestrokit.files import checkpoint
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import NoteInputs, excerpt, with_notes_after
from maestrokit.training.data.events import EventOptions
from maestrokit.training.data.notes import NoteSequenceData

_spec = importlib.util.spec_from_file_location("sequences", Path(__file__).with_name("test_notes.py"))
sequences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sequences)
trained, shard, batches = sequences.trained, sequences.shard, sequences.batches
FACTORS = ("pitch", "velocity", "duration")


def data(share, counts=(60,) * 30):
    options = EventOptions(encoding="notes", batch=2, length=40, infill_share=share, **sequences.PLAIN)
    source = NoteSequenceData(shard(*counts), shard(40), options)
    source.has_infill = True
    return source


def test_moved_notes_come_first_and_every_note_stays():
    plain, moved = data(0.0), data(1.0)
    for before, after in zip(batches(plain, 0), batches(moved, 0), strict=True):
        for row, count in enumerate(after["is_after"].sum(1).tolist()):
            length = int(before["weight"][row].sum())
            assert 1 <= count <= length // 4
            for name in FACTORS:
                assert torch.equal(after[name][row, :length].roll(-count), before[name][row, :length])
            for name in ("onset", "next_pitch", "next_time", "next_groups"):
                assert torch.equal(after[name][row, :length].roll(-count, 0), before[name][row, :length])
            assert torch.equal(after["keys"][row, count:length], before["keys"][row, : length - count])


def test_moved_notes_are_not_predicted_and_all_others_are():
    for batch in batches(data(1.0), 0):
        assert not batch["weight"][batch["is_after"]].any()
        assert (batch["weight"] + batch["is_after"] <= 1).all()
    for before, after in zip(batches(data(0.0), 0), batches(data(1.0), 0), strict=True):
        assert torch.equal(before["weight"].sum(1), after["weight"].sum(1) + after["is_after"].sum(1))


def test_as_many_excerpts_as_the_share_says():
    shares = [batch["is_after"].any(1) for batch in batches(data(0.3), 0)]
    assert torch.cat(shares).double().mean().item() == pytest.approx(0.3, abs=0.12)


def test_notes_after_a_gap_say_nothing_of_it():
    encoding, generator = Encoding(), np.random.default_rng(0)
    onset = generator.integers(0, 20, 50).cumsum()
    pitch, velocity_bin = generator.integers(21, 109, 50), generator.integers(0, 32, 50)
    part = sequences.reconciled(onset, onset + 30, pitch, velocity_bin)
    inputs, _ = excerpt(part, 0, 10, encoding)
    after = part.select(slice(len(part.pitch) - 5, None))
    context = with_notes_after(inputs, after, encoding)
    assert np.array_equal(context.onset[:5], after.onset)
    again = with_notes_after(NoteInputs(*(column[:0] for column in inputs)), after, encoding)
    assert all(np.array_equal(column[:5], other) for column, other in zip(context, again, strict=True))
    later = after._replace(onset=after.onset + 7, offset=after.offset + 7)
    moved = with_notes_after(inputs, later, encoding)  # only their onsets say how far away they are
    same = {name for name in NoteInputs._fields if np.array_equal(getattr(context, name), getattr(moved, name))}
    assert same == set(NoteInputs._fields) - {"onset"}


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    return sequences.corpora.write_takes(tmp_path_factory.mktemp("corpus") / "takes")


@pytest.mark.parametrize("family", ["transformer", "lstm"])
def test_infill_that_init_adds_leaves_the_likelihood_as_it_was(family, takes, tmp_path):
    trained(takes, tmp_path / "first", family, steps="2", infill="false")
    trained(
        takes, tmp_path / "second", family, init=tmp_path / "first", infill="true", steps="1", learning_rate="1e-12"
    )
    trained(takes, tmp_path / "third", family, init=tmp_path / "first", steps="1")
    before, after = (checkpoint.read_log(tmp_path / name)[-1] for name in ("first", "second"))
    assert after["loss"] == pytest.approx(before["loss"], rel=1e-6)
    models = [checkpoint.read_config(tmp_path / name)["model"]["infill"] for name in ("first", "second", "third")]
    assert models == [False, True, False]


def test_models_of_notes_learn_it_and_those_of_events_cannot():
    assert EventOptions(encoding="notes").infill and not EventOptions(encoding="events").infill
    with pytest.raises(UsageError, match="models of events fill no gaps"):
        EventOptions(encoding="events", infill=True)
