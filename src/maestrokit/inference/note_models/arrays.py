"""Models of notes as arrays, for generation without torch, whose import takes longer than half a minute of music."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.files import checkpoint
from maestrokit.inference.note_models.recurrence import Recurrence
from maestrokit.inference.note_models.steps import InputStep, Numbers, condition_vectors
from maestrokit.models.kernels.numpy_step import LstmBodyStep, Step
from maestrokit.models.kernels.numpy_transformer import StepCache, TransformerBodyStep
from maestrokit.models.kernels.weight_tree import Branch, weight_tree
from maestrokit.models.sequences.bases import factor_bases, rotations, scale_bases
from maestrokit.music.encodings.notes import NoteInputs


@dataclass(eq=False)
class ArrayNoteModel:
    """A model of notes; its parts have the names of those of :class:`maestrokit.models.sequences.notes.NoteModel`.

    Parameters
    ----------
    family : {'lstm', 'transformer'}
    config : namespace
        The settings of the family.
    weights : Branch
        All tables of ordered classes are plain.
    """

    family: str
    config: Any
    weights: Branch
    predicts_notes = True

    def __post_init__(self) -> None:
        self.input, self.heads, self.body = self.weights.input, self.weights.heads, self.weights.body
        tables = self.weights.conditions.tables.parts if hasattr(self.weights, "conditions") else {}
        self.conditions = SimpleNamespace(tables=tables)
        self.class_names: dict[str, list[str]] = {}
        """Of each condition by class, what its codes from 1 on mean."""
        self.recurrence: Recurrence | None = None
        """How the earlier notes of a piece count beside the network, if they do."""

    def layer_stepper(self, rows: int, *, room: int, pinned: int) -> Any:
        """Return steps of the layers from the beginning, with room for some positions."""
        if self.family == "lstm":
            zeros = np.zeros((2, self.config.layers, rows, self.config.width), np.float32)
            return LstmBodyStep(self.body, zeros)
        cache = StepCache.empty(rows, min(room, self.config.length), self.body, self.config, pinned=pinned)
        return TransformerBodyStep(self.body, cache, self.config)


def array_model(config: Mapping[str, Any], weights: Mapping[str, NDArray[np.float32]]) -> ArrayNoteModel | None:
    """Return the model of a ``config.json`` and its weights, which fit it; None if it cannot run without torch."""
    settings = SimpleNamespace(**config["model"])
    can_run = config["family"] == "lstm" or getattr(settings, "variant", "") == "modern"
    if config["family"] not in ("lstm", "transformer") or settings.encoding != "notes" or not can_run:
        return None
    arrays: dict[str, NDArray[np.floating]] = {**_plain(weights)}
    if config["family"] == "transformer":
        by_position, by_step = rotations(settings.width // settings.heads, of_notes=True)
        arrays |= {"body.frequency": by_position, "body.step_frequency": by_step}
    return ArrayNoteModel(config["family"], settings, weight_tree(arrays))


def shipped_array_model(name: str) -> tuple[dict[str, Any], ArrayNoteModel] | None:
    """Return a shipped model of notes and its ``config.json``; None of other models, whose weights need checks.

    Raises
    ------
    NoInputError
        If there is no such model.
    """
    folder = checkpoint.model_folder(name, "events")
    if not checkpoint.is_shipped(folder):
        return None
    config = checkpoint.read_config(folder)
    if config.get("task") != "events":
        return None
    model = array_model(config, checkpoint.read_weight_arrays(folder))
    return None if model is None else (config, model)


def primed(
    model: ArrayNoteModel, inputs: NoteInputs, passes: Sequence[Mapping[str, int]], *, rows: int, after: int, room: int
) -> tuple[Step, Numbers]:
    """Return steps of the layers of a model from given positions on, and their outputs there.

    Parameters
    ----------
    inputs : NoteInputs
        The positions, the same for all rows.
    passes : sequence of mapping
        The codes of the conditions of each pass.
    rows : int
        Rows to go on with, each with all passes.
    after : int
        How many of the first positions are notes after a gap.
    room : int
        Positions that there will be.
    """
    condition, vectors = condition_vectors(model, passes), InputStep(model.input)(inputs)
    if after:
        vectors[:after] += model.weights.after
    body = model.layer_stepper(len(passes), room=room, pinned=after)
    out: Numbers = vectors[:0]
    for vector, onset in zip(vectors, inputs.onset, strict=True):
        out = body(vector + condition, np.full(len(passes), onset))
    body.keep(np.tile(np.arange(len(passes)), rows))
    return body, np.tile(out, (rows, 1))


def _plain(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Return weights in which the tables of ordered classes are plain: their shared vectors are added."""
    arrays = dict(weights)
    for name in [name for name in weights if name.endswith(".shared")]:
        table = name.removesuffix(".shared")
        factor, classes = table.rpartition(".")[2], len(weights[f"{table}.weight"])
        bases = scale_bases(factor) if table.startswith("conditions.") else factor_bases(factor, classes)
        arrays[f"{table}.weight"] = weights[f"{table}.weight"] + bases @ arrays.pop(name)
    return arrays
