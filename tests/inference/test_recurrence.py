"""What recurs in a piece: found note by note as in the whole, a distribution, and part of what a model is asked for."""

import importlib.util
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from maestrokit.errors import BadDataError
from maestrokit.inference import recurrence as recurrences
from maestrokit.inference.note_nats import note_nats, pitch_nats
from maestrokit.inference.notes import NoteRequest, generate_notes
from maestrokit.inference.recurrence import EarlierNotes, Recurrence, Recurring, recurring
from maestrokit.inference.sampling import NoteSampling
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.music.piano_range import KEYS
from maestrokit.music.tokens import Encoding

_spec = importlib.util.spec_from_file_location("notes_of_models", Path(__file__).parent / "test_notes.py")
test_notes = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(test_notes)
EACH, model, notes, saved = test_notes.EACH, test_notes.model, test_notes.notes, test_notes.saved
ENCODING = Encoding()
SHORT = Recurrence(notes=4.0, newest=3, sharpness=20.0, offset=1.0, slope=0.5)
STRONG = Recurrence(notes=4.0, newest=0, sharpness=5.0, offset=3.0, slope=0.1)

RUNS = {"run": {"recurrence": asdict(STRONG)}, "other": {}}


def keys(count, *, period=None, seed=0):
    each = np.random.default_rng(seed).integers(20, 60, count)
    return each if period is None else each[np.arange(count) % period]


def blocked(count, seed=1):
    return np.random.default_rng(seed).random((count, KEYS)) < 0.2


def test_memories_note_by_note_are_those_of_the_whole(monkeypatch):
    monkeypatch.setattr(recurrences, "ROOM", 16)
    pieces, earlier = [keys(100, seed=seed) for seed in range(3)], EarlierNotes(SHORT, 3)
    for number in range(100):
        if number == 50:  # one of the pieces ends
            earlier.keep(np.array([True, False, True]))
            del pieces[1]
        earlier.add(np.full(len(pieces), number), np.array([piece[number] for piece in pieces]))
    for row, piece in enumerate(pieces):
        memories = recurrences._memories(np.append(piece, 0), SHORT.notes)
        cosines = memories[20:90] @ memories[100]
        np.testing.assert_allclose(earlier.cosine(row, slice(20, 90)), cosines, atol=1e-5)
        assert np.array_equal(earlier.keys[row, :100], piece) and cosines.max() > 0.5


def test_a_whole_is_looked_at_in_parts(monkeypatch):
    piece, taken = keys(100), blocked(100)
    whole = recurring(piece, taken, SHORT)
    monkeypatch.setattr(recurrences, "CHUNK", 32)
    for one, other in zip(whole, recurring(piece, taken, SHORT), strict=True):
        np.testing.assert_allclose(np.exp(one), np.exp(other), rtol=1e-3, atol=1e-9)


def test_without_a_recurrence_nothing_is_remembered():
    earlier = EarlierNotes(None, 2)
    earlier.add(np.array([0, 0]), np.array([3, 4]))
    earlier.keep(np.array([True, False]))
    assert earlier.count == 0


def test_what_comes_again_is_expected_and_the_newest_notes_do_not_count():
    piece = keys(80, period=20)
    open_ = np.zeros((80, KEYS), bool)
    again = recurring(piece, open_, SHORT)
    probability = np.exp(again.log_probability[np.arange(80), piece])
    assert probability[30:].min() > 0.8 and again.share[30:].min() > 0.5
    assert (again.share[:4] == 0).all() and (again.share[4:15] < 0.3).all()
    late = recurring(piece, open_, Recurrence(**asdict(SHORT) | {"newest": 40}))
    assert (late.share[:41] == 0).all() and late.share[75] > 0.5


def test_keys_that_cannot_be_struck_do_not_recur_and_the_others_are_a_distribution():
    piece, taken = keys(60), blocked(60)
    again = recurring(piece, taken, SHORT)
    assert np.isneginf(again.log_probability[taken]).all()
    assert np.exp(again.log_probability[10:]).sum(axis=1) == pytest.approx(1.0)
    logits = np.where(taken, -np.inf, np.random.default_rng(2).normal(size=(60, KEYS)))
    mixed = again.mixed(logits)
    assert np.exp(mixed).sum(axis=1) == pytest.approx(1.0) and np.isneginf(mixed[taken]).all()
    own = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    assert np.array_equal(mixed[0], own[0])  # nothing was before
    all_taken = Recurring(np.full((1, KEYS), -np.inf), np.zeros(1)).mixed(own[:1])
    assert np.array_equal(all_taken, own[:1])


@EACH
def test_nats_of_pitches_are_those_of_the_mixture_in_every_window(family):
    made, part = model(family), notes(150)
    key, taken, alone = pitch_nats(made, part, ENCODING)
    again = recurring(key, taken, SHORT)
    with np.errstate(divide="ignore"):
        known = again.log_probability[np.arange(len(key)), key] + np.log(again.share)
    expected = -np.logaddexp(np.log1p(-again.share) - alone, known)
    made.recurrence = SHORT
    assert pitch_nats(made, part, ENCODING)[2] == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert np.abs(expected - alone).max() > 0.05
    length = getattr(made.config, "length", None)
    stride = max(1, (length or 2) // 2)
    with torch.inference_mode():
        sums = note_nats(made, part, ENCODING, length=length, stride=stride, batch=3)
    assert sums.factors[1] == pytest.approx(expected.sum(), rel=1e-3)


@EACH
def test_generation_does_not_trust_what_recurs(family, tmp_path):
    folders = [saved(tmp_path / name, model(family), family, **more) for name, more in RUNS.items()]
    made, alone = (load_event_model(str(folder)).model for folder in folders)
    assert made.recurrence == STRONG and alone.recurrence is None
    request = NoteRequest(400, gap=test_notes.UNCUT)
    many, others = (
        generate_notes(each, ENCODING, request, sampling=NoteSampling(), count=4, seed=3) for each in (made, alone)
    )
    assert all(np.array_equal(*parts) for pair in zip(many, others, strict=True) for parts in zip(*pair, strict=True))


@pytest.mark.parametrize("values", [{"notes": 0}, {"newest": 1.5}, {"warmth": 1}, 3, {"slope": "steep"}])
def test_recurrences_that_make_no_sense_are_refused(values, tmp_path):
    folder = saved(tmp_path / "run", model("lstm"), "lstm", recurrence=values)
    with pytest.raises(BadDataError, match="recurrence makes no sense"):
        load_event_model(str(folder))
