"""Notes in numpy are those of the torch model; what is generated is always a performance; windows count all once."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from maestrokit.errors import BadDataError
from maestrokit.files import checkpoint
from maestrokit.inference.generation.events import GenerationConfig, generate, perform
from maestrokit.inference.generation.note_sampler import NoteSampler
from maestrokit.inference.generation.notes import (
    NoteRequest,
    _candidates,
    generate_notes,
)
from maestrokit.inference.generation.sampling import NoteSampling, SamplingConfig, probabilities
from maestrokit.inference.note_models.likelihood import note_nats
from maestrokit.inference.note_models.steps import NoteStep, condition_vectors
from maestrokit.inference.note_models.torch_steps import layer_stepper
from maestrokit.inference.perplexity import surprisals
from maestrokit.inference.sequence_model import load_event_model
from maestrokit.music.edits.infill import Gap
from maestrokit.music.encodings.events import decode, encode, encode_notes
from maestrokit.music.encodings.notes import note_sequence
from maestrokit.music.encodings.step_notes import reconciled
from small_note_models import (
    EACH,
    ENCODING,
    UNCUT,
    batch_of,
    both_ways,
    check_valid,
    in_ticks,
    model,
    notes,
    pedal,
    saved,
    stepped_logits,
)


@EACH
def test_steps_in_numpy_equal_a_pass_over_all(family):
    network, part = model(family), notes(40)
    with torch.inference_mode():
        logits, _ = network.logits(batch_of(part))
        body = layer_stepper(network, network.body.initial_state(1, length=50))
        step = NoteStep(network, body, condition_vectors(network, [{}]))
    for place, logits_by_factor in stepped_logits(step, part):
        for name, stepped in logits_by_factor.items():
            passed = logits[name][0, place].numpy()
            is_possible = np.isfinite(passed)
            np.testing.assert_allclose(stepped[0][is_possible], passed[is_possible], rtol=1e-3, atol=1e-4)


@EACH
@pytest.mark.parametrize("seed", range(3))
def test_what_is_generated_is_a_performance(family, seed):
    network = model(family)
    config = GenerationConfig(8.0, 3, seed, note_sampling=NoteSampling(time_bias=-1.0))
    for tokens in generate(network, ENCODING, config):
        part = note_sequence(tokens, ENCODING)
        check_valid(part)
        assert len(part.pitch) > 5
        assert part.onset[0] == 0 and part.offset.max() <= 800
        assert np.array_equal(encode(decode(tokens, ENCODING), ENCODING), tokens)


def test_one_seed_gives_one_performance_and_another_another():
    network = model("transformer")
    first, again, other = (generate(network, ENCODING, GenerationConfig(5.0, 1, seed))[0] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@EACH
def test_a_prompt_stays_as_it_is_and_time_counts_from_its_end(family):
    network, part = model(family), notes(90)  # more than the transformer sees
    tokens = generate(network, ENCODING, GenerationConfig(4.0, 2, 0), prompt=encode_notes(part, ENCODING))
    for row in tokens:
        played = note_sequence(row, ENCODING)
        count = len(part.pitch)
        assert all(np.array_equal(column[:count], other) for column, other in zip(played, part, strict=True))
        assert len(played.pitch) > count
        assert np.all(played.offset[count:] <= part.onset[-1] + 400)
        again = reconciled(*played)
        assert all(np.array_equal(column, other) for column, other in zip(played, again, strict=True))


def test_a_prompt_is_cut_at_an_onset_and_its_notes_keep_their_ends():
    part = reconciled(*np.array([(0, 900, 60, 9), (100, 150, 64, 9), (300, 310, 67, 9)]).T)
    prompt = decode(encode_notes(part, ENCODING), ENCODING)
    (continued,) = perform(model("transformer"), ENCODING, GenerationConfig(4.0, 1, 0), prompt=prompt, seconds=2.0)
    begun = continued.notes.select(continued.notes.onset_order < 6)
    for column in ("onset_tick", "offset_tick", "pitch", "velocity"):
        assert np.array_equal(getattr(begun, column)[:2], getattr(prompt.notes, column)[:2])
    assert 3000 not in continued.notes.onset_tick[continued.notes.pitch == 67]
    added = continued.notes.onset_tick[2:]
    assert len(added)
    assert added.min() >= 1000
    assert added.max() <= 1000 + 4000


def test_the_bias_makes_fewer_notes():
    network = model("transformer", is_new=True)
    config = GenerationConfig(60.0, 1, 0)
    by_bias = [replace(config, note_sampling=NoteSampling(time_bias=bias)) for bias in (-2.0, -1.0, 0.0)]
    counts = [len(note_sequence(generate(network, ENCODING, biased)[0], ENCODING).pitch) for biased in by_bias]
    assert counts[0] > counts[1] > counts[2]


def test_even_a_model_that_wants_one_key_only_obeys_the_piano():
    network = model("transformer", is_new=True)
    with torch.no_grad():
        network.heads.output["pitch"].bias[10] = 50.0
        network.heads.output["time"].bias[0] = 50.0
        network.heads.output["duration"].bias[-1] = 50.0
    part = note_sequence(generate(network, ENCODING, GenerationConfig(3.0, 1, 0))[0], ENCODING)
    check_valid(part)
    assert 31 in part.pitch


@pytest.mark.parametrize("family", ["lstm", "transformer"])
def test_the_bias_after_prompts_counts_after_prompts_alone(family):
    network, prompt = model(family), notes(30)
    together, apart = NoteSampling(time_bias=-0.5), NoteSampling(time_bias=0.5, prompt_bias=-1.0)
    gap = Gap(None, prompt.select(slice(10)), prompt.select(slice(20, 30)), int(prompt.onset[9]), int(prompt.onset[20]))
    requests = {
        "prompt": NoteRequest(400, prompt),
        "nothing": NoteRequest(400),
        "gap": NoteRequest(gap.stop - gap.start, gap.before, gap),
    }
    for name, request in requests.items():
        ways = (together, apart, NoteSampling(time_bias=0.5))
        by_prompt_bias, other, plain = (
            generate_notes(network, ENCODING, request, sampling=sampling, count=1, seed=1)[0] for sampling in ways
        )
        assert all(map(np.array_equal, other, by_prompt_bias if name == "prompt" else plain))


@EACH
def test_windows_count_every_note_once(family):
    network, part = model(family, is_new=True), notes(150)
    sizes = {"length": 32, "stride": 8, "batch": 3}
    some, every = (
        note_nats(network, part, ENCODING, **sizes),
        note_nats(network, part, ENCODING, **sizes | {"stride": 32}),
    )
    assert some.factors == pytest.approx(every.factors, rel=1e-4)  # it knows nothing, so no window knows more
    assert some.predicted == 4 * len(part.pitch) + 1
    scores, _ = network.score(batch_of(part), {})
    assert sum(some.factors) == pytest.approx(scores["loss"][0], rel=1e-4)


def test_a_state_that_is_handed_on_equals_one_pass(monkeypatch):
    network, part = model("lstm"), notes(50)
    monkeypatch.setattr("maestrokit.inference.note_models.likelihood.CHUNK", 7)
    nats = note_nats(network, part, ENCODING, length=None, stride=1, batch=1)
    scores, _ = network.score(batch_of(part), {})
    assert sum(nats.factors) == pytest.approx(scores["loss"][0], rel=1e-4)


def test_surprises_are_of_the_same_notes_and_seconds_as_those_of_events():
    network, part = model("lstm"), notes(50)
    (found,) = surprisals(network, [encode_notes(part, ENCODING)], ENCODING)
    assert (found.notes, found.tokens) == (len(part.pitch), len(part.pitch) + 1)
    assert found.seconds == pytest.approx(part.offset.max() * 0.01)
    assert found.nats == pytest.approx(sum(found.factors))
    assert 0 <= found.accuracy <= 1
    assert (found + found).factors == tuple(2 * value for value in found.factors)


@EACH
def test_a_run_folder_plays_with_the_sampling_that_was_fitted(family, tmp_path):
    network = model(family)
    fitted = {"time_bias": 0.5, "pitch": {"min_p": 0.1}, "time": {"temperature": 0.9}}
    loaded = load_event_model(str(saved(tmp_path / "run", network, family, sampling=fitted)))
    assert loaded.sampling == NoteSampling(time=SamplingConfig(0.9), pitch=SamplingConfig(min_p=0.1), time_bias=0.5)
    config = GenerationConfig(3.0, 1, 0, note_sampling=loaded.sampling)
    assert np.array_equal(*(generate(player, ENCODING, config)[0] for player in (network, loaded.model)))


def test_what_is_chosen_replaces_what_was_fitted():
    fitted = NoteSampling(time=SamplingConfig(0.9), velocity=SamplingConfig(top_p=0.5), time_bias=0.5)
    config = GenerationConfig().with_sampling(fitted, {"temperature": None, "top_p": 0.7, "top_k": None, "min_p": None})
    assert config.note_sampling.time == SamplingConfig(0.9, top_p=0.7)
    assert config.note_sampling.velocity == SamplingConfig(top_p=0.7)
    assert config.note_sampling.time_bias == 0.5
    assert config.event_sampling == SamplingConfig(0.95, top_p=0.7)


@pytest.mark.parametrize("sampling", [{"time": {"warmth": 1}}, {"pitch": {"top_p": 7}}, {"time_bias": "high"}, 3])
def test_sampling_that_makes_no_sense_is_refused(sampling, tmp_path):
    folder = saved(tmp_path / "run", model("lstm"), "lstm", sampling=sampling)
    with pytest.raises(BadDataError, match="sampling in its config"):
        load_event_model(str(folder))


def test_a_model_of_notes_without_its_velocities_is_refused(tmp_path):
    network = model("lstm")
    folder = saved(tmp_path / "run", network, "lstm")
    config = checkpoint.read_config(folder)
    config["encoding"]["velocity_bins"] = 16
    checkpoint.write_config(folder, config)
    with pytest.raises(BadDataError, match="do not fit"):
        load_event_model(str(folder))


@EACH
def test_the_best_of_several_has_the_fewest_nats_a_note(family):
    network = model(family)
    plain = NoteRequest(300, gap=UNCUT)
    many = generate_notes(network, ENCODING, plain, sampling=NoteSampling(), count=6, seed=3)
    best = generate_notes(network, ENCODING, plain, sampling=NoteSampling(), count=2, seed=3, best_of=3)
    with torch.no_grad():
        nats = [sum(part[:, :-1].sum().item() for part in network.nats(batch_of(notes))[0].values())
                for notes in many]  # fmt: skip
    per_note = np.reshape([total / len(notes.pitch) for total, notes in zip(nats, many, strict=True)], (2, 3))
    for row, found in enumerate(best):
        expected = many[3 * row + int(per_note[row].argmin())]
        assert all(np.array_equal(column, other) for column, other in zip(found, expected, strict=True))


def test_a_ranking_decides_which_of_several_is_the_best():
    plain = NoteRequest(300)
    asked = {"sampling": NoteSampling(), "seed": 3}
    many = generate_notes(model("lstm"), ENCODING, plain, count=6, **asked)

    def lowest(candidates):
        return np.array([-notes.pitch.mean() for notes in candidates])

    best = generate_notes(model("lstm"), ENCODING, plain, count=2, best_of=3, ranking=lowest, **asked)
    for row, found in enumerate(best):
        expected = many[3 * row + int(lowest(many[3 * row : 3 * row + 3]).argmax())]
        assert all(np.array_equal(column, other) for column, other in zip(found, expected, strict=True))


@EACH
@pytest.mark.parametrize("best_of", [1, 2])
def test_notes_are_reported_as_they_are_made(family, best_of):
    calls = []
    wish = {"sampling": NoteSampling(), "count": 3, "seed": 0, "best_of": best_of}
    rows = generate_notes(
        model(family), ENCODING, NoteRequest(300), **wish, report=lambda rows, notes: calls.append((rows, notes))
    )
    for number, reported in enumerate(rows):
        parts = [notes.select(numbers == number) for numbers, notes in calls]
        columns = zip(*parts, strict=True)
        assert all(
            np.array_equal(np.concatenate(column), other) for column, other in zip(columns, reported, strict=True)
        )
    if best_of == 1:
        assert len(calls) == max(len(reported.pitch) for reported in rows)  # a call for each step


@EACH
def test_nats_are_counted_as_notes_are_made(family):
    network = model(family)
    sampler = NoteSampler(NoteSampling(), [np.random.default_rng(seed) for seed in (0, 1)], has_nats=True)
    candidates, nats = _candidates(network, ENCODING, NoteRequest(300, gap=UNCUT), sampler, lambda rows, notes: None)
    for notes_of_row, counted in zip(candidates, nats, strict=True):
        with torch.no_grad():
            by_factor = network.nats(batch_of(notes_of_row))[0].values()
        assert counted == pytest.approx(sum(part[0, :-1].sum().item() for part in by_factor), rel=1e-4)


def test_min_p_leaves_out_what_is_unlikely_beside_the_likeliest():
    logits = np.log(np.array([[0.5, 0.3, 0.15, 0.05]]))
    found = probabilities(logits, np.ones((1, 4), bool), replace(SamplingConfig(), min_p=0.4))
    assert found.tolist()[0] == pytest.approx([0.625, 0.375, 0.0, 0.0])


def test_the_pedal_holds_keys_and_notes_last_as_long():
    held, plain = both_ways(lambda config: perform(model("transformer"), ENCODING, config))
    assert np.array_equal(encode(held, ENCODING), encode(plain, ENCODING))
    assert np.any(held.notes.offset_tick < plain.notes.offset_tick)
    assert np.array_equal(held.controls.value, np.tile([127, 0], len(held.controls) // 2)) and len(held.controls) > 4


@pytest.mark.parametrize("has_pedal", [True, False])
@pytest.mark.parametrize(("division", "tempo"), [(500, 120), (480, 90), (24, 90), (24, 60), (24, 45)])
def test_the_pedal_is_not_down_in_the_prompt_and_ends_stay_in_any_ticks(has_pedal, division, tempo):
    prompt = decode(encode_notes(notes(60), ENCODING), ENCODING)
    prompt = in_ticks(prompt.replace(controls=pedal(100, 2990)) if has_pedal else prompt, division, tempo)
    held, plain = both_ways(lambda config: perform(model("transformer"), ENCODING, config, prompt=prompt))
    assert np.array_equal(encode(held, ENCODING), encode(plain, ENCODING))
    new = held.controls.tick[len(prompt.controls) :]
    assert np.all(new > prompt.notes.onset_tick.max())
    assert (len(new) > 0) == (60 / tempo / division < 0.05)
