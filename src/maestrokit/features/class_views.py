"""The view that the group of classes uses: a performance or recording, and the network that classifies it."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from maestrokit.analysis.class_spectrum import SAMPLE_RATE, mel_spectrum, packed_mel
from maestrokit.analysis.classes import Classification, Classifier, ClassSource, classify
from maestrokit.features.audio_views import AudioView
from maestrokit.features.note_views import NoteView
from maestrokit.music.note_arrays import TimedNotes


@dataclass(frozen=True, eq=False)
class ClassView:
    """A performance or recording and a network that classifies such.

    Parameters
    ----------
    source : NoteView or AudioView
        The performance or recording.
    classifier : Classifier
        The network.
    """

    source: NoteView | AudioView
    classifier: Classifier

    kind: ClassVar[str] = "classes"

    @property
    def length(self) -> float:
        """In seconds."""
        return self.source.length

    @cached_property
    def read(self) -> ClassSource:
        """What the network reads of it."""
        view = self.source
        if isinstance(view, AudioView):
            return mel_spectrum(packed_mel(view.blocks(SAMPLE_RATE)))
        return TimedNotes(view.onset, view.sounding_offset, view.pitch, view.velocity)

    @cached_property
    def classification(self) -> Classification | None:
        """The classes; None of a performance without notes, and of a silent recording."""
        return classify(self.read, self.classifier)
