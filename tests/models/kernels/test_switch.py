"""Models by the fused kernels equal the same models by plain torch."""

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from maestrokit.models import transformer
from maestrokit.models.kernels.fused import Gated, applies_to, plain_torch


def gradients(model, tokens):
    """Return the logits, and the gradients of a loss by name."""
    logits, _ = model(tokens[:, :-1])
    model.zero_grad()
    F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten()).backward()
    return logits, {name: weight.grad.clone() for name, weight in model.named_parameters()}


@pytest.mark.parametrize("variant", transformer.VARIANTS)
@pytest.mark.parametrize("kv_heads", [1, 2])
def test_a_transformer_by_the_kernels_equals_plain_torch(variant, kv_heads, monkeypatch):
    torch.manual_seed(1)
    sizes = {"vocabulary": 20, "width": 16, "layers": 2, "heads": 2, "kv_heads": kv_heads, "hidden": 24, "length": 12}
    model = transformer.Model(transformer.Config(**sizes, dropout=0.0, variant=variant)).double()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.4)
    tokens = torch.randint(0, 20, (3, 10))
    fused = gradients(model, tokens)
    with plain_torch():
        assert not applies_to(fused[0])
        monkeypatch.setattr(Gated, "apply", None)  # no kernel is called
        plain = gradients(model, tokens)
    assert applies_to(fused[0])
    torch.testing.assert_close(fused[0], plain[0])
    torch.testing.assert_close(fused[1], plain[1])
