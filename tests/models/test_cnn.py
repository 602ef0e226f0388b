"""The harmonic network: what it sees, how far it sees, and that it learns."""

import numpy as np
import pytest
import torch

from maestrokit.errors import UsageError
from maestrokit.models.cnn import KEY_BINS, KEYS, STRIDE, Config, Model, harmonic_stack
from small_models import experienced

SMALL = Config(channels=8)


def model(config: Config = SMALL) -> Model:
    return experienced(config)


def levels(frames: int, *, batch: int = 1) -> torch.Tensor:
    return -60 + 20 * torch.randn(batch, frames, SMALL.bins, generator=torch.Generator().manual_seed(1))


def test_every_second_frame_gets_four_answers_a_key_and_one_for_the_pedal() -> None:
    heard = model().eval()(levels(20, batch=2))
    assert heard.keys.shape == (2, 4, 10, KEYS) and heard.pedal.shape == (2, 10)
    assert Model(Config(channels=8, pedal=False)).eval()(levels(20)).pedal is None


def test_a_semitone_up_is_one_key_up_in_the_harmonic_stack() -> None:
    x = torch.randn(1, 2, SMALL.bins)
    moved = torch.roll(x, KEY_BINS, dims=-1)
    inner = slice(4 * KEY_BINS, 40 * KEY_BINS)
    later = slice(inner.start + KEY_BINS, inner.stop + KEY_BINS)
    assert torch.equal(harmonic_stack(x)[:, 1:8, :, inner], harmonic_stack(moved)[:, 1:8, :, later])


def test_outputs_depend_on_no_more_than_the_reach() -> None:
    net = model().eval()
    reach, frames = net.reach, 2 * net.reach + 9
    x = levels(STRIDE * frames, batch=16)  # a ReLU may hide the farthest frame of one, not of all
    other = x.clone()
    other[:, : STRIDE * 4] = 0.0
    with torch.no_grad():
        first, second = net(x), net(other)
        same = (first.keys == second.keys).all(dim=1).all(dim=-1).all(dim=0) & (first.pedal == second.pedal).all(dim=0)
    assert same[4 + reach :].all()
    assert not same[4 + reach - 1]


@pytest.mark.parametrize("depth", [1, 6, 10, 13])
def test_it_is_so_many_convolutions_deep(depth: int) -> None:
    assert len(Model(Config(channels=2, depth=depth)).blocks) == depth


def test_a_deeper_model_begins_as_the_one_that_it_was() -> None:
    before = model(Config(channels=8, depth=6)).eval()
    deeper = Model(SMALL).eval()
    deeper.load_state_dict(before.state_dict(), strict=False)
    with torch.no_grad():
        assert torch.equal(before(levels(40)).keys, deeper(levels(40)).keys)


def test_a_wider_and_deeper_model_begins_as_the_one_that_it_was_and_learns_from_what_is_new() -> None:
    before = model(Config(channels=6, depth=5, pedal=False)).eval()
    wider = Model(Config(channels=8, depth=7, pedal=False)).eval()
    wider.load_state_dict(wider.state_dict() | wider.inherited(before.state_dict()))
    with torch.no_grad():
        assert torch.allclose(before(levels(40)).keys, wider(levels(40)).keys, atol=1e-4)
    wider(levels(40)).keys.square().sum().backward()
    assert wider.heads.weight.grad[:, 6:].abs().min() > 0
    narrower = Model(Config(channels=4, depth=5, pedal=False))
    assert narrower.inherited(before.state_dict())["heads.weight"].shape[1] == 6  # and is refused


def test_recurrent_layers_are_added_to_a_trained_model_without_effect_and_remembered() -> None:
    before, x = model().eval(), levels(60, batch=2)
    stateful = Model(Config(channels=8, states=5)).eval()
    stateful.load_state_dict(stateful.state_dict() | stateful.inherited(before.state_dict()))
    with torch.no_grad():
        assert torch.equal(before(x).keys, stateful(x).keys) and torch.equal(before(x).pedal, stateful(x).pedal)
        remembering = model(Config(channels=8, states=5)).eval()
        whole = remembering(x)
        parts, memory, margin = [], (), 4
        for first in range(0, 30, 10):  # frames of output: those before and after each part are read as a margin
            padded = torch.nn.functional.pad(x, (0, 0, STRIDE * margin, STRIDE * margin))
            read = slice(STRIDE * first, STRIDE * (first + 10 + 2 * margin))
            parts.append(remembering(padded[:, read], memory, margin=margin))
            memory = parts[-1].memory
        assert parts[-1].keys.shape == (2, 4, 10, KEYS) and parts[-1].pedal.shape == (2, 10)
        forgetting = remembering(padded[:, read], margin=margin)
    assert not torch.equal(forgetting.keys, parts[-1].keys) and not torch.equal(forgetting.pedal, parts[-1].pedal)
    assert len(whole.memory) == 2 and [len(memory.flatten()) for memory in whole.memory] == [2 * KEYS * 5, 2 * 5]


def test_recurrent_layers_of_a_narrower_model_begin_anew() -> None:
    before = model(Config(channels=6, states=5))
    wider = Model(Config(channels=8, states=5))
    known = wider.inherited(before.state_dict())
    assert not any(name.startswith(("key_states.", "pedal")) for name in known) and "heads.weight" in known
    assert set(before.state_dict()) == set(before.inherited(before.state_dict()))


@pytest.mark.parametrize("states", [0, 5])
def test_a_small_set_is_learnt(states: int) -> None:
    net = Model(Config(channels=8, states=states))
    batch = {
        "levels": levels(12),
        "target": (torch.rand(1, 4, 6, KEYS) < 0.1).float(),
        "pedal": torch.tensor([[0, 1, 1, 0, 1, torch.nan]]),
    }
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.05)

    def backward_and_step(player: str, loss: torch.Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    losses = [net.step(batch, {}, backward_and_step)[0]["loss"] for _ in range(12)]
    assert losses[-1] < 0.75 * losses[0]


def test_scores_are_the_losses_of_the_step() -> None:
    net = model().eval()
    batch = {"levels": levels(8), "target": torch.zeros(1, 4, 4, KEYS), "pedal": torch.full((1, 4), torch.nan)}
    scores, recurrent_state = net.score(batch, {})
    shown, _ = net.step(batch, {}, lambda player, loss: None)
    assert recurrent_state == {} and shown["pedal"] == 0 and scores["loss"][0] == pytest.approx(shown["loss"])


def test_unknown_targets_count_for_nothing() -> None:
    net, spectrum = model().eval(), levels(8)
    target = (torch.rand(1, 4, 4, KEYS) < 0.1).float()
    unknown, other = target.clone(), target.clone()
    unknown[0, 1:3, 2:, 40] = torch.nan
    other[0, 1:3, :2], other[0, 1:3, :, :40], other[0, 1:3, :, 41:] = 1, 1, 1
    other[0, 1:3, 2:, 40] = torch.nan
    pedal = torch.full((1, 4), torch.nan)
    first, all_ones = (net.score({"levels": spectrum, "target": t, "pedal": pedal}, {})[0] for t in (unknown, other))
    with torch.no_grad():
        logits = net(spectrum).keys[0, 1]
    known = torch.ones(4, KEYS, dtype=torch.bool)
    known[2:, 40] = False
    assert first["offset"][0] == pytest.approx(
        torch.nn.functional.binary_cross_entropy_with_logits(logits[known], target[0, 1][known]).item()
    )
    assert all_ones["offset"][0] == pytest.approx((-torch.nn.functional.logsigmoid(logits[known])).mean().item())
    assert all(np.isfinite(value) for value, _ in (*first.values(), *all_ones.values()))


def test_senseless_sizes_are_refused() -> None:
    with pytest.raises(UsageError):
        Config(channels=0)
    with pytest.raises(UsageError):
        Config(bins=100)
