"""The view of a performance that the group of classes uses: its notes, and the network that classifies them."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from maestrokit.analysis.classes import Classification, Classifier, classify
from maestrokit.features.note_views import NoteView
from maestrokit.music.note_arrays import TimedNotes


@dataclass(frozen=True, eq=False)
class ClassView:
    """A performance and the network that classifies it.

    Parameters
    ----------
    notes : NoteView
        The performance.
    classifier : Classifier
        The network.
    """

    notes: NoteView
    classifier: Classifier

    kind: ClassVar[str] = "classes"

    @property
    def length(self) -> float:
        """In seconds."""
        return self.notes.length

    @cached_property
    def classification(self) -> Classification | None:
        """The classes of the performance; None if it has no notes."""
        notes = self.notes
        return classify(TimedNotes(notes.onset, notes.sounding_offset, notes.pitch, notes.velocity), self.classifier)
