"""Relative attention is what the paper defines; a cache changes nothing; nothing depends on what follows it."""

from dataclasses import replace

import pytest
import torch

from maestrokit.errors import UsageError
from maestrokit.models.attention.operators import skew
from maestrokit.models.transformer import Config, Model

VARIANTS = pytest.mark.parametrize("variant", ["relative", "modern"])
SHARING = pytest.mark.parametrize("kv_heads", [1, 3])


def model(variant, length=32, kv_heads=3):
    torch.manual_seed(0)
    sizes = {"vocabulary": 11, "width": 24, "layers": 2, "heads": 3, "kv_heads": kv_heads, "hidden": 32}
    network = Model(Config(**sizes, length=length, dropout=0.0, variant=variant))
    for weight in network.parameters():  # outputs start at zero, which would hide everything
        torch.nn.init.normal_(weight, std=0.3)
    return network.eval()


def test_pinned_positions_are_never_forgotten():
    cache = model("modern", length=16).initial_state(1, length=100, pinned=3)
    cache.keys[0][0, 0, :, 0] = torch.arange(16.0)
    cache.advance(16)
    cache.make_room(1)
    assert cache.keys[0][0, 0, : cache.used, 0].tolist() == [0, 1, 2, *range(5, 16)]


def test_the_skew_moves_distances_to_keys():
    batch, heads, length = 2, 3, 7
    scores = torch.randn(batch, heads, length, length)
    moved = skew(scores)
    for query in range(length):
        for key in range(query + 1):
            assert torch.equal(moved[..., query, key], scores[..., query, length - 1 - (query - key)])


@SHARING
@pytest.mark.parametrize("time", [1, 5, 32])
def test_relative_attention_is_the_naive_definition(time, kv_heads):
    attention = model("relative", kv_heads=kv_heads).layers[0].attention
    x = torch.randn(2, time, 24)
    got = attention(x, None, None, 0)
    projected = attention.project(x).view(2, time, 3 + 2 * kv_heads, 8)
    key_of = [3 + head * kv_heads // 3 for head in range(3)]
    attended = torch.zeros(2, time, 3, 8)
    for row in range(2):
        for head in range(3):
            indices = head, key_of[head], key_of[head] + kv_heads
            query, key, value = (projected[row, :, index] for index in indices)
            for i in range(time):
                scores = [query[i] @ (key[j] + attention.distance[head, 31 - (i - j)]) / 8**0.5 for j in range(i + 1)]
                attended[row, i, head] = torch.softmax(torch.stack(scores), 0) @ value[: i + 1]
    assert torch.allclose(got, attention.output(attended.reshape(2, time, 24)), atol=1e-5)


@VARIANTS
def test_rows_before_a_change_do_not_change(variant):
    network, tokens = model(variant), torch.randint(0, 11, (1, 20))
    changed = tokens.clone()
    changed[0, 12] = (changed[0, 12] + 1) % 11
    with torch.no_grad():
        before, after = network(tokens)[0], network(changed)[0]
    assert torch.allclose(before[:, :12], after[:, :12], atol=1e-6)
    assert not torch.allclose(before[:, 12:], after[:, 12:], atol=1e-3)


@VARIANTS
@SHARING
@pytest.mark.parametrize("pieces", [[1] * 32, [10, 1, 1, 5, 15], [32]])
def test_cached_logits_are_uncached_logits(variant, kv_heads, pieces):
    network, tokens = model(variant, kv_heads=kv_heads), torch.randint(0, 11, (3, 32))
    with torch.no_grad():
        whole = network(tokens)[0]
        state, got = network.initial_state(3, length=100), []
        for part in tokens.split(pieces, dim=1):
            logits, state = network(part, state)
            got.append(logits)
    assert torch.allclose(torch.cat(got, 1), whole, atol=1e-4)


@VARIANTS
def test_a_full_cache_forgets_the_oldest(variant):
    network, tokens = model(variant, length=16), torch.randint(0, 11, (1, 60))
    with torch.no_grad():
        state = network.initial_state(1, length=1000)
        for index in range(60):
            logits, state = network(tokens[:, index : index + 1], state)
    assert state.position == 60
    assert state.used <= 16
    assert torch.isfinite(logits).all()


@VARIANTS
def test_rotary_and_relative_positions_know_only_distances(variant):
    network = model(variant, length=64)
    tokens = torch.randint(0, 11, (1, 10))
    with torch.no_grad():
        state = network.initial_state(1, length=64)
        early, _ = network(tokens, state)
        late_state = network.initial_state(1, length=64)
        late_state.position = 30
        late, _ = network(tokens, late_state)
    assert torch.allclose(early, late, atol=1e-4)


@VARIANTS
def test_training_starts_from_uniform_probabilities(variant):
    network = Model(Config(vocabulary=11, width=24, layers=2, heads=3, hidden=32, variant=variant, dropout=0.0))
    scores, _ = network.score({"tokens": torch.randint(0, 11, (2, 8)), "target": torch.randint(0, 11, (2, 8))}, {})
    assert scores["loss"][0] / scores["loss"][1] == pytest.approx(torch.tensor(11.0).log().item(), rel=1e-5)


@VARIANTS
def test_a_deeper_model_begins_as_the_shallow_one(variant):
    before, tokens = model(variant), torch.randint(0, 11, (2, 20))
    deeper = Model(replace(before.config, layers=5)).eval()
    missing = deeper.load_state_dict(before.state_dict(), strict=False)
    assert missing.missing_keys and not missing.unexpected_keys
    with torch.no_grad():
        assert torch.equal(before(tokens)[0], deeper(tokens)[0])


@VARIANTS
def test_a_wider_feed_begins_as_the_narrow_one(variant):
    before, tokens = model(variant), torch.randint(0, 11, (2, 20))
    wider = Model(replace(before.config, hidden=64)).eval()
    wider.load_state_dict(wider.inherited(before.state_dict()))
    with torch.no_grad():
        assert torch.allclose(before(tokens)[0], wider(tokens)[0], atol=1e-5)


@VARIANTS
def test_heads_begin_to_share_the_means_of_their_keys_and_values(variant):
    before, tokens = model(variant), torch.randint(0, 11, (2, 20))
    with torch.no_grad():
        for layer in before.layers:  # (heads, dim, width) of keys, then of values
            shared = layer.attention.project.weight[24:].view(2, 3, 8, 24)
            noise = torch.randn(2, 3, 8, 24)
            mean = torch.randn(2, 1, 8, 24) * 0.3
            shared.copy_(mean + noise - noise.mean(1, keepdim=True))
        same = Model(before.config).eval()
        same.load_state_dict(same.inherited(before.state_dict()))
        assert torch.equal(before(tokens)[0], same(tokens)[0])
        sharing = Model(replace(before.config, kv_heads=1)).eval()
        sharing.load_state_dict(sharing.inherited(before.state_dict()))
        for layer in before.layers:
            shared = layer.attention.project.weight[24:].view(2, 3, 8, 24)
            shared.copy_(shared.mean(1, keepdim=True).expand_as(shared))
        assert torch.allclose(before(tokens)[0], sharing(tokens)[0], atol=1e-5)


@VARIANTS
@pytest.mark.parametrize("sizes", [{"width": 48, "hidden": 64}, {"width": 12}, {"heads": 6, "kv_heads": 2}])
def test_weights_of_quite_another_size_are_left_for_others_to_refuse(variant, sizes):
    before = model(variant)
    other = Model(replace(before.config, **sizes))
    with pytest.raises(RuntimeError, match="size mismatch"):
        other.load_state_dict(other.inherited(before.state_dict()))


def test_senseless_sizes_are_refused():
    with pytest.raises(UsageError, match="share 3 heads of keys"):
        Config(heads=4, kv_heads=3)
    with pytest.raises(UsageError, match="even multiple"):
        Config(width=100, heads=3)
    with pytest.raises(UsageError, match="no variant"):
        Config(variant="quantum")
    with pytest.raises(UsageError, match="dropout"):
        Config(dropout=1.0)
