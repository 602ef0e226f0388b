"""The CycleGAN of rolls: what its players change, and what shows how far it has come."""

import pytest
import torch

from maestrokit.errors import UsageError
from maestrokit.models.adversarial import style
from maestrokit.models.adversarial import style_networks as networks
from maestrokit.models.adversarial.objectives import accuracies, discriminator_loss
from maestrokit.models.adversarial.style_scores import chroma_correlation, direction_scores, features

TINY = {"channels": 2, "depth": 1, "discriminator_channels": 2, "pool": 3}


def segments(count, seed=0, density=0.02, shift=0):
    generator = torch.Generator().manual_seed(seed)
    onset = (torch.rand(count, 64, 88, generator=generator) < density).float()
    if shift:
        onset = onset.roll(shift, dims=2)
    sounding = torch.maximum(onset, onset.roll(1, dims=1))
    return torch.stack((onset, sounding, onset * (0.3 + 0.4 * torch.rand(onset.shape, generator=generator))), dim=1)


def test_a_new_generator_changes_nothing_and_has_half_a_million_weights():
    model = style.Model(style.Config())
    rolls = segments(2)
    assert torch.allclose(model.to_first(rolls).rolls(), rolls, atol=1e-6)
    assert sum(p.numel() for p in model.to_first.parameters()) == 478347
    groups = model.parameter_groups()
    assert sum(map(len, groups.values())) == len(list(model.parameters()))


def test_a_velocity_changes_by_a_quarter_at_most_and_a_new_note_is_as_loud_as_those_nearby():
    generator, rolls = networks.Generator(2, 1), segments(1)
    for bias in (-50.0, 0.0, 50.0):
        torch.nn.init.constant_(generator.changes.bias, bias)
        change = generator(rolls).velocity[0] - rolls[0, 2]
        wanted = (rolls[0, 2] + 0.25 * torch.tensor(bias).tanh()).clamp(1 / 127, 1) - rolls[0, 2]
        assert torch.allclose(change[rolls[0, 0] > 0], wanted[rolls[0, 0] > 0], atol=1e-5)
    torch.nn.init.zeros_(generator.changes.bias)
    onsets, velocities = rolls[0, 0, :33].sum(), rolls[0, 2, :33].sum()
    new = generator(rolls).velocity[0, 16][rolls[0, 0, 16] == 0]
    assert torch.allclose(new, velocities / onsets, atol=1e-5)


def test_rolls_are_rounded_and_have_the_gradient_of_probabilities():
    log_odds = torch.tensor([[[-0.1, 2.0]]], requires_grad=True)
    rolls = networks.Transferred(log_odds, torch.full_like(log_odds, -9.0), torch.full_like(log_odds, 0.5)).rolls()
    assert rolls[0, :, 0].tolist() == [[0, 1], [0, 1], [0, 0.5]]  # what begins sounds
    rolls[:, 0].sum().backward()
    chance = torch.tensor([-0.1, 2.0]).sigmoid()
    assert torch.allclose(log_odds.grad[0, 0], chance * (1 - chance))


@pytest.mark.parametrize("objective", ["relativistic", "non_saturating", "minimax", "hinge"])
def test_each_player_steps_down_its_own_loss_only(objective):
    torch.manual_seed(1)
    model = style.Model(style.Config(**TINY, objective=objective))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    groups, stepped = model.parameter_groups(), []

    def backward_and_step(group, loss):
        stepped.append(group)
        gradients = torch.autograd.grad(loss, groups[group], allow_unused=True)
        assert any(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients)

    losses, state = model.step({"first": segments(12), "second": segments(12, seed=1)}, {}, backward_and_step)
    assert stepped == ["generator", "discriminator"]
    assert {"adversarial", "content", "cycle", "identity", "discriminator", "penalty"} == losses.keys()
    assert state["first"].shape == (1, 3, 3, 64, 88)


def test_a_discriminator_tells_sets_by_rare_keys_through_the_noise():
    torch.manual_seed(3)
    player = networks.Discriminator(2)
    low, high = (torch.zeros(16, 3, 64, 88) for _ in range(2))
    low[:, :2, ::9, 40], high[:, :2, ::9, 40] = 1.0, 1.0
    high[:, :2, 20, 80] = 1.0  # one note that the other set never has
    optimizer = torch.optim.Adam([*player.register.parameters(), *player.register_odds.parameters()], lr=0.02)
    for _ in range(100):
        loss = discriminator_loss("relativistic", player(low, noise=0.2), player(high, noise=0.2))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert sum(accuracies(player(low, noise=0.2), player(high, noise=0.2))) / 2 > 0.9


def test_a_discriminator_sees_three_earlier_segments_for_a_new_one():
    torch.manual_seed(2)
    model = style.Model(style.Config(**TINY | {"pool": 8}))

    def known(segment, others):
        return any(torch.equal(segment, other) for other in others)

    old = [segments(8, seed=row) for row in (1, 2)]
    seen, state = model._with_earlier(old, {}, rows=8)
    assert torch.equal(seen[0], old[0]) and all(known(segment, state["first"][0]) for segment in old[0])
    new = [segments(2, seed=row) for row in (3, 4)]
    seen, after = model._with_earlier(new, state, rows=8)
    for row, name in enumerate(("first", "second")):
        assert torch.equal(seen[row][:2], new[row]) and len(seen[row]) == 8
        assert all(known(segment, after[name][0]) for segment in seen[row])
        assert len(after[name][0]) == 8 and sum(known(segment, old[row]) for segment in after[name][0]) == 6


def test_wrong_objectives_and_losses_are_refused():
    for name in ("objective", "reconstruction"):
        with pytest.raises(UsageError, match=f"no {name} 'other'"):
            style.Config(**{name: "other"})


def test_what_is_as_sure_as_an_unchanged_cell_costs_no_more_and_a_change_does():
    rolls = segments(1)
    untouched = networks.Generator(2, 1)(rolls)
    surer = untouched._replace(onset=2 * untouched.onset)
    wrong = untouched._replace(onset=-untouched.onset)
    for kind in ("bce", "mse"):
        cost = [style.difference(kind, output, rolls).item() for output in (untouched, surer, wrong)]
        assert cost[0] == pytest.approx(cost[1]) and cost[2] > 1.3 * cost[0]


def test_scores_are_one_for_no_change_low_for_the_target_and_show_a_collapse():
    source, target, known = (segments(80, seed=row, density=0.01 * min(row, 3)) for row in (1, 3, 5))
    unchanged = direction_scores(source, source, target, known)
    assert unchanged["loss"] == pytest.approx(1.0, abs=1e-3) and unchanged["content"] == pytest.approx(1.0, abs=1e-3)
    copied = direction_scores(source, target, target, known)
    assert copied["frechet"] < 1e-3 and copied["content"] < 0.3 and copied["nearest"] == pytest.approx(1.0)
    collapsed = direction_scores(source, target[:1].expand(80, -1, -1, -1), target, known)
    assert collapsed["spread"] < 0.1 and collapsed["loss"] > copied["loss"]
    assert "collapsed" in style.Model(style.Config(**TINY)).note(collapsed)
    assert not style.Model(style.Config(**TINY)).note(copied)


def test_chroma_does_not_count_octaves_and_counts_other_keys():
    rolls = segments(6, density=0.01)
    octave, tritone = rolls.roll(12, dims=3), rolls.roll(6, dims=3)
    assert chroma_correlation(rolls, octave).mean() > 0.8
    assert chroma_correlation(rolls, tritone).mean() < 0.4
    assert torch.isfinite(features(torch.zeros(3, 3, 64, 88))).all()


def test_a_cell_can_be_changed_by_what_lies_an_octave_from_it():
    generator, rolls = networks.Generator(2, 1), torch.zeros(1, 3, 8, 88)
    rolls[0, :, 2, 40] = 1.0
    row = len(networks.PLANES) + networks.OCTAVES.index(12)  # onsets, by the key an octave above
    torch.nn.init.constant_(generator.changes.bias[row : row + 1], 9.0)
    onset = generator(rolls).rolls()[0, 0]
    assert onset.nonzero().tolist() == [[2, 28], [2, 40]]


def test_content_is_lost_as_far_as_the_chroma_of_the_source_is():
    torch.manual_seed(0)
    model = style.Model(style.Config(**TINY))
    kept = model._generator_losses([segments(4), segments(4, seed=1)], [segments(4, seed=1), segments(4)])
    other = model._generator_losses([segments(4), segments(4, seed=1)], [segments(4, seed=2), segments(4, seed=3)])
    assert abs(kept["content"].item()) < 1e-5 and other["content"].item() > 1.5
