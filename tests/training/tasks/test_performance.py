"""Training for the performance of scores: excerpts, what they leave out, and a loss that falls."""

import shutil

import numpy as np
import pytest
import torch

from maestrokit.inference.scores.arrays import METER_FEATURES, performance_arrays
from maestrokit.models import contract, lstm, transformer
from maestrokit.models.sequences import expectation
from maestrokit.models.sequences.performance import MARGIN
from maestrokit.music.scores.performance_codes import FEATURES, SIZES, measured_conditions
from maestrokit.music.scores.performance_parameters import parameters_of
from maestrokit.music.scores.score import score_of
from maestrokit.training.data.performance import PerformanceData, PerformanceOptions, PerformedScore
from maestrokit.training.task import find_corpus
from maestrokit.training.tasks import performance as task
from played_scores import played, score_file, write_asap


def performed(seed=0, bars=8):
    score = score_of(score_file(bars, seed=seed))
    parameters = parameters_of(score, played(score, seed=seed))
    return PerformedScore(performance_arrays(score, parameters), "Bach", measured_conditions(score, parameters))


def data(**options):
    pieces = [performed(seed) for seed in range(3)]
    chosen = PerformanceOptions(**{"batch": 2, "length": 40, **options})
    return PerformanceData(pieces, pieces[:1], chosen, composers=["other", "Bach"], seed=0)


@pytest.mark.parametrize("family", [lstm, transformer])
def test_the_loss_falls(family):
    torch.manual_seed(0)
    sizes = {"heads": 2, "hidden": 32} if family is transformer else {}
    config = family.Config(vocabulary=1, encoding="performance", width=32, layers=1, dropout=0.0, **sizes)
    model, batches = contract.new_model(family, config), data()
    optimizer = torch.optim.Adam(model.parameters(), 0.01)

    def step(group, loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    losses = []
    for number in range(25):
        epoch, index = divmod(number, batches.batches(0))
        losses.append(model.step(batches.batch(epoch, index), {}, step)[0]["loss"])
    uniform = sum(np.log(SIZES[name]) for name in ("deviation", "velocity", "articulation"))
    assert losses[0] > uniform
    assert losses[-1] < losses[0] - 3


def test_a_model_that_sees_less_of_a_score_can_be_continued():
    torch.manual_seed(0)
    config = lstm.Config(vocabulary=1, encoding="performance", width=16, layers=1)
    model, batch = contract.new_model(lstm, config), next(data().validation())
    weights = {
        name: value
        for name, value in model.state_dict().items()
        if "to_end" not in name and "score_encoder.layers.2" not in name
    }
    other = contract.new_model(lstm, config)
    other.load_state_dict(other.inherited(weights))
    with torch.no_grad():
        for part in model.score_encoder.embeddings["to_end"].parameters():
            part.zero_()
    for name, part in model.eval().nats(batch).items():
        assert torch.allclose(part, other.eval().nats(batch)[name], atol=1e-5)


def test_what_a_note_is_predicted_from_does_not_hold_how_it_is_played():
    torch.manual_seed(0)
    model = contract.new_model(transformer, transformer.Config(
        vocabulary=1, encoding="performance", width=16, layers=2, heads=2, hidden=16
    ))  # fmt: skip
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    batch = next(data().validation())
    changed = {name: part.clone() for name, part in batch.items()}
    at = 20
    for name in ("tempo", "pedal", "deviation", "velocity", "articulation"):
        changed[f"next_{name}"][:, at:] = 0
        changed[f"previous_{name}"][:, at + 1 :] = 0
    before, after = (model.eval().nats(inputs) for inputs in (batch, changed))
    for name, part in before.items():
        assert torch.allclose(part[:, :at], after[name][:, :at], atol=1e-5)
    hidden = [
        model.body.hidden_states(model.vectors(inputs), None, onset=inputs["onset"])[0] for inputs in (batch, changed)
    ]
    assert torch.allclose(hidden[0][:, : at + 1], hidden[1][:, : at + 1], atol=1e-5)
    ahead = {name: part.clone() for name, part in batch.items()}
    ahead["score_pitch"][:, MARGIN + at + 1] = 0
    assert not torch.allclose(model.vectors(ahead)[:, at], model.vectors(batch)[:, at])  # the score is seen ahead


def test_a_model_without_the_meter_sees_none_of_it():
    parts = next(data(meter=False).validation())
    inside = parts["score_pitch"] < FEATURES["pitch"]
    for name in METER_FEATURES:
        assert (parts[f"score_{name}"][inside] == FEATURES[name]).all()


def test_augmentation_keeps_timing_and_moves_pitch_and_loudness_alike():
    arrays = performed().arrays
    changed = arrays.changed(semitones=2, factor=1.5, shift=-3)
    assert (changed.features["pitch"] - arrays.features["pitch"] == 2).all()
    assert ((changed.features["pitch_class"] - arrays.features["pitch_class"]) % 12 == 2).all()
    velocity = [score_arrays.performance.codes["velocity"] for score_arrays in (arrays, changed)]
    assert (velocity[1] == np.maximum(velocity[0] - 3, 0)).all()
    assert (changed.performance.codes["tempo"] == arrays.performance.codes["tempo"]).all()
    assert (changed.features["speed"] >= arrays.features["speed"]).all()


def test_all_performances_of_a_piece_are_in_one_part(tmp_path):
    folder = write_asap(tmp_path / "asap", pieces=5, bars=4)
    corpus = find_corpus([str(folder)], task, cache=tmp_path, seed=1)
    assert len(task.performances(corpus.paths)) == 10 and not corpus.missing
    prepared = task.prepare(corpus, PerformanceOptions(), family="transformer")
    assert prepared.counts == {"train": 6, "validation": 2}
    assert prepared.config["classes"] == {"composer": ["other", "Bach"]}
    config = {"classes": {"composer": ["other", "Ravel", "Bach"]}, "model": {}}
    assert prepared.inherit(config) == {"classes": config["classes"]}  # codes keep their meaning
    assert prepared.data.composers == ["other", "Ravel", "Bach"]
    excerpt = next(iter(prepared.data.validation()))
    assert excerpt["weight"].sum() == sum(len(held_out.arrays) for held_out in prepared.data.held_out)


def test_the_split_does_not_depend_on_where_the_corpus_lies(tmp_path, monkeypatch):
    write_asap(tmp_path / "here" / "asap", pieces=8, bars=4)
    shutil.copytree(tmp_path / "here" / "asap", tmp_path / "a" / "b" / "scores")
    monkeypatch.chdir(tmp_path / "here")
    parts = [
        task.prepare(find_corpus([name], task, cache=tmp_path, seed=1), PerformanceOptions(), family="lstm").config
        for name in ("asap", "../here/asap", str(tmp_path / "a" / "b" / "scores"))
    ]
    assert parts[0]["pieces"] == parts[1]["pieces"] == parts[2]["pieces"]
    assert not {*parts[0]["pieces"]["train"]} & {*parts[0]["pieces"]["validation"]}
    assert len(parts[0]["pieces"]["train"]) == 6 and len(parts[0]["pieces"]["validation"]) == 1


def test_notated_dynamics_are_left_out_of_a_share_of_excerpts():
    file = score_file(8)
    score = score_of(file.replace(notes=file.notes.replace(velocity=40 + np.arange(len(file.notes)) % 9)))
    parameters = parameters_of(score, played(score))
    performance = PerformedScore(performance_arrays(score, parameters), "", measured_conditions(score, parameters))
    for share, is_seen in ((0.0, True), (1.0, False)):
        options = PerformanceOptions(batch=1, length=500, without_dynamics=share)
        loudness = PerformanceData([performance], [performance], options, composers=["other"]).batch(0, 0)[
            "score_loudness"
        ]
        inside = loudness[loudness < FEATURES["loudness"]]
        assert ((inside < FEATURES["loudness"] - 1) == is_seen).all() and len(inside) == len(score.notes)


def test_staves_are_left_out_of_a_share_of_excerpts():
    file = score_file(8)
    score = score_of(file.replace(notes=file.notes.replace(track=np.where(file.notes.pitch < 60, 1, 0))))
    parameters = parameters_of(score, played(score))
    performance = PerformedScore(performance_arrays(score, parameters), "", measured_conditions(score, parameters))
    for share, seen in ((0.0, {0, 1}), (1.0, {2})):
        options = PerformanceOptions(batch=1, length=500, without_staves=share)
        parts = PerformanceData([performance], [performance], options, composers=["other"]).batch(0, 0)
        staff = parts["score_staff"]
        assert set(staff[staff < FEATURES["staff"]].tolist()) == seen


def test_what_is_expected_is_learned_apart_and_read_by_the_notes():
    torch.manual_seed(0)
    model = contract.new_model(lstm, lstm.Config(vocabulary=1, encoding="performance", width=16, layers=1))
    batch = data().batch(0, 0)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    sum(part.sum() for part in model.nats(batch).values()).backward()
    assert all(parameter.grad is None for parameter in model.expectation.parameters())
    assert model.expected.weight.grad.abs().sum() > 0
    known, curves = model.eval().score_vectors(batch)
    losses = expectation.losses(curves, batch)
    assert curves.shape == (*batch["next_velocity"].shape, 2) and known.shape[:2] == curves.shape[:2]
    right = torch.stack([batch["curve_tempo"], batch["curve_velocity"] / 16], dim=-1)
    assert all(loss.item() == 0 for loss in expectation.losses(right, batch).values())
    assert all(loss.item() > 0 for loss in losses.values())


def test_what_is_expected_falls_with_the_whole_score_in_view():
    torch.manual_seed(0)
    network, batch = expectation.ExpectedCurves().eval(), next(data().validation())
    batch["score_pitch"][:, -MARGIN - 1] = 0  # the last note
    before = network(batch)[:, MARGIN]
    batch["score_pitch"][:, -MARGIN - 1] = 80
    assert not torch.equal(network(batch)[:, MARGIN], before)  # of the first


def test_curves_are_relative_to_their_means_over_a_piece():
    score = score_of(score_file(8))
    parameters = parameters_of(score, played(score))
    curves = performance_arrays(score, parameters).curves
    assert abs(np.average(curves["tempo"], weights=curves["weight"])) < 1e-9
    assert abs(curves["velocity"].mean()) < 1e-9 and curves["weight"].sum() == score.notes.onset[-1]
    gap = parameters.slow + parameters.tempo
    assert np.allclose(np.diff(curves["tempo"][score.first][1:]), np.diff(gap[1:]))
