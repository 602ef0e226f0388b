"""The improviser: what it samples are notes as models see them, and the discriminator's gradient reaches it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from maestrokit.errors import UsageError
from maestrokit.models.adversarial import improvise, improvise_scores, objectives
from maestrokit.models.sequences.continuations import continuation, states_of, straight_through, whole_durations
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.key_state import GROUPS
from maestrokit.music.encodings.notes import DURATIONS, FACTORS, excerpt
from maestrokit.music.encodings.step_notes import StepNotes, joined
from maestrokit.music.piano_range import LOWEST_PITCH
from maestrokit.training.data.improvise import ImproviseData, ImproviseOptions

_spec = importlib.util.spec_from_file_location(
    "sequences", Path(__file__).parents[2] / "training" / "data" / "test_notes.py"
)
sequences = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sequences)
SIZES = {"width": 16, "layers": 1, "heads": 2, "hidden": 24, "length": 64, "dropout": 0.0}
SMALL = {**SIZES, "discriminator_channels": 4, "discriminator_depth": 2}
INPUTS = ("onset", "time", "pitch", "velocity", "duration", "keys")


def model(**changes):
    torch.manual_seed(0)
    network = improvise.Model(improvise.Config(**{**SMALL, **changes}))
    for weight in network.parameters():  # outputs start at zero, which would hide everything
        torch.nn.init.normal_(weight, std=0.2)
    return network


def batch(*, rows=3, length=24, validation=False):
    options = ImproviseOptions(batch=rows, length=length, validation_windows=4, **sequences.PLAIN)
    data = ImproviseData(sequences.shard(90, 70, 80), sequences.shard(60, 60), options)
    return next(iter(data.validation())) if validation else data.batch(0, 0)


def test_sampled_notes_are_read_as_those_of_a_performance():
    network, excerpts = model(), batch()
    prompt = {name: excerpts[name][:, :12] for name in INPUTS}
    torch.manual_seed(1)
    new = continuation(network.generator, prompt, states_of(excerpts), 10, Encoding())
    for row in range(3):
        onset, pitch, velocity = (new[name][row].numpy() for name in ("onset", "pitch", "velocity"))
        before = StepNotes(*(excerpts[name][row, 1:12].numpy() for name in ("onset", "onset", "pitch", "velocity")))
        before = before._replace(offset=before.onset + 8, pitch=before.pitch + LOWEST_PITCH)
        is_pointer = new["next_duration"][row].numpy() < GROUPS
        assert np.all(np.diff(onset) >= 0) and np.all(is_pointer <= new["next_present"][row].any(-1).numpy())
        notes = joined(before, StepNotes(onset, onset + 1, pitch + LOWEST_PITCH, velocity))
        inputs, targets = excerpt(notes, 11, 22, Encoding())
        assert np.array_equal(inputs.time[1:], new["time"][row].numpy())
        assert np.array_equal(targets.time[:10], new["next_time"][row].numpy())
        assert np.array_equal(targets.pitch[:10], new["next_pitch"][row].numpy())
        struck = new["next_blocked"][row][torch.arange(10), new["next_pitch"][row]]
        assert not struck.any()  # no key is struck that sounds, or lies below in its chord


def test_what_is_sampled_depends_on_the_seed_alone_and_leaves_the_model_as_it_was():
    network, excerpts = model().train(), batch()
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    prompt = {name: excerpts[name][:, :12] for name in INPUTS}

    def sampled(seed):
        torch.manual_seed(seed)
        return continuation(network.generator, prompt, states_of(excerpts), 6, Encoding())

    first, again, other = sampled(1), sampled(1), sampled(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["pitch"], other["pitch"])
    assert network.generator.training and all(
        torch.equal(weights[n], value) for n, value in network.state_dict().items()
    )


def test_a_straight_through_sample_is_one_hot_and_has_a_gradient_where_a_class_is_possible():
    torch.manual_seed(0)
    logits = torch.randn(50, 7)
    logits[:, 2] = -torch.inf
    logits.requires_grad_()
    chosen = torch.randint(3, 7, (50,))
    sample = straight_through(logits, chosen, temperature=0.7)
    assert torch.equal(sample.detach().round(decimals=5), F.one_hot(chosen, 7).float())
    (sample * torch.randn(7)).sum().backward()
    gradient = logits.grad
    assert gradient.isfinite().all() and gradient[:, 2].abs().max() == 0 and gradient[:, [0, 1, 3, 4]].abs().min() >= 0
    assert gradient.abs().sum() > 0 and torch.allclose(gradient.sum(-1), torch.zeros(50), atol=1e-5)


def test_the_gradient_of_samples_points_to_what_is_rewarded():
    torch.manual_seed(0)
    logits = torch.zeros(4000, 3, requires_grad=True)
    chosen = torch.randint(3, (4000,))
    (straight_through(logits, chosen, temperature=1.0) @ torch.tensor([1.0, 0.0, -1.0])).mean().backward()
    mean = logits.grad.sum(0)
    assert mean[0] > 0.1 and mean[2] < -0.1 and abs(mean[1]) < 0.05


def test_a_pointer_has_the_class_of_the_duration_that_it_gives():
    weights = torch.zeros(1, GROUPS + DURATIONS)
    weights[0, [1, GROUPS + 5]] = torch.tensor([0.25, 0.75])
    group_duration = torch.zeros(1, GROUPS, dtype=torch.int64)
    group_duration[0, 1] = 9
    durations = whole_durations(weights, group_duration)
    assert durations.shape == (1, DURATIONS) and durations[0, [5, 9]].tolist() == [0.75, 0.25] and durations.sum() == 1


@pytest.mark.parametrize("objective", objectives.OBJECTIVES)
def test_each_player_steps_by_its_own_loss(objective):
    network, stepped = model(objective=objective, discriminator_steps=1), []

    def step(group, loss):
        for weight in network.parameters():
            weight.grad = None
        loss.backward(inputs=network.parameter_groups()[group])
        assert all(weight.grad is None or weight.grad.isfinite().all() for weight in network.parameters())
        stepped.append(group)

    losses, _ = network.step(batch(), {}, step)
    assert stepped == ["generator", "discriminator"]
    assert losses.keys() == {"loss", "discriminator", "penalty", "adversarial"}


def test_the_discriminator_changes_what_the_generator_learns_and_nothing_without_its_weight():
    gradients = {}
    for weight in (0.0, 5.0):
        network = model(adversarial=weight)

        def step(group, loss, network=network, weight=weight):
            assert weight or group == "generator"
            if group == "generator":
                loss.backward(inputs=network.parameter_groups()[group])

        torch.manual_seed(3)
        network.step(batch(), {}, step)
        gradients[weight] = {name: value.grad for name, value in network.generator.heads.named_parameters()}
    parts = ("output.time.bias", "output.pitch.bias", "output.velocity.bias", "output.duration.bias", "score.bias")
    for name in parts:
        assert not torch.allclose(gradients[0.0][name], gradients[5.0][name], atol=1e-6), name


def test_scores_say_how_far_continuations_are_from_peoples_the_same_each_time():
    network, excerpts = model().eval(), batch(validation=True)
    with torch.no_grad():
        first, again = network.score(excerpts, {})[0], network.score(excerpts, {})[0]
    assert first == again
    assert {"loss", "frechet", "spread", "nearest", "accuracy_real", "accuracy_generated", "nats"} == first.keys()
    assert network.note({"spread": 0.02}).startswith("the generator has collapsed") and not network.note(
        {"spread": 1.0}
    )


def windows(rows, seed=0):
    """Return random windows of notes, each in its own register."""
    generator = torch.Generator().manual_seed(seed)
    sizes = dict(zip(FACTORS, (60, 12, 32, 80), strict=True))
    drawn = {name: torch.randint(size, (rows, 30), generator=generator) for name, size in sizes.items()}
    register = torch.randint(70, (rows, 1), generator=generator)
    return drawn | {"pitch": drawn["pitch"] + register}


def test_a_generator_that_makes_one_thing_is_farther_than_peoples_other_music():
    real, other = windows(40), windows(40, seed=1)
    single = {name: part[:1].expand(40, -1) for name, part in real.items()}
    human, collapsed = improvise_scores.scores(other, real, other), improvise_scores.scores(single, real, other)
    assert collapsed["loss"] > 3 * human["loss"] and collapsed["spread"] < 0.01 < human["spread"]
    same = improvise_scores.scores(real, real, real)
    assert same["frechet"] == pytest.approx(0, abs=1e-3) and same["spread"] == 1 and human["nearest"] < 0.01


@pytest.mark.parametrize(("name", "value"), [("objective", "charm"), ("encoding", "events"), ("penalty", -1.0)])
def test_settings_that_there_are_not_are_refused(name, value):
    with pytest.raises(UsageError):
        improvise.Config(**{name: value})


def stepped(network, excerpts, state):
    losses = []
    result = network.step(excerpts, state, lambda group, loss: losses.append((group, loss.item())))
    return [group for group, _ in losses], result[1]


def test_the_discriminator_steps_more_often_on_a_pool_of_earlier_continuations():
    network, excerpts = model(discriminator_steps=3, pool=5), batch()
    groups, state = stepped(network, excerpts, {})
    assert groups == ["generator"] + ["discriminator"] * 3
    assert {part.shape for part in state.values()} == {(1, 3, 6 + 12)}  # rows, the prompt's later half and what follows
    assert torch.equal(state["real.pitch"][0, :, 6:], excerpts["pitch"][:, 12:])
    groups, later = stepped(network, excerpts, state)
    assert {part.shape for part in later.values()} == {(1, 5, 18)}  # full: two of the earlier ones stay
    assert all(any(torch.equal(row, old) for old in state["new.pitch"][0]) for row in later["new.pitch"][0, :2])
    _, other = stepped(network, batch(length=16), later)
    assert other["new.pitch"].shape[:2] == (1, 3)  # excerpts of another length begin a new pool
