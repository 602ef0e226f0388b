"""The kinds of sequence models, told apart without importing any of them."""

from typing import TYPE_CHECKING, TypeGuard, Union

if TYPE_CHECKING:
    from maestrokit.inference.note_models.arrays import ArrayNoteModel
    from maestrokit.models.adversarial.latent import Model as LatentModel
    from maestrokit.models.contract import EventModel
    from maestrokit.models.sequences.notes import NoteModel

StepwiseModel = Union["NoteModel", "ArrayNoteModel"]
GeneratingModel = Union[StepwiseModel, "LatentModel"]
AnyModel = Union["EventModel", GeneratingModel]


def is_of_notes(model: AnyModel) -> TypeGuard[GeneratingModel]:
    """Return whether a model is one of notes, not of events."""
    return getattr(model, "predicts_notes", False)


def is_of_segments(model: AnyModel) -> "TypeGuard[LatentModel]":
    """Return whether a model makes notes by segments, not one by one."""
    return getattr(model, "predicts_segments", False)
