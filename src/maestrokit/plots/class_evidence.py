"""Where in a performance the probability of its class comes from, over its notes."""

from typing import Any, NamedTuple

import numpy as np

from maestrokit.analysis.class_evidence import Evidence
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.plots.figure import bare
from maestrokit.plots.piano_roll import note_bars, octave_ticks

EVIDENCE_MAP = "PuOr_r"
LEAST_SCALE = 0.01  # nats


class ClassPanel(NamedTuple):
    """The most probable class of a performance, and what says so."""

    title: str
    notes: TimedNotes
    evidence: Evidence


def draw_evidence(axes: Any, panel: ClassPanel, lowest: int, highest: int) -> Any:
    """Draw what each part says for the class, and the notes over it; return the picture of the parts."""
    evidence = panel.evidence
    largest = max(float(np.abs(evidence.value).max(initial=0)), LEAST_SCALE)
    image = axes.pcolormesh(
        evidence.time, evidence.pitch - 0.5, evidence.value.T, cmap=EVIDENCE_MAP, vmin=-largest, vmax=largest
    )
    axes.add_collection(note_bars(panel.notes, 0.35, cmap="Greys", clim=(-60, 127), linewidths=0))
    axes.set_ylim(lowest, highest)
    axes.set_yticks(*octave_ticks(lowest, highest))
    axes.set_title(panel.title, loc="left", fontsize=8, pad=2).set_parse_math(False)
    bare(axes)
    return image
