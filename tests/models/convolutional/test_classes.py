"""The network that classifies: its size, its scores, and that it learns."""

import pytest
import torch

from maestrokit.models import cnn
from maestrokit.models.contract import built, network, settings_of
from maestrokit.models.convolutional.classes import Config, Model


def batch(rows: int = 6) -> dict[str, torch.Tensor]:
    """Return excerpts with one note in a bar of one of two registers, which is the class."""
    generator = torch.Generator().manual_seed(1)
    rolls = torch.zeros(rows, 2, 400, 88)
    target = torch.arange(rows) % 2
    for row, register in enumerate(target.tolist()):
        keys = torch.randint(10, 30, (20,), generator=generator) + 40 * register
        rolls[row, :, torch.arange(20) * 20, keys] = 0.5
    return {"excerpts": rolls, "target": target, "weight": torch.full((rows,), 0.5)}


def test_a_network_for_the_shipped_classes_has_less_than_a_million_weights() -> None:
    assert sum(value.numel() for value in Model(Config()).parameters()) < 1_000_000


def test_the_family_has_a_network_of_its_own_for_classes() -> None:
    assert network(cnn, "classes").Model is Model and network(cnn, "transcription") is cnn
    model = Model(Config(channels=2))
    assert isinstance(built("cnn", settings_of(model.config), model.state_dict(), origin="a", task="classes"), Model)


def test_scores_count_classes_equally_where_accuracy_counts_excerpts() -> None:
    model = Model(Config(outputs=2, channels=2)).eval()
    torch.nn.init.zeros_(model.heads[0].weight)
    with torch.no_grad():
        model.heads[0].bias.copy_(torch.tensor([1.0, 0.0]))  # always says the first class
    three_of_four = {**batch(4), "target": torch.tensor([0, 0, 0, 1])}
    three_of_four["weight"] = torch.tensor([1 / 3, 1 / 3, 1 / 3, 1.0])
    scores, _ = model.score(three_of_four, {})
    values = {name: total / count for name, (total, count) in scores.items()}
    assert values["accuracy"] == 0.75 and values["balanced_accuracy"] == pytest.approx(0.5)
    right, wrong = torch.log_softmax(torch.tensor([1.0, 0.0]), 0).neg().tolist()
    assert values["loss"] == pytest.approx((right + wrong) / 2)


def test_members_begin_apart_and_their_probabilities_are_averaged() -> None:
    torch.manual_seed(0)
    model = Model(Config(outputs=2, channels=2, members=2)).eval()
    votes, data = model(batch()["excerpts"]), batch()
    assert votes.shape == (2, 6, 2)
    assert not torch.allclose(votes[0], votes[1])
    scores, _ = model.score(data, {})
    mean = (votes[0].softmax(-1) + votes[1].softmax(-1)) / 2
    total, count = scores["loss"]
    assert total / count == pytest.approx(-mean[torch.arange(6), data["target"]].log().mean().item())


def test_it_learns_two_classes_by_heart() -> None:
    torch.manual_seed(0)
    model = Model(Config(outputs=2, channels=4, dropout=0.0, smoothing=0.0))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def descend(group: str, loss: torch.Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    losses = [model.step(batch(), {}, descend)[0]["loss"] for _ in range(12)]
    assert losses[-1] < 0.1 < losses[0]


def test_mixed_excerpts_count_for_the_classes_of_both_by_their_shares() -> None:
    torch.manual_seed(0)
    model = Model(Config(outputs=2, channels=2, smoothing=0.0, mixup=1.0))
    torch.nn.init.zeros_(model.heads[0].weight)
    with torch.no_grad():
        model.heads[0].bias.copy_(torch.tensor([1.0, 0.0]))
    seen: list[torch.Tensor] = []
    model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    target = torch.tensor([0, 1] * 4)
    excerpts = target.float()[:, None, None, None].expand(8, 2, 400, 88)  # of the second class, everything sounds
    loss = model.step({"excerpts": excerpts, "target": target}, {}, lambda group, loss: None)[0]["loss"]
    share = seen[0][:, 0, 0, 0]  # of the second class
    assert ((share > 0) & (share < 1)).any()
    nats = -torch.log_softmax(torch.tensor([1.0, 0.0]), 0)
    assert loss == pytest.approx(((1 - share) * nats[0] + share * nats[1]).mean().item())
