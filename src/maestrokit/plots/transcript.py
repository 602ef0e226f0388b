"""The picture of a transcription: notes over the spectrum, the pedal beneath."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.spectra.thumbnail import Thumbnail
from maestrokit.audio.spectra.transcription_input import CENTRE_BIN, KEY_BINS
from maestrokit.files.tables import encoded
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.plots.figure import bare, new_figure, picture_bytes
from maestrokit.plots.piano_roll import note_bars, octave_ticks, shortened

WIDTH, ROW_HEIGHT, PEDAL_SHARE = 7.0, 2.5, 0.05  # inches; the width of a page
ROW_SECONDS, MOST_ROWS = 20.0, 6  # a longer recording has longer rows, not more
RANGE = 55.0  # dB below the loudest level, all that is shown
SPECTRUM_MAP, VELOCITY_MAP = "Greys", "plasma"
DARKEST = 0.65  # of black: the loudest level, so that dark notes stay in sight
FEWEST_KEYS, MARGIN = 24, 3  # keys that are shown, and those around the notes
THICKNESS = 0.95  # semitones of a note's bar
EDGE = 0.15  # points
LEAST_VELOCITIES, VELOCITY_STEP = 40, 10  # that the colours span


@dataclass(frozen=True)
class _Row:
    """What all rows share."""

    notes: TimedNotes
    pedal: Floats
    levels: NDArray[np.float32]
    """Below the loudest, shape (columns, bins)."""
    columns_per_second: float
    lowest: int
    highest: int

    def draw(self, axes: Any, strip: Any | None, start: float, end: float) -> Any:
        """Draw a stretch, and return the notes."""
        self._draw_spectrum(axes, start, end)
        bars = self._draw_notes(axes, start, end)
        axes.set_xlim(start, end)
        axes.set_ylim(self.lowest - 0.5, self.highest + 0.5)
        ticks, names = octave_ticks(self.lowest, self.highest)
        axes.set_yticks(ticks, names)
        axes.tick_params(labelsize=8)
        if strip is not None:
            axes.tick_params(labelbottom=False, length=2)
            self._draw_pedal(strip, start, end)
        return bars

    def _draw_spectrum(self, axes: Any, start: float, end: float) -> None:
        first = max(int(start * self.columns_per_second), 0)
        shown = self.levels[first : int(np.ceil(end * self.columns_per_second)) + 1]
        if not len(shown):
            return
        left = (first - 0.5) / self.columns_per_second
        bottom = LOWEST_PITCH - (CENTRE_BIN + 0.5) / KEY_BINS
        axes.imshow(
            shown.T, origin="lower", aspect="auto", cmap=SPECTRUM_MAP, vmin=-RANGE, vmax=RANGE * (1 / DARKEST - 1),
            interpolation="nearest",
            extent=(left, left + len(shown) / self.columns_per_second, bottom, bottom + shown.shape[1] / KEY_BINS),
        )  # fmt: skip

    def _draw_notes(self, axes: Any, start: float, end: float) -> Any:
        shown = self.notes.select((self.notes.onset < end) & (self.notes.offset > start))
        edge = EDGE if end - start <= 2 * ROW_SECONDS else 0.0  # narrower notes would be all edge
        bars = note_bars(shown, THICKNESS / 2, cmap=VELOCITY_MAP, edgecolors="white", linewidths=edge)
        bars.set_clim(*_velocities(self.notes))
        axes.add_collection(bars)
        return bars

    def _draw_pedal(self, strip: Any, start: float, end: float) -> None:
        strip.broken_barh([(down, up - down) for down, up in self.pedal], (0, 1), color="0.35", linewidth=0)
        strip.set_xlim(start, end)
        strip.set_ylim(0, 1)
        strip.set_yticks([0.5], ["pedal"])
        strip.tick_params(axis="y", length=0)
        strip.tick_params(labelsize=8)
        bare(strip)


def transcript_picture(
    notes: TimedNotes,
    pedal: Floats,
    thumbnail: Thumbnail,
    *,
    seconds: float,
    title: str,
    format: str,
    provenance: Sequence[str] = (),
) -> bytes:
    """Return the picture, the same bytes each time.

    A short recording is one row, a longer one has several below one another, as a score has; each key is as high as any
    other.

    The pedal, as intervals in seconds, is a strip beneath each row, unless there is none. The thumbnail has levels of
    the spectrum that models of transcription see. See :func:`maestrokit.plots.figure.picture_bytes`.
    """
    count = int(np.clip(np.ceil(seconds / ROW_SECONDS), 1, MOST_ROWS))
    length = max(seconds / count, 0.1)
    figure = new_figure(width=WIDTH, height=count * ROW_HEIGHT + 0.5)
    heights = [1.0, PEDAL_SHARE] * count if len(pedal) else [1.0] * count
    axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    strips = axes[1::2] if len(pedal) else [None] * count
    mains = axes[::2] if len(pedal) else axes
    levels = thumbnail.levels
    lowest, highest = _keys(notes)
    row = _Row(notes, pedal, levels - levels.max(), thumbnail.columns_per_second, lowest, highest)
    for number, (main, strip) in enumerate(zip(mains, strips, strict=True)):
        bars = row.draw(main, strip, number * length, (number + 1) * length)
    mains[0].set_title(shortened(encoded(title).decode()), loc="left", fontsize=9).set_parse_math(False)
    axes[-1].set_xlabel("time (s)", fontsize=9)
    bar = figure.colorbar(bars, ax=list(axes), pad=0.015, aspect=25, shrink=1 / min(count, 2))
    bar.set_label("velocity", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    return picture_bytes(figure, format=format, provenance=provenance)


def _velocities(notes: TimedNotes) -> tuple[int, int]:
    """Return the velocities that the colours begin and end with: round ones, far enough apart."""
    lowest = int(notes.velocity.min(initial=127)) // VELOCITY_STEP * VELOCITY_STEP
    highest = -(-int(notes.velocity.max(initial=0)) // VELOCITY_STEP) * VELOCITY_STEP
    lowest = max(0, min(lowest, highest - LEAST_VELOCITIES))
    return lowest, max(highest, lowest + LEAST_VELOCITIES)


def _keys(notes: TimedNotes) -> tuple[int, int]:
    """Return the lowest and the highest key to show."""
    lowest, highest = int(notes.pitch.min(initial=60)) - MARGIN, int(notes.pitch.max(initial=60)) + MARGIN
    missing = max(0, FEWEST_KEYS - (highest - lowest))
    return max(LOWEST_PITCH, lowest - missing // 2), min(HIGHEST_PITCH, highest + missing - missing // 2)
