"""The kinds of sequence models, told apart without importing any of them."""

from typing import TYPE_CHECKING, TypeGuard, Union

if TYPE_CHECKING:
    from maestrokit.inference.array_models import ArrayNoteModel
    from maestrokit.models._notes import NoteModel
    from maestrokit.models.contract import EventModel

GeneratingModel = Union["NoteModel", "ArrayNoteModel"]
AnyModel = Union["EventModel", GeneratingModel]


def is_of_notes(model: AnyModel) -> TypeGuard[GeneratingModel]:
    """Return whether a model is one of notes, not of events."""
    return getattr(model, "predicts_notes", False)
