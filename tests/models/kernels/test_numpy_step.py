"""Steps in numpy give the logits of the models they stand for."""

import numpy as np
import pytest
import torch

from maestrokit.models import lstm, transformer
from maestrokit.models.kernels.numpy_step import TorchStep
from maestrokit.models.kernels.numpy_transformer import together


def stepped(model, state):
    return model.stepper(state)


def small(variant, kv_heads):
    sizes = {"vocabulary": 50, "width": 16, "layers": 2, "heads": 4, "kv_heads": kv_heads, "hidden": 24, "length": 12}
    return transformer.Model(transformer.Config(**sizes, dropout=0.0, variant=variant))


MODELS = {
    "relative": lambda: small("relative", 4),
    "relative, keys shared": lambda: small("relative", 2),
    "modern": lambda: small("modern", 4),
    "modern, keys shared": lambda: small("modern", 1),
    "lstm": lambda: lstm.Model(lstm.Config(50, 16, 2, 0.0)),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("rows", [1, 3])
def test_steps_equal_those_of_the_model_also_once_it_forgets(name, rows):
    torch.manual_seed(3)
    model = MODELS[name]().eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.4)
    tokens = torch.randint(0, 50, (rows, 30))
    states = []
    for _ in range(2):
        with torch.inference_mode():
            states.append(model(tokens[:, :7], model.initial_state(rows, length=40))[1])
    quick, plain = model.stepper(states[0]), TorchStep(model, states[1])
    assert not isinstance(quick, TorchStep)
    for place in range(7, 30):
        events = tokens[:, place].numpy()
        np.testing.assert_allclose(quick(events), plain(events), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("kind", [stepped, TorchStep])
def test_rows_that_are_kept_go_on_as_they_would_have(name, kind):
    torch.manual_seed(4)
    model = MODELS[name]().eval()
    tokens = torch.randint(0, 50, (3, 8))
    whole, part = (kind(model, model.initial_state(3, length=20)) for _ in range(2))
    for place in range(4):
        whole(tokens[:, place].numpy())
        part(tokens[:, place].numpy())
    part.keep(np.array([True, False, True]))
    for place in range(4, 8):
        events = tokens[:, place].numpy()
        np.testing.assert_allclose(part(events[[0, 2]]), whole(events)[[0, 2]], rtol=1e-4, atol=1e-5)
    part.keep(np.array([False, True]))
    for _ in range(3):
        np.testing.assert_allclose(part(events[[2]]), whole(events)[[2]], rtol=1e-4, atol=1e-5)


def test_scores_beyond_exponentials_are_no_trouble():
    torch.manual_seed(5)
    model = small("modern", 1).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.normal_(std=0.4)
            if name.endswith(("query_norm.weight", "key_norm.weight")):
                weight.mul_(40)
    quick, plain = (kind(model, model.initial_state(2, length=20)) for kind in (stepped, TorchStep))
    for events in torch.randint(0, 50, (10, 2)).numpy():
        np.testing.assert_allclose(quick(events), plain(events), rtol=1e-3, atol=1e-3)


def test_arrays_are_put_together_as_they_are():
    arrays = [np.arange(6.0).reshape(2, 3), np.arange(4.0).reshape(4, 1)]
    parts = [{"one": arrays[0]}, {"other": arrays[1]}]
    together(parts)
    for part, array in zip((parts[0]["one"], parts[1]["other"]), arrays, strict=True):
        np.testing.assert_array_equal(part, array)
    assert parts[0]["one"].base is parts[1]["other"].base is not None
