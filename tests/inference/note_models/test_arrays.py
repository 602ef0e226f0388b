"""A model of notes gives the same as arrays as it does in torch: after a prompt, in a gap, guided, once it forgets."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from maestrokit.inference.generation.notes import NoteRequest, _primed, generate_notes
from maestrokit.inference.generation.sampling import NoteSampling
from maestrokit.inference.model_kinds import is_of_notes
from maestrokit.inference.note_models.arrays import array_model, shipped_array_model
from maestrokit.inference.sequence_model import load_generating_model
from maestrokit.models.contract import settings_of
from maestrokit.models.sequences.notes import NoteModel

_spec = importlib.util.spec_from_file_location("of_gaps", Path(__file__).parents[1] / "generation" / "test_infill.py")
of_gaps = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(of_gaps)
EACH, ENCODING, model, notes = of_gaps.EACH, of_gaps.ENCODING, of_gaps.model, of_gaps.notes
HOLE = of_gaps.gap(notes(40))
REQUESTS = {
    "from nothing": NoteRequest(100),
    "after a prompt": NoteRequest(100, notes(40)),
    "guided": NoteRequest(100, notes(10), None, {"density": 9}, 2.0),
    "in a gap": NoteRequest(HOLE.stop - HOLE.start, HOLE.before, HOLE),
}


def as_arrays(family, network):
    config = {"family": family, "model": settings_of(network.config)}
    return array_model(config, {name: weight.numpy().copy() for name, weight in network.state_dict().items()})


@EACH
@pytest.mark.parametrize("request_name", REQUESTS)
def test_arrays_step_as_torch_does(family, request_name):
    network, request = model(family, length=24), REQUESTS[request_name]
    sides = [_primed(side, ENCODING, request, 2, 50) for side in (network, as_arrays(family, network))]
    (keyboard, step, states), (other_keyboard, other_step, other_states) = sides
    for place in range(40, 60):
        np.testing.assert_allclose(states, other_states, rtol=1e-3, atol=1e-3)
        if place == 50:
            for part in (keyboard, step, other_keyboard, other_step):
                part.keep(np.array([False, True]))
        onset, offset, pitch, velocity_bin = (column[place].repeat(1 + (place < 50)) for column in notes(120))
        for board in (keyboard, other_keyboard):
            board.play(onset, offset, pitch - 21, velocity_bin)
        states, other_states = step(keyboard.inputs()), other_step(other_keyboard.inputs())


@EACH
def test_what_arrays_generate_ends_and_is_repeatable(family):
    arrays = as_arrays(family, model(family))
    first, again = (
        generate_notes(arrays, ENCODING, NoteRequest(300), sampling=NoteSampling(), count=2, seed=3) for _ in range(2)
    )
    assert all(
        len(first_notes.pitch) and np.array_equal(first_notes.onset, second_notes.onset)
        for first_notes, second_notes in zip(first, again, strict=True)
    )


def test_models_that_need_torch_are_no_arrays():
    network = model("transformer")
    weights = {name: weight.numpy() for name, weight in network.state_dict().items()}
    settings = settings_of(network.config)
    assert array_model({"family": "cnn", "model": settings}, weights) is None
    assert array_model({"family": "transformer", "model": settings | {"encoding": "events"}}, weights) is None
    assert array_model({"family": "transformer", "model": settings | {"variant": "relative"}}, weights) is None
    assert shipped_array_model("transcription") is None


def test_other_devices_are_left_to_torch():
    arrays, torch_model = load_generating_model("lstm"), load_generating_model("lstm", device="auto")
    assert is_of_notes(arrays[0]) and not isinstance(arrays[0], NoteModel) and isinstance(torch_model[0], NoteModel)
    assert arrays[1:] == torch_model[1:]
