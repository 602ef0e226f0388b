"""What recurs in a piece: found note by note as in the whole, a distribution, and part of what a model is asked for."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from maestrokit.errors import BadDataError
from maestrokit.inference.generation.notes import NoteRequest, generate_notes
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.note_models import recall
from maestrokit.inference.note_models import recurrence as recurrences
from maestrokit.inference.note_models.batches import padded
from maestrokit.inference.note_models.likelihood import expected, note_nats
from maestrokit.inference.note_models.recall import Expected, kernel, recalled
from maestrokit.inference.note_models.recurrence import EarlierNotes, FactorRecurrence, Recurrence, memories
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.music.encodings.key_state import GROUPS
from maestrokit.music.encodings.notes import DURATIONS, FACTORS, TIMES, excerpt, factor_classes
from maestrokit.music.encodings.step_notes import StepNotes
from maestrokit.music.piano_range import KEYS
from small_note_models import EACH, ENCODING, UNCUT, model, notes, saved

STEEP = FactorRecurrence(key_sharpness=10.0, state_sharpness=10.0, log_odds=2.0, count_slope=0.3)
BLIND = replace(STEEP, key_sharpness=0.0, state_sharpness=0.0)
EVERY = FactorRecurrence(3.0, 2.0, other_key_penalty=1.5, spread=0.3, log_odds=-0.7, count_slope=0.6, entropy_slope=0.4)
SHORT = Recurrence(notes=4.0, newest=3, time=STEEP, pitch=STEEP, velocity=STEEP, duration=STEEP)
STRONG = Recurrence(notes=4.0, newest=0)

RUNS = {"run": {"recurrence": asdict(STRONG)}, "other": {}}


def keys(count, *, period=None, seed=0):
    pitches = np.random.default_rng(seed).integers(20, 60, count)
    return pitches if period is None else pitches[np.arange(count) % period]


def test_memories_note_by_note_are_those_of_the_whole(monkeypatch):
    monkeypatch.setattr(recurrences, "ROOM", 16)
    pieces, earlier = [keys(100, seed=seed) for seed in range(3)], EarlierNotes(SHORT, 3)
    for number in range(100):
        if number == 50:  # one of the pieces ends
            earlier.keep(np.array([True, False, True]))
            del pieces[1]
        earlier.add(np.full(len(pieces), number), np.array([piece[number] for piece in pieces]))
    for row, piece in enumerate(pieces):
        memory = memories(piece, SHORT.notes)
        cosines = memory[20:90] @ memory[100]
        np.testing.assert_allclose(earlier.cosine(row, slice(20, 90)), cosines, atol=1e-5)
        assert np.array_equal(earlier.keys[row, :100], piece) and cosines.max() > 0.5


def test_without_a_recurrence_nothing_is_remembered():
    earlier = EarlierNotes(None, 2)
    earlier.add(np.array([0, 0]), np.array([3, 4]))
    earlier.keep(np.array([True, False]))
    assert earlier.count == 0


def piece(count, *, period, seed=0):
    """Return a piece that repeats itself, of which a model expects nothing but that some classes cannot be."""
    generator = np.random.default_rng(seed)
    time, pitch, velocity, duration = (
        generator.integers(*bounds, period)[np.arange(count) % period]
        for bounds in ((1, 60), (40, 70), (0, 32), (1, 50))
    )
    onset = np.cumsum(time)
    played = StepNotes(onset, onset + duration, pitch, velocity)
    targets = {**factor_classes(played), "time": time, "pitch": pitch - 21}
    is_pointer = np.arange(count) % period % 3 == 0
    targets["duration"] = np.where(is_pointer, 2, GROUPS + targets["duration"])
    targets = {name: np.append(column, TIMES if name == "time" else 0) for name, column in targets.items()}
    sizes = {"time": TIMES + 1, "pitch": KEYS, "velocity": 32, "duration": GROUPS + DURATIONS}
    own = {}
    for name, size in sizes.items():
        logits = np.where(generator.random((count + 1, size)) < 0.2, -np.inf, 0.0)
        logits[np.arange(count + 1), targets[name]] = 0.0
        own[name] = (logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))).astype(np.float32)
    states = np.append(generator.normal(size=(period, 16))[np.arange(count) % period], np.ones((1, 16)), axis=0)
    return Expected(played, states.astype(np.float32), own, targets)


def probabilities(log_probability, targets):
    return np.exp(log_probability[np.arange(len(targets)), targets])


def test_a_whole_is_looked_at_in_parts(monkeypatch):
    whole_piece = piece(100, period=20)
    whole = recalled(whole_piece, SHORT)
    monkeypatch.setattr(recall, "CHUNK", 32)
    for name, part in recalled(whole_piece, SHORT).items():
        np.testing.assert_allclose(np.exp(part), np.exp(whole[name]), rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("name", FACTORS)
def test_what_comes_again_is_expected_and_the_newest_notes_do_not_count(name):
    recurring = piece(120, period=30)
    own, again = recurring.log_probability[name], recalled(recurring, SHORT)[name]
    assert np.array_equal(again[:4], own[:4])  # so few notes were before that none counts
    before, after = (
        probabilities(log_probability, recurring.targets[name])[50:120] for log_probability in (own, again)
    )
    assert (after > 2 * before).all() and (after.mean() > 5 * before.mean())
    late = recalled(recurring, replace(SHORT, newest=70))[name]
    assert np.array_equal(late[:71], own[:71]) and probabilities(late, recurring.targets[name])[119] > after.min() / 2


@pytest.mark.parametrize("name", FACTORS)
def test_what_cannot_be_does_not_recur_and_the_rest_is_a_distribution(name):
    recurring = piece(90, period=30)
    own, again = recurring.log_probability[name], recalled(recurring, SHORT)[name]
    assert np.isneginf(again[np.isneginf(own)]).all()
    assert np.exp(again.astype(np.float64)).sum(axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", ["velocity", "duration"])
def test_velocities_and_durations_are_those_of_the_same_key(name):
    recurring, settings = piece(60, period=30), (replace(BLIND, other_key_penalty=20.0), BLIND)
    same_key, any_key = (
        probabilities(recalled(recurring, replace(SHORT, **{name: settings_of_factor}))[name], recurring.targets[name])[
            40:60
        ].mean()
        for settings_of_factor in settings
    )
    assert same_key > 1.5 * any_key


def cosine(first, second):
    return first @ second / max(np.linalg.norm(first) * np.linalg.norm(second), 1e-12)


def slowly_recalled(expected_piece, name, recurrence):
    """Return the log-probabilities of a factor by the definition, one earlier note after the other."""
    settings, own = getattr(recurrence, name), expected_piece.log_probability[name].astype(np.float64)
    probability, fade = np.exp(own), np.exp(-1 / recurrence.notes)
    key, target = expected_piece.notes.pitch - 21, expected_piece.targets[name]
    memory = [np.zeros(KEYS)]
    for struck in key:
        memory.append(memory[-1] * fade)
        memory[-1][struck] += 1
    near = None if name == "pitch" else kernel(name, own.shape[1] - GROUPS * (name == "duration"), settings.spread)
    for now in range(len(own)):
        again = np.zeros(own.shape[1])
        for before in range(now - recurrence.newest):
            exponent = settings.key_sharpness * (cosine(memory[now], memory[before]) - 1)
            exponent += settings.state_sharpness * (
                cosine(expected_piece.states[now], expected_piece.states[before]) - 1
            )
            if (
                name in ("velocity", "duration")
                and expected_piece.targets["pitch"][now] != expected_piece.targets["pitch"][before]
            ):
                exponent -= settings.other_key_penalty
            if name == "pitch":
                again[target[before]] += np.exp(exponent)
            elif name != "duration":
                again += np.exp(exponent) * near[target[before]]
            elif target[before] < GROUPS:
                again[:GROUPS] += np.exp(exponent) * probability[now, :GROUPS] / probability[now, :GROUPS].sum()
            else:  # the new end that it would have been
                again[GROUPS:] += np.exp(exponent) * near[target[before] - GROUPS]
        again[probability[now] == 0] = 0
        entropy = -sum(p * np.log(p) for p in probability[now] if p > 0)
        if again.sum() > 0:
            log_odds = settings.log_odds + settings.count_slope * np.log(again.sum()) + settings.entropy_slope * entropy
            weight = 1 / (1 + np.exp(-log_odds))
            probability[now] = (1 - weight) * probability[now] + weight * again / again.sum()
    return probability


@pytest.mark.parametrize("name", FACTORS)
def test_the_cache_is_what_its_settings_define(name):
    recurring, recurrence = piece(24, period=7), Recurrence(4.0, 2, EVERY, EVERY, EVERY, EVERY)
    quickly, slowly = np.exp(recalled(recurring, recurrence)[name]), slowly_recalled(recurring, name, recurrence)
    np.testing.assert_allclose(quickly, slowly, rtol=1e-3, atol=1e-6)
    assert np.abs(quickly - np.exp(recurring.log_probability[name])).max() > 0.05


def test_values_near_those_that_recur_are_likely_too():
    for name, size in (("velocity", 32), ("time", TIMES + 1), ("duration", DURATIONS)):
        wide, narrow = kernel(name, size, 0.5), kernel(name, size, 0.05)
        assert narrow[10, 10] > wide[10, 10] > wide[10, 14] > narrow[10, 14]
        assert wide[:TIMES].sum(axis=1) == pytest.approx(1.0)
    assert (kernel("time", TIMES + 1, 0.5)[:TIMES, TIMES] == 0).all()  # the end does not recur


@EACH
def test_nats_are_those_of_the_mixture_in_every_window(family):
    network, part = model(family), notes(150)
    length = getattr(network.config, "length", None)
    windows = {"length": length, "stride": max(1, (length or 2) // 2), "batch": 3}
    alone, (of_piece, targets) = (f(network, part, ENCODING, **windows) for f in (note_nats, expected))
    network.recurrence = SHORT
    sums = note_nats(network, part, ENCODING, **windows)
    again, length = recalled(of_piece, SHORT), len(part.pitch)
    for row, name in enumerate(FACTORS):
        count = length + (name == "time")
        nats = -again[name][np.arange(count), of_piece.targets[name][:count]].astype(np.float64).sum()
        more = getattr(targets, f"{name}_remainder", np.zeros(count))[:length].sum()
        assert sums.factors[row] == pytest.approx(nats + more, rel=1e-3)
        assert sums.factors[row] != pytest.approx(alone.factors[row], rel=1e-4)
    assert 0 <= sums.hits <= sums.predicted == alone.predicted == 4 * length + 1


@EACH
def test_without_what_recurs_nats_are_those_of_the_model(family):
    network, part = model(family), notes(40)
    batch = padded([excerpt(part, 0, 41, ENCODING)])
    with torch.inference_mode():
        nats, hits = network.nats(batch)
        sums = note_nats(network, part, ENCODING, length=64, stride=32, batch=1)
    assert sums.factors == pytest.approx([nats[name].sum().item() for name in FACTORS], rel=1e-4)
    assert sums.hits == int(hits.sum())


@EACH
def test_generation_does_not_trust_what_recurs(family, tmp_path):
    folders = [saved(tmp_path / name, model(family), family, **more) for name, more in RUNS.items()]
    recurrent, alone = (load_event_model(str(folder)).model for folder in folders)
    assert recurrent.recurrence == STRONG and alone.recurrence is None
    request = NoteRequest(400, gap=UNCUT)
    many, others = (
        generate_notes(network, ENCODING, request, sampling=NoteSampling(), count=4, seed=3)
        for network in (recurrent, alone)
    )
    assert all(np.array_equal(*parts) for pair in zip(many, others, strict=True) for parts in zip(*pair, strict=True))


@pytest.mark.parametrize(
    "values", [{"notes": 0}, {"newest": 1.5}, {"warmth": 1}, 3, {"pitch": 3}, {"time": {"count_slope": "steep"}}]
)
def test_recurrences_that_make_no_sense_are_refused(values, tmp_path):
    folder = saved(tmp_path / "run", model("lstm"), "lstm", recurrence=values)
    with pytest.raises(BadDataError, match="recurrence in its config") as raised:
        load_event_model(str(folder))
    assert "__init__" not in str(raised.value) and "config.json" in raised.value.hint
