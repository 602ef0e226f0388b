"""The picture of performances and recordings, below one another on one axis of seconds."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from maestrokit.analysis.class_spectrum import MelSpectrum
from maestrokit.files.tables import encoded
from maestrokit.music.note_arrays import note_seconds
from maestrokit.music.performance import Performance
from maestrokit.plots.class_evidence import ClassPanel, draw_evidence, pitches_shown
from maestrokit.plots.figure import new_figure, picture_bytes
from maestrokit.plots.piano_roll import draw_notes, draw_pedal, octave_ticks, shortened
from maestrokit.plots.recording import RecordingFeatures, draw_level, draw_spectrum

LONGEST_PICTURE = 60.0  # seconds; of longer ones the beginning is shown
WIDTH = 10.0  # inches
HEIGHTS = {"notes": 2.0, "pedal": 0.28, "class": 1.8, "spectrum": 2.1, "level": 0.75}  # inches
TITLE_HEIGHT = 0.42  # inches


class PlotItem(NamedTuple):
    """A performance, a recording, or a performance with its recording."""

    title: str
    performance: Performance | None
    sound: RecordingFeatures | None
    classes: ClassPanel | None = None
    """Of the performance or the recording."""


def description_picture(items: Sequence[PlotItem], *, format: str, provenance: Sequence[str] = ()) -> bytes:
    """Return a picture: piano rolls coloured by velocity, with the pedal; mel spectra with f0, beats, chords and level.

    Where there is a class, what says so is drawn below what it is of.

    See :func:`maestrokit.plots.figure.picture_bytes`.
    """
    panels = [(item, name) for item in items for name in _panels(item)]
    heights = [HEIGHTS[name] for _, name in panels]
    figure = new_figure(width=WIDTH, height=sum(heights) + TITLE_HEIGHT * len(items) + 0.4)
    figure.get_layout_engine().set(hspace=0.02, h_pad=0.03)  # type: ignore[union-attr, call-arg]
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    end = min(max(map(_length, items)) or 1.0, LONGEST_PICTURE)
    for row, (item, name) in enumerate(panels):
        if row == 0 or panels[row - 1][0] is not item:
            pad = 14 if item.performance is None else 6  # room for the names of chords
            title = shortened(encoded(item.title).decode())
            axes[row].set_title(title, loc="left", fontsize=10, pad=pad).set_parse_math(False)
        if item.performance is not None and name in ("notes", "pedal"):
            _draw_performance(figure, axes, row, item.performance, name, end)
        if item.classes is not None and name == "class":
            image = draw_evidence(axes[row], item.classes)
            figure.colorbar(image, ax=axes[row], label="for the class (nats)", pad=0.01, aspect=18)
        if item.sound is not None and name == "spectrum":
            image = draw_spectrum(axes[row], item.sound, end)
            figure.colorbar(image, ax=[axes[row], axes[row + 1]], label="below the loudest (dB)", pad=0.01, aspect=18)
        if item.sound is not None and name == "level":
            draw_level(axes[row], item.sound)
    axes[-1].set_xlim(0, end)
    axes[-1].set_xlabel("time (s)")
    return picture_bytes(figure, format=format, provenance=provenance)


def _draw_performance(figure: Any, axes: Any, row: int, performance: Performance, name: str, end: float) -> None:
    if name == "pedal":
        draw_pedal(axes[row], performance, end)
        return
    bars = draw_notes(axes[row], performance, *note_seconds(performance))
    lowest, highest = pitches_shown(performance.notes.pitch)
    axes[row].set_ylim(lowest, highest)
    axes[row].set_yticks(*octave_ticks(lowest, highest))
    figure.colorbar(bars, ax=[axes[row], axes[row + 1]], label="velocity", pad=0.01, aspect=18)


def _panels(item: PlotItem) -> list[str]:
    """Return the names of the panels of an item, from above."""
    notes = ["notes", "pedal"] if item.performance is not None else []
    sound = ["spectrum", "level"] if item.sound is not None else []
    classes = ["class"] if item.classes is not None else []
    is_of_sound = item.classes is not None and isinstance(item.classes.source, MelSpectrum)
    return [*notes, *sound, *classes] if is_of_sound else [*notes, *classes, *sound]


def _length(item: PlotItem) -> float:
    notes_end = 0.0 if item.performance is None else float(note_seconds(item.performance)[1].max(initial=0.0))
    return max(notes_end, 0.0 if item.sound is None else item.sound.length)
