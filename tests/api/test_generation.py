"""``generate`` of the library offers what the command does, by the same names, and refuses the same."""

import inspect
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

import maestrokit
from maestrokit.cli.commands.generate.conditioning import Conditioning
from maestrokit.cli.commands.generate.options import GenerateOptions
from maestrokit.errors import UsageError
from maestrokit.inference.generation.events import GenerationConfig, infill, perform
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.sequence_model import SequenceModel
from maestrokit.models import transformer
from maestrokit.models.contract import new_model

ENCODING = maestrokit.Encoding()


@pytest.fixture(scope="module")
def model() -> SequenceModel:
    """A small model of notes at random."""
    torch.manual_seed(0)
    sizes = {"width": 16, "layers": 1, "heads": 2, "hidden": 16, "length": 64}
    config = transformer.Config(**sizes, encoding="notes", conditions="composer,density,loudness", infill=True)
    network = new_model(transformer, config).eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    network.class_names = {"composer": ["Franz Liszt", "Frédéric Chopin"]}
    return SequenceModel(network, ENCODING, NoteSampling())


def midi(performances: list[maestrokit.Performance]) -> list[bytes]:
    return [maestrokit.dump_midi(performance) for performance in performances]


def test_the_options_of_the_command_are_all_there() -> None:
    options = {field.name for kind in (GenerateOptions, Conditioning) for field in fields(kind)}
    parameters = set(inspect.signature(maestrokit.generate).parameters) - {"options"}
    taken = parameters | set(maestrokit.GenerationOptions.__annotations__)
    of_style = {"style", "style_strength"}  # another call of the library, whose options lack the prefix
    assert options - {"output", "directory", "format_"} - of_style == taken - {"seed"}
    assert {"style", "strength"} <= set(inspect.signature(maestrokit.transfer_style).parameters)


def test_an_option_that_does_not_exist_is_an_error_of_the_caller() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'speed'"):
        maestrokit.generate(speed=100)


def test_conditions_and_candidates_reach_the_model(model: SequenceModel) -> None:
    config = GenerationConfig(
        2.0, 2, 3, conditions={"composer": "Chopin", "density": "6.0", "loudness": "mf"}, guidance=1.5, best_of=2
    )
    expected = perform(model.model, ENCODING, config.with_sampling(model.sampling, {"top_p": 0.9}))
    options = {"duration": 2.0, "count": 2, "seed": 3, "guidance": 1.5, "best_of": 2, "top_p": 0.9, "model": model}
    new = maestrokit.generate(composer="Chopin", density=6.0, loudness="mf", **options)
    assert midi(new) == midi(expected)
    named = maestrokit.generate(condition={"composer": "Chopin", "loudness": "mf"}, density=6.0, **options)
    assert midi(named) == midi(expected)
    assert midi(maestrokit.generate(**options)) != midi(expected)


def test_a_span_of_the_prompt_is_replaced(model: SequenceModel, demo_folder: Path) -> None:
    prompt = demo_folder / "bach-prelude.mid"
    performance = maestrokit.read_midi(prompt)
    expected = infill(
        model.model,
        ENCODING,
        GenerationConfig(seed=2).with_sampling(model.sampling, {}),
        performance,
        start=2.0,
        stop=4.0,
    )
    new = maestrokit.generate(prompt, model=model, infill=(2.0, 4.0), seed=2)
    assert midi(new) == midi(expected)
    second = maestrokit.timed_notes(new[0], pedal_extends=False).onset
    kept = maestrokit.timed_notes(performance, pedal_extends=False)
    outside = kept.onset[(kept.onset < 2.0) | (kept.onset >= 4.0)]
    np.testing.assert_allclose(second[(second < 2.0) | (second >= 4.0)], outside)


@pytest.mark.parametrize(
    ("parameter", "options"),
    [
        ("guidance", {"guidance": -1.0}),
        ("guidance", {"guidance": float("nan")}),
        ("best_of", {"best_of": 0}),
        ("rank_by", {"rank_by": "charm"}),
        ("count", {"count": 0}),
        ("duration", {"duration": 0.0}),
        ("seed", {"seed": -1}),
        ("composer", {"composer": "Nobody"}),
        ("density", {"density": -2.0}),
        ("loudness", {"loudness": "loud"}),
        ("condition", {"condition": {"weather": "fine"}}),
        ("condition", {"condition": {"density": 3}, "density": 4.0}),
        ("infill", {"infill": (1.0, 2.0)}),
        ("prompt_seconds", {"prompt_seconds": 2.0}),
        ("device", {"device": "cpu"}),
    ],
)
def test_what_is_wrong_is_named(model: SequenceModel, parameter: str, options: dict) -> None:
    with pytest.raises(UsageError) as caught:
        maestrokit.generate(**{"model": model, "duration": 1.0} | options)
    assert caught.value.parameter == parameter


@pytest.mark.parametrize(
    ("parameter", "options"),
    [
        ("infill", {"infill": (2.0, 1.0)}),
        ("infill", {"infill": (-3.0, 1.0)}),
        ("infill", {"infill": (1.0, float("nan"))}),
        ("infill", {"infill": (1.0, float("inf"))}),
        ("infill", {"infill": (1.0, 1.05)}),
        ("infill", {"infill": (1e4, 2e4)}),
        ("duration", {"infill": (1.0, 2.0), "duration": 3.0}),
        ("prompt_seconds", {"infill": (1.0, 2.0), "prompt_seconds": 3.0}),
        ("device", {"model": "transformer", "device": "tpu0"}),
    ],
)
def test_what_is_wrong_with_a_prompt_is_named(
    model: SequenceModel, demo_folder: Path, parameter: str, options: dict
) -> None:
    with pytest.raises(UsageError) as caught:
        maestrokit.generate(demo_folder / "bach-prelude.mid", **{"model": model} | options)
    assert caught.value.parameter == parameter


def test_a_model_that_has_not_learned_something_says_so(model: SequenceModel, demo_folder: Path) -> None:
    torch.manual_seed(0)
    plain = new_model(transformer, replace(model.model.config, conditions="", infill=False)).eval()
    prompt = demo_folder / "bach-prelude.mid"
    with pytest.raises(UsageError, match="takes no conditions"):
        maestrokit.generate(model=SequenceModel(plain, ENCODING, NoteSampling()), density=5.0)
    with pytest.raises(UsageError, match="not learned to fill gaps"):
        maestrokit.generate(prompt, model=SequenceModel(plain, ENCODING, NoteSampling()), infill=(1.0, 2.0))
