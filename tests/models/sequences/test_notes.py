"""Models of notes: each factor knows those before it and nothing later; what cannot be costs nothing to rule out."""

import numpy as np
import pytest
import torch

from maestrokit.inference.note_models.batches import padded
from maestrokit.models import transformer
from maestrokit.models.contract import new_model
from maestrokit.models.kernels.linear import Bfloat16Product
from maestrokit.music.encodings.events import Encoding
from maestrokit.music.encodings.notes import FACTORS, excerpt
from small_note_models import EACH, FAMILIES, batch_of, model, notes


@EACH
def test_notes_that_follow_change_nothing_before(family):
    network, part = model(family), notes(30)
    changed = part._replace(velocity_bin=np.where(np.arange(len(part.pitch)) == 12, 31, part.velocity_bin))
    with torch.no_grad():
        before, after = network.nats(batch_of(part))[0], network.nats(batch_of(changed))[0]
    for name in FACTORS:
        known = 13 if name in ("time", "pitch") else 12  # of note 12 itself, what comes before its velocity
        assert torch.allclose(before[name][:, :known], after[name][:, :known], atol=1e-5)
        assert not torch.allclose(before[name][:, 13:], after[name][:, 13:], atol=1e-5)


@EACH
def test_a_model_that_knows_nothing_finds_all_that_can_be_equally_likely(family):
    batch = batch_of(notes(30))
    with torch.no_grad():
        logits, _ = model(family, is_new=True).logits(batch)
    free = ~batch["next_blocked"]
    chances = torch.softmax(logits["pitch"], -1)
    assert torch.allclose(chances, free / free.sum(-1, keepdim=True))
    assert torch.equal(torch.isfinite(logits["duration"][..., :8]), batch["next_present"])
    assert torch.equal(torch.isfinite(logits["time"][..., 0]), batch["next_joinable"])


@EACH
def test_padding_changes_no_score_and_no_gradient(family):
    network, long, short = model(family), notes(20), notes(7, seed=1)
    excerpts = [excerpt(part, 0, len(part.pitch) + 1, Encoding()) for part in (long, short)]
    together, _ = network.score(padded(excerpts), {})
    alone = [network.score(padded([batch]), {})[0] for batch in excerpts]
    for name in together:
        assert together[name][0] == pytest.approx(sum(scores[name][0] for scores in alone), rel=1e-4)
        assert together[name][1] == sum(scores[name][1] for scores in alone)
    network.step(padded(excerpts), {}, lambda player, loss: loss.backward())
    assert all(torch.isfinite(weight.grad).all() for weight in network.parameters())


@EACH
def test_factors_and_remainders_add_up_to_the_loss(family):
    network, batch = model(family), batch_of(notes(30))
    scores, _ = network.score(batch, {})
    assert scores["loss"][0] == pytest.approx(sum(scores[name][0] for name in FACTORS))
    batch["next_time_remainder"] += 1.0
    dearer, _ = network.score(batch, {})
    assert dearer["loss"][0] - scores["loss"][0] == pytest.approx(scores["loss"][1], rel=1e-3)  # a nat for each note


def test_products_in_bfloat16_are_those_of_rounded_matrices():
    torch.manual_seed(0)
    x, weight = torch.randn(5, 7, 16, requires_grad=True), torch.randn(8, 16, requires_grad=True)
    out = Bfloat16Product.apply(x, weight, torch.float32)
    exact = x @ weight.T
    assert out.dtype == torch.float32
    assert torch.allclose(out, exact, atol=0.1)
    out.square().sum().backward()
    got = x.grad.clone(), weight.grad.clone()
    x.grad = weight.grad = None
    exact.square().sum().backward()
    for product, reference in zip(got, (x.grad, weight.grad), strict=True):
        assert (product - reference).norm() < 0.02 * reference.norm()


def test_a_step_in_bfloat16_is_nearly_one_in_float32():
    network, batch = model("transformer"), batch_of(notes(30))
    exact, _ = network.step(batch, {}, lambda player, loss: loss.backward())
    with torch.autocast("cpu", torch.bfloat16):
        rounded, _ = network.step(batch, {}, lambda player, loss: loss.backward())
    assert rounded["loss"] == pytest.approx(exact["loss"], rel=0.02)


def test_a_body_of_more_layers_begins_with_what_a_smaller_one_knows():
    small = model("transformer")
    module, config = FAMILIES["transformer"]
    wide = new_model(module, transformer.Config(**{**vars(config), "hidden": 48}))
    wide.load_state_dict(wide.inherited(small.state_dict()))
    batch = batch_of(notes(20))
    with torch.no_grad():
        nats, other = small.nats(batch)[0], wide.eval().nats(batch)[0]
    assert all(torch.allclose(nats[name], other[name], atol=1e-5) for name in FACTORS)
