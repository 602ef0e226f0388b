"""What adversarial training is made of: values by hand, and what each is for."""

import math

import pytest
import torch

from maestrokit.models.adversarial import objectives

REAL, GENERATED = torch.tensor([2.0, 0.5]), torch.tensor([-1.0, 0.25])


def log_s(x):
    """Return the logarithm of the logistic function."""
    return -math.log1p(math.exp(-x))


def mean(*values):
    return sum(values) / len(values)


DISCRIMINATOR = {
    "minimax": mean(-log_s(2) - log_s(1), -log_s(0.5) - log_s(-0.25)),
    "non_saturating": mean(-log_s(2) - log_s(1), -log_s(0.5) - log_s(-0.25)),
    "relativistic": mean(-log_s(3), -log_s(0.25)),
    "hinge": mean(0.0, 0.5 + 1.25),
}
GENERATOR = {
    "minimax": mean(log_s(1), log_s(-0.25)),
    "non_saturating": mean(-log_s(-1), -log_s(0.25)),
    "relativistic": mean(-log_s(-3), -log_s(-0.25)),
    "hinge": mean(1.0, -0.25),
}


@pytest.mark.parametrize("objective", objectives.OBJECTIVES)
def test_losses_of_both_players_are_those_of_the_papers(objective):
    lost = objectives.discriminator_loss(objective, REAL, GENERATED).item()
    assert lost == pytest.approx(DISCRIMINATOR[objective], rel=1e-5)
    lost = objectives.generator_loss(objective, REAL, GENERATED).item()
    assert lost == pytest.approx(GENERATOR[objective], rel=1e-5)


@pytest.mark.parametrize("objective", objectives.OBJECTIVES)
def test_the_discriminator_raises_real_ones_and_the_generator_its_own(objective):
    real, generated = torch.tensor([0.3], requires_grad=True), torch.tensor([-0.2], requires_grad=True)
    gradient = torch.autograd.grad(objectives.discriminator_loss(objective, real, generated), (real, generated))
    assert gradient[0] < 0 < gradient[1]
    (own,) = torch.autograd.grad(objectives.generator_loss(objective, real, generated), generated)
    assert own < 0


def test_minimax_saturates_where_the_discriminator_is_sure_and_the_other_loss_does_not():
    generated = torch.tensor([-20.0], requires_grad=True)
    slopes = [
        torch.autograd.grad(objectives.generator_loss(name, REAL[:1], generated), generated)[0].item()
        for name in ("minimax", "non_saturating")
    ]
    assert abs(slopes[0]) < 1e-8 and slopes[1] == pytest.approx(-1.0)


def test_gradient_penalty_is_the_squared_slope_and_has_a_gradient_itself():
    weight = torch.tensor([3.0, 4.0], requires_grad=True)
    examples = torch.zeros(5, 2, requires_grad=True)
    penalty = objectives.gradient_penalty(examples @ weight, examples)
    assert penalty.item() == pytest.approx(25.0)
    (slope,) = torch.autograd.grad(penalty, weight)
    assert slope.tolist() == pytest.approx([6.0, 8.0])


def test_reconstruction_losses_by_hand():
    log_odds, target = torch.tensor([[0.0, math.log(3)], [0.0, 0.0]]), torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    bce = mean(math.log(2) + math.log(4 / 3), 2 * math.log(2))
    mse = mean(0.25 + 0.0625, 0.5)
    # softmax over (0, log 3) and none at 0: 1/5, 3/5, 1/5; then 1/3 each, of which none is meant
    cross_entropy = mean(-math.log(3 / 5), math.log(3))
    for kind, value in (("bce", bce), ("mse", mse), ("cross_entropy", cross_entropy)):
        assert objectives.reconstruction_loss(kind, log_odds, target).item() == pytest.approx(value, rel=1e-5), kind


@pytest.mark.parametrize("kind", objectives.RECONSTRUCTIONS)
def test_what_is_reconstructed_costs_least(kind):
    target = (torch.rand(4, 3, 6, generator=torch.Generator().manual_seed(1)) > 0.8).float()
    right = objectives.reconstruction_loss(kind, 8 * (2 * target - 1), target)
    assert right < objectives.reconstruction_loss(kind, torch.zeros_like(target), target)


def test_a_collapsed_generator_is_far_from_the_data_however_good_what_it_makes():
    data = torch.randn(400, 3, generator=torch.Generator().manual_seed(2))
    best = data.mean(dim=0).expand(400, 3) + 1e-4 * data.flip(0)
    assert objectives.frechet_distance(data[:200], data[200:]) < 0.2
    assert objectives.frechet_distance(best, data) == pytest.approx(data.T.cov().trace().item(), rel=0.01)
    assert objectives.pairwise_distance(best) < 0.01 * objectives.pairwise_distance(data)
    assert "collapsed" in objectives.collapse_note(0.01) and not objectives.collapse_note(0.5)


def test_frechet_distance_of_normal_distributions():
    vectors = torch.randn(50_000, 2, generator=torch.Generator().manual_seed(3))
    assert objectives.frechet_distance(vectors, vectors) == pytest.approx(0.0, abs=1e-6)
    moved = 2 * vectors + torch.tensor([3.0, 4.0])  # 25, and (2 - 1)^2 for each value
    assert objectives.frechet_distance(vectors, moved) == pytest.approx(27.0, rel=0.02)


def test_a_copy_has_a_nearest_distance_of_nought():
    known = torch.rand(6, 2, 4, generator=torch.Generator().manual_seed(4))
    assert objectives.nearest_distance(known[2:4], known) == pytest.approx(0.0, abs=1e-3)
    assert objectives.nearest_distance(known[:1] + 1, known[:1]) == pytest.approx(math.sqrt(8), rel=1e-4)
