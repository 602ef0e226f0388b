"""Piano rolls: notes over time, coloured by velocity, with the sustain pedal beneath."""

from typing import Any

import numpy as np

from maestrokit.arrays import Floats
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.performance import SUSTAIN, Performance
from maestrokit.music.sustain import pedal_positions
from maestrokit.music.timing import tempo_map, tick2second
from maestrokit.plots.figure import bare

VELOCITY_MAP = "viridis"
LONGEST_TITLE = 96  # characters


def shortened(title: str) -> str:
    """Return a title that fits above the picture, its middle left out if it is long.

    >>> shortened("C major: take.mid")
    'C major: take.mid'
    """
    half = LONGEST_TITLE // 2
    return title if len(title) <= LONGEST_TITLE else f"{title[:half]} .. {title[-half:]}"


def draw_notes(axes: Any, performance: Performance, onset: Floats, offset: Floats) -> Any:
    """Draw a bar for each note, coloured by its velocity; return the bars."""
    notes = TimedNotes(onset, offset, performance.notes.pitch, performance.notes.velocity)
    bars = note_bars(notes, 0.42, cmap=VELOCITY_MAP, linewidths=0)
    bars.set_clim(0, 127)
    axes.add_collection(bars)
    axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    axes.set_axisbelow(True)
    bare(axes)
    return bars


def note_bars(notes: TimedNotes, half: float, **style: Any) -> Any:
    """Return a rectangle for each note, coloured by its velocity, that reaches half a height to either side."""
    from matplotlib.collections import PolyCollection

    onset, offset, pitch = notes.onset, notes.offset, notes.pitch.astype(float)
    corners = [(onset, pitch - half), (onset, pitch + half), (offset, pitch + half), (offset, pitch - half)]
    outlines = np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)  # (notes, corners, x and y)
    return PolyCollection(list(outlines), array=notes.velocity, **style)


def octave_ticks(lowest: int, highest: int) -> tuple[list[int], list[str]]:
    """Return the keys C from one key to another, and their names.

    >>> octave_ticks(59, 73)
    ([60, 72], ['C4', 'C5'])
    """
    ticks = [pitch for pitch in range(lowest, highest + 1) if pitch % 12 == 0]
    return ticks, [f"C{pitch // 12 - 1}" for pitch in ticks]


def draw_pedal(axes: Any, performance: Performance, end: float) -> None:
    """Draw how far down the sustain pedal is."""
    controls = pedal_positions(performance.controls, SUSTAIN)
    second = tick2second(controls.tick, tempo_map(performance))
    times = np.concatenate([[0.0], second, [max(end, float(second.max(initial=0)))]])
    depth = np.concatenate([[0], controls.value, controls.value[-1:] if len(controls) else [0]])
    axes.fill_between(times, depth, step="post", color="0.55", linewidth=0)
    axes.set_ylim(0, 127)
    axes.set_yticks([])
    axes.set_ylabel("pedal", rotation=0, ha="right", va="center", fontsize=8)
    bare(axes)
