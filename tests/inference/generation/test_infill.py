"""What fills a gap joins both sides, and is stepped to as a pass over all would be."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import small_note_models
from maestrokit.errors import UsageError
from maestrokit.inference.generation.events import GenerationConfig, infill
from maestrokit.inference.generation.notes import NoteRequest, _primed, generate_notes
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.note_models.batches import input_batch
from maestrokit.models.contract import new_model
from maestrokit.music.edits.infill import Gap
from maestrokit.music.encodings.events import Encoding, decode, encode, encode_notes
from maestrokit.music.encodings.notes import excerpt, with_notes_after
from maestrokit.music.encodings.step_notes import joined, reconciled
from maestrokit.music.timing import second2tick, tempo_map
from small_note_models import EACH, ENCODING, FAMILIES, both_ways, in_ticks, notes, pedal


def model(family, *, infill=True, length=64):
    module, config = FAMILIES[family]
    torch.manual_seed(0)
    size = {"length": length} if family == "transformer" else {}
    network = new_model(module, replace(config, infill=infill, conditions="density", **size)).eval()
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return network


def gap(part, first=20, last=30):
    """Return a performance without some of its notes."""
    before, after = part.select(slice(first)), part.select(slice(last, None))
    return Gap(None, before, after, int(before.onset[-1]) + 1, int(after.onset[0]))


@EACH
def test_steps_in_a_gap_equal_a_pass_over_what_follows_what_came_before_and_the_gap(family):
    network, part = model(family), notes(40)
    hole = gap(part)
    inputs, _ = excerpt(part.select(slice(30)), 0, 31, ENCODING)
    batch = input_batch(with_notes_after(inputs, hole.after, ENCODING), len(hole.after.pitch))
    with torch.inference_mode():
        out, _ = network.body.hidden_states(network.vectors(batch), onset=batch["onset"])
        expected = network.heads.state(out)
    with torch.inference_mode():
        keyboard, step, states = _primed(network, ENCODING, NoteRequest(100, hole.before, hole), 1, 50)
    for place in range(20, 30):
        position = len(hole.after.pitch) + place
        np.testing.assert_allclose(states[0], expected[0, position].numpy(), rtol=1e-3, atol=1e-3)
        onset, offset, pitch, velocity_bin = (column[place : place + 1] for column in part)
        keyboard.play(onset, offset, pitch - 21, velocity_bin)
        states = step(keyboard.inputs())


@EACH
@pytest.mark.parametrize("guidance", [1.0, 2.0])
@pytest.mark.parametrize("length", [24, 64])  # a short context forgets notes before the gap, never those after
def test_new_notes_lie_in_the_gap_and_everything_can_be_played(family, guidance, length):
    network, part = model(family, length=length), notes(60)
    hole = gap(part, 30, 50)
    request = NoteRequest(hole.stop - hole.start, hole.before, hole, {"density": 9}, guidance)
    for new in generate_notes(network, ENCODING, request, sampling=NoteSampling(time_bias=-1.0), count=3, seed=1):
        assert len(new.pitch) > 0
        assert np.all((new.onset >= hole.start) & (new.onset < hole.stop))
        filled = joined(joined(hole.before, new), hole.after)
        again = reconciled(*filled)
        assert all(np.array_equal(column, other) for column, other in zip(filled, again, strict=True))


@EACH
def test_a_gap_may_stay_silent(family):
    network, part = model(family), notes(60)
    hole = gap(part, 30, 50)
    request = NoteRequest(hole.stop - hole.start, hole.before, hole)
    slow = NoteSampling(time_bias=100.0)  # every onset comes as late as can be
    (new,) = generate_notes(network, ENCODING, request, sampling=slow, count=1, seed=1)
    assert len(new.pitch) == 0


@EACH
def test_what_follows_a_gap_changes_what_fills_it(family):
    network, part = model(family), notes(60)
    hole = gap(part, 2, 50)
    other = replace(hole, after=hole.after._replace(pitch=np.full_like(hole.after.pitch, 60)))
    requests = [NoteRequest(span.stop - span.start, span.before, span) for span in (hole, other)]
    with torch.inference_mode():
        first, second = (_primed(network, ENCODING, request, 1, 50)[2] for request in requests)
    assert not np.allclose(first, second, atol=1e-4)


@pytest.mark.parametrize("span", [(0.0, 1.5), (1.0, 2.0), (2.0, 9.0)])
def test_a_performance_keeps_all_outside_the_span(span):
    network, prompt = model("transformer"), decode(encode_notes(notes(60), ENCODING), ENCODING)
    (filled,) = infill(network, ENCODING, GenerationConfig(seed=2), prompt, start=span[0], stop=span[1])
    first, end = second2tick(np.array(span), tempo_map(prompt))

    def outside(part):
        part = part.select((part.onset_tick < first) | (part.onset_tick >= end))
        columns = (part.onset_tick, part.offset_tick, part.pitch, part.velocity)
        return sorted(zip(*(column.tolist() for column in columns), strict=True))

    assert outside(filled.notes) == outside(prompt.notes)
    assert len(filled.notes) > len(outside(prompt.notes))


@pytest.mark.parametrize("network", [model("lstm", infill=False), small_note_models.model("lstm")])
def test_a_model_that_has_not_learned_it_says_so(network):
    prompt = decode(encode_notes(notes(60), ENCODING), ENCODING)
    with pytest.raises(UsageError, match="has not learned to fill gaps"):
        infill(network, Encoding(), GenerationConfig(), prompt, start=0.5, stop=1.0)


@pytest.mark.parametrize(("division", "tempo"), [(500, 120), (24, 60), (24, 45)])
@pytest.mark.parametrize("span", [(0.5, 2.5), (0.0, 1.5), (2.0, 9.0), (1.0, 1.1)])
def test_the_pedal_in_a_gap_is_up_before_that_of_what_follows(span, division, tempo):
    prompt = decode(encode_notes(notes(90), ENCODING), ENCODING).replace(controls=pedal(10, 2990))
    prompt, network = in_ticks(prompt, division, tempo), model("transformer")
    start, stop = span
    dense = {"density": "24"}  # as many notes as a pedal is inferred from
    held, plain = both_ways(
        lambda config: infill(network, ENCODING, replace(config, conditions=dense), prompt, start=start, stop=stop)
    )
    assert np.array_equal(encode(held, ENCODING), encode(plain, ENCODING))
    new = len(held.controls) - len(plain.controls)
    assert new == 0 or not (span == (1.0, 1.1) or (division, tempo) == (24, 45))
    assert new > 0 or (span, division) != ((2.0, 9.0), 500)
    beginning, end = second2tick(np.array(span), tempo_map(prompt))
    outside = [
        part.select((part.tick < beginning) | (part.tick >= end - 1)) for part in (held.controls, plain.controls)
    ]
    assert np.array_equal(outside[0].tick, outside[1].tick) and np.array_equal(outside[0].value, outside[1].value)
