"""What is asked for reaches the model: stepping in numpy is conditioned as a full pass is, and words are understood."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import small_note_models
from maestrokit.errors import BadDataError, UsageError
from maestrokit.inference.conditions import condition_codes
from maestrokit.inference.generation.events import GenerationConfig, generate
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.note_models.steps import GuidedHeads, HeadsStep, NoteStep, condition_vectors
from maestrokit.inference.note_models.torch_steps import layer_stepper
from maestrokit.inference.perplexity import surprisals
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.models import lstm
from maestrokit.models.contract import new_model
from maestrokit.music.encodings.conditions import measured, measured_code
from maestrokit.music.encodings.events import Encoding, encode_notes
from maestrokit.music.encodings.notes import note_sequence
from small_note_models import EACH, ENCODING, FAMILIES, batch_of, check_valid, notes, saved, stepped_logits

CLASSES = {"composer": ["other", "Franz Liszt", "Franz Schubert", "Franz Schubert / Franz Liszt", "Frédéric Chopin",
                        "Johann Christian Bach", "Johann Sebastian Bach"]}  # fmt: skip
CODES = {"composer": 3, "density": 12}


def model(family):
    """Return a model with conditions, at random."""
    module, config = FAMILIES[family]
    torch.manual_seed(0)
    network = new_model(module, replace(config, conditions="composer,density,loudness")).eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    network.class_names = CLASSES
    return network


@EACH
@pytest.mark.parametrize("guidance", [None, 1.0, 2.5])
def test_conditional_steps_equal_a_conditional_pass_and_guidance_amplifies_the_difference(family, guidance):
    network, part = model(family), notes(20)
    batch, codes = batch_of(part), {f"condition_{name}": torch.tensor([code]) for name, code in CODES.items()}
    passes = [CODES] if guidance is None else [CODES, {}]
    with torch.inference_mode():
        conditional, unconditional = network.logits({**batch, **codes})[0], network.logits(batch)[0]
        state = network.body.initial_state(len(passes), length=50)
        step = NoteStep(
            network, layer_stepper(network, state), condition_vectors(network, passes), guidance=guidance or 1.0
        )
    assert isinstance(step.heads, HeadsStep if guidance is None else GuidedHeads)
    for place, logits_by_factor in stepped_logits(step, part):
        for name, stepped in logits_by_factor.items():
            asked, unasked = (logits[name][0, place].numpy() for logits in (conditional, unconditional))
            is_possible = np.isfinite(asked)
            expected = asked[is_possible] + ((guidance or 1.0) - 1) * (asked[is_possible] - unasked[is_possible])
            np.testing.assert_allclose(stepped[0][is_possible], expected, rtol=1e-3, atol=1e-3)


@EACH
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_music_that_is_asked_for_is_valid_and_another(family, guidance):
    network = model(family)
    plain = GenerationConfig(4.0, 3, 0)
    asked = replace(plain, conditions={"composer": "Chopin", "loudness": "pp"}, guidance=guidance)
    for tokens in generate(network, ENCODING, asked):
        check_valid(note_sequence(tokens, ENCODING))
    plain_tokens, other = (generate(network, ENCODING, config)[0] for config in (plain, asked))
    assert not np.array_equal(plain_tokens, other)


@pytest.mark.parametrize("density", [4, 12])
def test_a_density_is_kept_to_even_by_a_model_that_has_not_learned_it(density):
    network = new_model(lstm, replace(FAMILIES["lstm"][1], conditions="density")).eval()
    plain = GenerationConfig(60.0, 3, 0, note_sampling=NoteSampling(time_bias=-1.3))
    asked = replace(plain, conditions={"density": str(density)})
    parts = [
        [note_sequence(tokens, ENCODING) for tokens in generate(network, ENCODING, config)] for config in (plain, asked)
    ]
    free, kept = ([measured(part, ENCODING)["density"] for part in several] for several in parts)
    assert np.mean(kept) == pytest.approx(density, rel=0.25)
    assert np.mean(free) != pytest.approx(density, rel=0.25)


def test_guidance_alone_and_no_guidance_change_nothing():
    network = model("transformer")
    config = GenerationConfig(3.0, 1, 0)
    plain, guided = (generate(network, ENCODING, replace(config, guidance=value))[0] for value in (1.0, 4.0))
    assert np.array_equal(plain, guided)
    asked = replace(config, conditions={"density": "4"}, guidance=0.0)
    assert np.array_equal(plain, generate(network, ENCODING, asked)[0])  # the condition counts for nothing


@EACH
def test_the_conditions_hold_within_a_prompt(family):
    network, part = model(family), notes(30)
    config = GenerationConfig(3.0, 1, 0, conditions={"density": "20"})
    prompt = encode_notes(part, ENCODING)
    (played,) = generate(network, ENCODING, config, prompt=prompt)
    assert np.array_equal(played[: len(prompt) - 10], prompt[:-10])
    (unconditional,) = generate(network, ENCODING, replace(config, conditions={}), prompt=prompt)
    assert not np.array_equal(played, unconditional)


@EACH
def test_the_likelihood_is_unconditional(family):
    network, part = model(family), notes(30)
    (found,) = surprisals(network, [encode_notes(part, ENCODING)], ENCODING)
    codes = {f"condition_{name}": torch.tensor([0]) for name in ("composer", "density", "loudness")}
    scores, _ = network.score({**batch_of(part), **codes}, {})
    assert found.nats == pytest.approx(scores["loss"][0], rel=1e-4)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Chopin", "Frédéric Chopin"),
        ("frederic chopin", "Frédéric Chopin"),
        ("Liszt", "Franz Liszt"),
        ("schubert", "Franz Schubert"),
        ("Franz Schubert / Franz Liszt", "Franz Schubert / Franz Liszt"),
        ("other", "other"),
        ("Sebastian", "Johann Sebastian Bach"),
    ],
)
def test_a_part_of_a_name_that_says_which_is_enough(text, name):
    code = condition_codes(model("lstm"), {"composer": text})["composer"]
    assert CLASSES["composer"][code - 1] == name


@pytest.mark.parametrize(
    ("values", "fact", "hint"),
    [
        (
            {"composer": "Bach"},
            "'Bach' can be several values of composer",
            "Johann Christian Bach, Johann Sebastian Bach",
        ),
        ({"composer": "Chopinn"}, "no composer 'Chopinn'", "did you mean 'Frédéric Chopin'?"),
        ({"composer": "Zzz"}, "no composer 'Zzz'", "choose from other, Franz Liszt"),
        ({"tempo": "90"}, "no condition 'tempo'", "choose from composer, density, loudness"),
        ({"loudness": "fff"}, "loudness cannot be 'fff'", "pp, p, mp, mf, f, ff"),
        ({"density": "pp"}, "density cannot be 'pp'", "notes a second"),
        ({"density": "nan"}, "density cannot be 'nan'", "notes a second"),
        ({"density": "-1"}, "density cannot be '-1'", "notes a second"),
    ],
)
def test_what_a_model_has_no_condition_for_is_refused(values, fact, hint):
    with pytest.raises(UsageError, match=fact) as caught:
        condition_codes(model("lstm"), values)
    assert hint in str(caught.value.hint)


def test_numbers_and_dynamics_are_codes_of_scales():
    codes = condition_codes(model("lstm"), {"density": "8", "loudness": "f"})
    assert codes == {"density": measured_code("density", 8.0), "loudness": measured_code("loudness", 74.0)}


@pytest.mark.parametrize("network", [small_note_models.model("lstm"), lstm.Model(lstm.Config(width=8))])
def test_a_model_without_conditions_says_so(network):
    with pytest.raises(UsageError, match="takes no conditions"):
        generate(network, Encoding(), GenerationConfig(1.0, conditions={"composer": "Chopin"}))


@pytest.mark.parametrize("classes", [{}, {"composer": 3}, {"composer": ["x"] * 65}, None])
def test_classes_that_do_not_fit_are_refused(classes, tmp_path):
    folder = saved(tmp_path / "run", model("lstm"), "lstm", classes=classes)
    with pytest.raises(BadDataError, match="classes"):
        load_event_model(str(folder))


def test_a_run_folder_knows_the_names_of_its_classes(tmp_path):
    folder = saved(tmp_path / "run", model("lstm"), "lstm", classes=CLASSES)
    assert load_event_model(str(folder)).model.class_names == CLASSES
