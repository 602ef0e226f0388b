"""Where the probability of a class comes from: in a performance over its notes, in a recording over its spectrum."""

from typing import Any, NamedTuple

import numpy as np

from maestrokit.analysis.class_evidence import Evidence
from maestrokit.analysis.class_spectrum import BANDS, SPECTRUM, MelSpectrum, unpacked_levels
from maestrokit.analysis.classes import ClassSource
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.rolls.excerpts import HOP
from maestrokit.plots.figure import bare
from maestrokit.plots.piano_roll import note_bars, octave_ticks
from maestrokit.plots.spectrum import name_frequencies

EVIDENCE_MAP = "PuOr_r"
LEAST_SCALE = 0.01  # nats
DARKEST = 0.55  # opacity of the loudest parts of a spectrum
SHOWN = 45.0  # dB below them that are shown


class ClassPanel(NamedTuple):
    """The most probable class of a performance or recording, and what says so."""

    title: str
    source: ClassSource
    evidence: Evidence


def draw_evidence(axes: Any, panel: ClassPanel) -> Any:
    """Draw what each part says for the class, over it the notes or the spectrum; return the picture of the parts."""
    evidence = panel.evidence
    largest = max(float(np.abs(evidence.value).max(initial=0)), LEAST_SCALE)
    image = axes.pcolormesh(
        evidence.time, evidence.edge - 0.5, evidence.value.T, cmap=EVIDENCE_MAP, vmin=-largest, vmax=largest
    )
    if isinstance(panel.source, MelSpectrum):
        _draw_spectrum(axes, panel.source, float(evidence.time[-1]))
    else:
        _draw_notes(axes, panel.source)
    axes.set_title(panel.title, loc="left", fontsize=8, pad=2).set_parse_math(False)
    bare(axes)
    return image


def _draw_notes(axes: Any, notes: TimedNotes) -> None:
    lowest, highest = pitches_shown(notes.pitch)
    axes.add_collection(note_bars(notes, 0.35, cmap="Greys", clim=(-60, 127), linewidths=0))
    axes.set_ylim(lowest, highest)
    axes.set_yticks(*octave_ticks(lowest, highest))


def _draw_spectrum(axes: Any, spectrum: MelSpectrum, end: float) -> None:
    """Draw the spectrum up to some second in black, the softer the more transparent."""
    levels = unpacked_levels(spectrum.levels[: int(end / HOP) + 2]).T
    black = np.zeros((*levels.shape, 4), np.float32)
    black[..., 3] = DARKEST * np.clip((levels - spectrum.reference) / SHOWN + 1, 0, 1)
    axes.imshow(
        black, origin="lower", aspect="auto", interpolation="antialiased", zorder=2,  # over the parts
        extent=(-HOP / 2, (levels.shape[1] - 0.5) * HOP, -0.5, BANDS - 0.5),
    )  # fmt: skip
    axes.set_ylim(-0.5, BANDS - 0.5)
    name_frequencies(axes, SPECTRUM.analysis().frequency, False)


def pitches_shown(pitch: np.ndarray) -> tuple[int, int]:
    """Return the lowest and the highest pitch to show of some notes."""
    return int(pitch.min(initial=60)) - 2, int(pitch.max(initial=60)) + 2
