"""Conditions change what a model expects, and nothing before it has learned to."""

from dataclasses import replace

import pytest
import torch

from maestrokit.models.contract import new_model
from maestrokit.models.sequences.conditions import CLASSES, Conditions
from maestrokit.music.encodings.conditions import SCALES
from maestrokit.music.encodings.notes import FACTORS
from small_note_models import EACH, FAMILIES, batch_of, model, notes

NAMES = ("composer", "density", "loudness", "tempo")
ALL = ",".join(NAMES)


def conditioned(family, names=ALL):
    module, config = FAMILIES[family]
    torch.manual_seed(1)
    return new_model(module, replace(config, conditions=names)).eval()


@EACH
def test_a_model_to_which_conditions_are_added_begins_as_it_was(family):
    before, after = model(family), conditioned(family)
    adapted = after.inherited(before.state_dict())
    after.load_state_dict({**after.state_dict(), **adapted})
    batch = batch_of(notes(30))
    conditioned_batch = batch | {f"condition_{name}": torch.tensor([3]) for name in NAMES}
    with torch.no_grad():
        begun, other, third = (
            network.nats({**batch, **more})[0]
            for network, more in ((before, {}), (after, {}), (after, conditioned_batch))
        )
    assert all(torch.equal(begun[name], other[name]) and torch.equal(begun[name], third[name]) for name in FACTORS)


@EACH
def test_each_row_has_its_own_conditions_and_what_is_left_out_is_code_0(family):
    network = conditioned(family)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    batch = {name: torch.cat((part, part)) for name, part in batch_of(notes(20)).items()}
    codes = {"condition_composer": torch.tensor([0, 5]), "condition_density": torch.tensor([0, 9])}
    with torch.no_grad():
        present, absent = network.nats({**batch, **codes})[0], network.nats(batch)[0]
    for name in FACTORS:
        assert torch.allclose(present[name][0], absent[name][0], atol=1e-5)
        assert not torch.allclose(present[name][1], absent[name][1], atol=1e-3)


@EACH
def test_conditions_that_a_model_no_longer_has_are_left_behind(family):
    before, after = conditioned(family), conditioned(family, "density")
    inherited = after.inherited(before.state_dict())
    assert {name.split(".")[2] for name in inherited if name.startswith("conditions.")} == {"density"}
    assert after.load_state_dict(inherited).missing_keys == []


def test_tables_have_a_row_for_every_code():
    part = Conditions(NAMES, 4)
    sizes = {name: len(table.weight) for name, table in part.tables.items()}
    assert sizes == {"composer": CLASSES + 1, **{name: len(scale) + 1 for name, scale in SCALES.items()}}
    assert part({}).shape == (1, 1, 4)


def test_neighbouring_densities_learn_together_and_uncondition_alone():
    part = Conditions(("density",), 1)
    table = part.tables["density"]
    torch.nn.init.ones_(table.shared)
    learned = table.table()[:, 0]
    assert learned[0] == 0 and (learned[1:] > 0).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_condition_gets_a_gradient(family):
    network = conditioned(family)
    network.heads.output["pitch"].weight.data.normal_()  # outputs that are 0 at first pass no gradient on
    for part in network.body.modules():
        if getattr(part, "output", None) is not None:
            part.output.weight.data.normal_()
    batch = batch_of(notes(20)) | {f"condition_{name}": torch.tensor([2]) for name in NAMES}
    network.step(batch, {}, lambda group, loss: loss.backward())
    assert all(table.weight.grad[2].abs().sum() > 0 for table in network.conditions.tables.values())
