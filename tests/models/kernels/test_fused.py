"""Gradients that are written out are those that torch finds."""

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from maestrokit.models.kernels import fused, fused_attention
from maestrokit.models.kernels.fused import dropout_mask
from maestrokit.models.kernels.fused_attention import BLOCK, causal_attention


def numbers(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def agree(ours, plain, *inputs):
    """Return whether both give the same, and the same gradients of the same random sum."""
    first, second = ours(*inputs), plain(*inputs)
    if not torch.allclose(first, second, atol=1e-10):
        return False
    weights = torch.randn_like(first)
    differentiable = [x for x in inputs if isinstance(x, torch.Tensor) and x.requires_grad]
    pairs = zip(*(torch.autograd.grad((out * weights).sum(), differentiable) for out in (first, second)), strict=True)
    return all(torch.allclose(*pair, atol=1e-9) for pair in pairs)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("shape", [(2, 5, 8), (3, 2, 4, 8)])
def test_rms_norm(shape):
    assert agree(
        lambda x, w: fused.rms_norm(x, w, 1e-6),
        lambda x, w: F.rms_norm(x, (8,), w, 1e-6),
        numbers(*shape),
        numbers(8),
    )


@pytest.mark.parametrize("time", [1, 3, 9])
def test_short_convolution(time):
    def plain(x, weight):
        long = F.pad(x, (0, 0, 3, 0))
        return x + sum(long[:, row : row + time] * weight[row] for row in range(4))

    assert agree(fused.short_convolution, plain, numbers(2, time, 6), numbers(4, 6))


def test_gates():
    assert agree(fused.gated, lambda x: F.silu(x.chunk(2, -1)[0]) * x.chunk(2, -1)[1], numbers(2, 5, 8))


def test_swiglu():
    def plain(x, enter, leave):
        gate, value = (x @ enter.T).chunk(2, -1)
        return (F.silu(gate) * value) @ leave.T

    assert agree(fused.swiglu, plain, numbers(2, 5, 6), numbers(8, 6), numbers(6, 4))


def test_rotations():
    angle = torch.randn(5, 4, dtype=torch.float64)

    def plain(x):
        rotated = torch.view_as_complex(torch.stack(x.chunk(2, -1), -1)) * torch.polar(torch.ones_like(angle), angle)
        return torch.cat((rotated.real, rotated.imag), -1)

    assert agree(lambda x: fused.rotate(x, angle.cos(), angle.sin()), plain, numbers(2, 3, 5, 8))


@pytest.mark.parametrize("most_saved", [0, 1 << 24])
@pytest.mark.parametrize("time", [1, 2, BLOCK - 1, BLOCK, 2 * BLOCK + 7])
@pytest.mark.parametrize("is_relative", [False, True])
@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_attention(time, is_relative, kv_heads, most_saved, monkeypatch):
    monkeypatch.setattr(fused_attention, "MOST_SAVED", most_saved)

    def plain(query, key, value, distance=None):
        key, value = (part.repeat_interleave(4 // kv_heads, 1) for part in (key, value))
        scores = query @ key.transpose(-1, -2)
        if distance is not None:
            behind = torch.arange(time)[:, None] - torch.arange(time)
            embedded = distance[:, (distance.shape[1] - 1 - behind).clamp(max=distance.shape[1] - 1)]
            scores = scores + torch.einsum("bhtd,htkd->bhtk", query, embedded)
        future = torch.ones(time, time, dtype=torch.bool).triu(1)
        return (scores * 4**-0.5).masked_fill(future, -torch.inf).softmax(-1) @ value

    inputs = [numbers(2, heads, time, 4) for heads in (4, kv_heads, kv_heads)]
    inputs += [numbers(4, time + 5, 4)] if is_relative else []
    assert agree(lambda q, k, v, d=None: causal_attention(q, k, v, d, 0.0), plain, *inputs)


def test_strides_do_not_matter_to_attention():
    packed = numbers(2, 40, 3, 3, 4)
    parts = [part.transpose(1, 2) for part in packed.unbind(2)]
    attended = causal_attention(*parts, None, 0.0)
    assert torch.allclose(attended, causal_attention(*(part.contiguous() for part in parts), None, 0.0))
    (gradient,) = torch.autograd.grad(attended.sum(), packed)
    plain = F.scaled_dot_product_attention(*parts, is_causal=True)
    assert torch.allclose(gradient, torch.autograd.grad(plain.sum(), packed)[0], atol=1e-10)


def test_dropout_keeps_its_share_and_the_mean():
    mask, scale = dropout_mask((1000, 333), 0.3)
    assert mask.shape == (1000, 333)
    assert mask.float().mean().item() == pytest.approx(0.7, abs=0.005)
    assert scale * 0.7 == pytest.approx(1.0, abs=1e-4)
    assert not torch.equal(mask, dropout_mask((1000, 333), 0.3)[0])
    x = numbers(50, 7)
    out = fused.dropout(x, 0.5, True)
    assert torch.equal(out[out != 0], 2 * x[out != 0])
    assert torch.equal(torch.autograd.grad(out.sum(), x)[0], 2.0 * (out != 0))
    assert fused.dropout(x, 0.5, False) is x and fused.dropout(x, 0.0, True) is x


def test_attention_drops_weights_of_its_sum():
    query, key = (torch.zeros(1, 1, 200, 2, dtype=torch.float64) for _ in range(2))
    value = torch.ones(1, 1, 200, 2, dtype=torch.float64, requires_grad=True)
    attended = causal_attention(query, key, value, None, 0.4)
    assert attended[0, 0, -50:].mean().item() == pytest.approx(1.0, abs=0.1)
    assert attended[0, 0, 0, 0].item() in (0.0, pytest.approx(1 / 0.6, abs=1e-3))
    # The sum is linear in the values, so its gradient times the values is the sum itself.
    (gradient,) = torch.autograd.grad(attended.sum(), value)
    assert (gradient * value).sum().item() == pytest.approx(attended.sum().item())
