"""Models of notes in torch, at the start of generation, and on a GPU throughout."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from maestrokit.arrays import Integers, Mask
from maestrokit.inference.device import device_of, moved
from maestrokit.inference.note_models.batches import input_batch
from maestrokit.inference.note_models.steps import Numbers
from maestrokit.models.kernels.numpy_step import Step, numbers
from maestrokit.models.sequences.conditions import PREFIX
from maestrokit.models.sequences.notes import NoteModel
from maestrokit.music.encodings.notes import NoteInputs


class TorchBodyStep:
    """Steps of the layers of any model of notes, by themselves, where they are."""

    def __init__(self, body: Any, state: Any) -> None:
        self.body, self.state, self.device = body, state, device_of(body)

    def __call__(self, vectors: Numbers, onset: Integers) -> Numbers:
        """Return the outputs of vectors, both (rows, width)."""
        with torch.inference_mode():
            x, at = (torch.from_numpy(part)[:, None].to(self.device) for part in (vectors, onset))
            out, self.state = self.body.hidden_states(x, self.state, onset=at)
            return numbers(out[:, 0])

    def keep(self, rows: Mask) -> None:
        """Drop the other rows."""
        self.state = self.body.selected(self.state, torch.from_numpy(rows).to(self.device))


def layer_stepper(model: NoteModel, state: Any) -> Step:
    """Return steps of the layers of a model from a state on: in numpy, but on a GPU there."""
    is_on_processor = device_of(model).type == "cpu"
    return model.body.layer_stepper(state) if is_on_processor else TorchBodyStep(model.body, state)  # type: ignore[return-value] # it takes the onset


def primed(
    model: NoteModel, inputs: NoteInputs, passes: Sequence[Mapping[str, int]], *, rows: int, after: int, room: int
) -> tuple[Step, Numbers]:
    """Return what :func:`maestrokit.inference.note_models.arrays.primed` does of a model of arrays."""
    with torch.inference_mode():
        batch = moved(input_batch(inputs, after) | condition_batch(model, passes), model)
        x = model.vectors(batch).repeat(rows, 1, 1)
        state = model.body.initial_state(len(x), length=room, pinned=after)
        out, state = model.body.hidden_states(x, state, onset=batch["onset"].expand(len(x), -1))
        return layer_stepper(model, state), out[:, -1].cpu().numpy()


def condition_batch(model: NoteModel, passes: Sequence[Mapping[str, int]]) -> dict[str, Tensor]:
    """Return the codes of each pass as a batch has them, (passes,) each."""
    names = model.conditions.tables
    return {PREFIX + name: torch.tensor([codes.get(name, 0) for codes in passes]) for name in names}
