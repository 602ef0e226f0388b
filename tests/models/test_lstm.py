"""A state handed on is a sequence never cut."""

import torch

from maestrokit.models.lstm import Config, Model


def model():
    torch.manual_seed(0)
    return Model(Config(vocabulary=11, width=16, layers=2, dropout=0.0)).eval()


def test_in_pieces_or_at_once():
    network, tokens = model(), torch.randint(0, 11, (3, 12))
    with torch.no_grad():
        whole, _ = network(tokens)
        state, got = network.initial_state(3, length=12), []
        for part in tokens.split([5, 1, 6], dim=1):
            logits, state = network(part, state)
            got.append(logits)
    assert torch.allclose(torch.cat(got, 1), whole, atol=1e-5)


def test_the_carry_of_a_batch_is_where_the_next_goes_on():
    network, tokens = model(), torch.randint(0, 11, (3, 13))
    whole, _ = network.score({"tokens": tokens[:, :-1], "target": tokens[:, 1:]}, {})
    first, recurrent_state = network.score({"tokens": tokens[:, :6], "target": tokens[:, 1:7]}, {})
    second, _ = network.score({"tokens": tokens[:, 6:12], "target": tokens[:, 7:]}, recurrent_state)
    assert abs(first["loss"][0] + second["loss"][0] - whole["loss"][0]) < 1e-3


def test_the_gradient_stops_at_the_carry():
    network, tokens = model().train(), torch.randint(0, 11, (3, 7))
    _, recurrent_state = network.step(
        {"tokens": tokens[:, :-1], "target": tokens[:, 1:]}, {}, lambda player, loss: loss.backward()
    )
    assert not any(part.requires_grad for part in recurrent_state.values())


def test_the_output_is_the_embedding():
    assert not [name for name, _ in model().named_parameters() if name == "output.weight"]
