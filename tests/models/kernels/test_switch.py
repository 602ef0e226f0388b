"""Models by the kernels equal the same models by plain torch, each function and the whole."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from maestrokit.inference.note_models.batches import padded
from maestrokit.models import transformer
from maestrokit.models.attention import operators
from maestrokit.models.contract import new_model
from maestrokit.models.kernels import fused, fused_attention
from maestrokit.models.kernels.switch import applies_to, plain_torch, replaced_by
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import excerpt
from maestrokit.music.encodings.step_notes import reconciled

KERNELS = [
    fused.Dropped, fused.Gated, fused.RmsNorm, fused.Rotated, fused.ShortConvolution, fused_attention.CausalAttention,
]  # fmt: skip


def model(**settings):
    """Return a model of double precision whose weights are all random."""
    torch.manual_seed(1)
    sizes = {"vocabulary": 20, "width": 16, "layers": 2, "heads": 2, "hidden": 24, "length": 24, "dropout": 0.0}
    network = new_model(transformer, transformer.Config(**sizes | settings)).double()
    with torch.no_grad():
        for weight in network.parameters():
            weight.normal_(std=0.4)
    return network


def by_kernels_and_plain(network, outputs, monkeypatch):
    """Return the outputs and the gradients of their weighted sum by the kernels, then by plain torch."""

    def computed():
        network.zero_grad()
        out = outputs()
        sum((part * torch.linspace(-1, 1, part.numel()).view_as(part)).sum() for part in out.values()).backward()
        return out, {name: weight.grad.clone() for name, weight in network.named_parameters()}

    by_kernels = computed()
    with plain_torch():
        for kernel in KERNELS:
            monkeypatch.setattr(kernel, "apply", None)  # none is called
        return by_kernels, computed()


@pytest.mark.parametrize("variant", transformer.VARIANTS)
@pytest.mark.parametrize("kv_heads", [1, 2])
def test_a_model_of_events_by_the_kernels_equals_plain_torch(variant, kv_heads, monkeypatch):
    network, tokens = model(variant=variant, kv_heads=kv_heads), torch.randint(0, 20, (3, 10))
    by_kernels, plain = by_kernels_and_plain(network, lambda: {"logits": network(tokens)[0]}, monkeypatch)
    torch.testing.assert_close(by_kernels, plain)


@pytest.mark.parametrize("kv_heads", [1, 2])
def test_a_model_of_notes_by_the_kernels_equals_plain_torch(kv_heads, monkeypatch):
    generator = np.random.default_rng(0)
    onset = np.cumsum(generator.integers(0, 12, 20))
    offset, pitch = onset + generator.integers(1, 60, 20), generator.integers(30, 90, 20)
    notes = reconciled(onset, offset, pitch, generator.integers(0, 32, 20))
    batch = padded([excerpt(notes, 0, len(notes.pitch) + 1, Encoding())])
    batch = {name: part.double() if part.is_floating_point() else part for name, part in batch.items()}
    network = model(encoding="notes", kv_heads=kv_heads)
    by_kernels, plain = by_kernels_and_plain(network, lambda: network.nats(batch)[0], monkeypatch)
    torch.testing.assert_close(by_kernels, plain, rtol=1e-4, atol=1e-5)  # nats are of single precision


def test_the_switch_runs_kernels_in_full_precision_only_and_never_within_plain_torch():
    function = replaced_by(lambda x, rate: x + rate)(lambda x, rate: x - rate)
    x = torch.ones(2)
    assert torch.equal(function(x, 1), x + 1) and applies_to(x)
    assert torch.equal(function(x.bfloat16(), 1), x.bfloat16() - 1)
    with plain_torch():
        assert torch.equal(function(x, 1), x - 1) and not applies_to(x)
    assert torch.equal(function(x, 1), x + 1)


@pytest.mark.parametrize("time", [1, 5])
def test_dropout_by_the_kernel_and_plain_keeps_the_mean(time):
    torch.manual_seed(0)
    x = torch.ones(time, 40000, dtype=torch.float64)
    assert operators.dropout(x, 0.25, True).mean().item() == pytest.approx(1, abs=0.02)
    with plain_torch():
        assert operators.dropout(x, 0.25, True).mean().item() == pytest.approx(1, abs=0.02)
        assert torch.equal(operators.dropout(x, 0.25, False), F.dropout(x, 0.25, False))
