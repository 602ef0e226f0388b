"""Density: notes and onsets per second."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.features import Field
from maestrokit.features.note_views import NoteView, TimeBase
from maestrokit.features.statistics import ratio
from maestrokit.music.rolls.frames import event_counts

NEEDS = "notes"
WINDOW = 1.0  # seconds

FIELDS = {
    "length": Field("s", "From 0 to the end of the longest track, or of the last sound if over 10 s earlier"),
    "strokes": Field("onsets", "Onsets of notes and chords: notes within 30 ms of the one before count as one"),
    "notes_per_second": Field("1/s", "Notes over the length"),
    "strokes_per_second": Field("1/s", "These onsets over the length"),
    "notes_per_stroke": Field("notes", "Mean number of notes struck together"),
    "greatest_notes_per_second": Field("1/s", "Most notes that begin within one second"),
}

FRAMES = {"onsets": Field("notes", "Notes that begin in the frame")}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the density descriptors."""
    notes, groups = len(view.onset), len(view.group_first)
    within = np.searchsorted(view.onset, view.onset + WINDOW)  # row after the last note of the window from each note on
    return {
        "length": view.length,
        "strokes": groups,
        "notes_per_second": ratio(notes, view.length),
        "strokes_per_second": ratio(groups, view.length),
        "notes_per_stroke": ratio(notes, groups),
        "greatest_notes_per_second": int((within - np.arange(notes)).max()) if notes else None,
    }


def frames(view: NoteView, time_base: TimeBase) -> dict[str, NDArray[np.uint8]]:
    """Return the onsets in each frame, as unsigned bytes."""
    counts = event_counts(view.onset, hop=time_base.hop, frames=time_base.count)
    return {"onsets": np.minimum(counts, 255).astype(np.uint8)}
