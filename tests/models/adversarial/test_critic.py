"""The critic of notes as a network: what it reads, and that weights of classes have a gradient."""

import torch
from torch.nn import functional as F  # noqa: N812

from maestrokit.models.adversarial.critic import Config, Model
from maestrokit.music.encodings.notes import DURATIONS, FACTORS, TIMES
from maestrokit.music.piano_range import KEYS
from small_models import critic_network

SIZES = dict(zip(FACTORS, (TIMES, KEYS, 32, DURATIONS), strict=True))


def batch(rows: int = 3, count: int = 9) -> dict[str, torch.Tensor]:
    """Return random windows."""
    torch.manual_seed(0)
    return {name: torch.randint(size, (rows, count)) for name, size in SIZES.items()}


def test_a_new_critic_is_undecided() -> None:
    assert Model(Config(channels=8)).eval()(batch()).tolist() == [0.0, 0.0, 0.0]


def test_classes_and_their_weights_are_judged_alike_and_the_weights_have_a_gradient() -> None:
    model, classes = critic_network(), batch()
    weights = {name: F.one_hot(classes[name], size).float().requires_grad_() for name, size in SIZES.items()}
    logits = model(weights)
    assert torch.allclose(logits, model(classes), atol=1e-5)
    logits.sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in weights.values())


def test_scores_count_each_kind_by_itself() -> None:
    model, windows = critic_network(), batch(4)
    sure = model(windows) > 0
    scores, _ = model.score(windows | {"is_real": torch.tensor([True, True, True, False])}, {})
    assert scores["accuracy_real"] == (float(sure[:3].sum()), 3.0)
    assert scores["accuracy_generated"] == (float(not sure[3]), 1.0)
    assert scores["accuracy"] == (scores["accuracy_real"][0] + scores["accuracy_generated"][0], 4.0)
