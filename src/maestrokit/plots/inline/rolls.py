"""Piano rolls inside a page: a rectangle a note, of one semitone; the louder, the more opaque."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Mask
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.plots.inline.matrix import image
from maestrokit.plots.inline.svg import Tick, figure, time_ticks

UNITS = 100  # a second
LOUDNESS = (0, 48, 64, 80, 128)  # velocities at which another class begins
MARGIN, FEWEST_KEYS = 2, 24  # keys around the notes, and in all
HEAD = '<line class="head" x1="0" x2="0" y1="0" y2="100%"/>'
"""Where the player is; the page's script moves it."""


def piano_roll(notes: TimedNotes, *, seconds: float, label: str, start: float = 0.0) -> str:
    """Return the notes of a stretch of time in four shades of loudness."""
    lowest, highest = keys(notes)
    data = "".join(
        rectangles(f"v{shade}", notes, (notes.velocity >= low) & (notes.velocity < high), start, highest)
        for shade, (low, high) in enumerate(pairwise(LOUDNESS))
    )
    return _framed(data, lowest, highest, seconds=seconds, start=start, label=label)


def truth_and_estimate(
    reference: TimedNotes, estimate: TimedNotes, *, is_hit: Mask, is_right: Mask, seconds: float, start: float,
    label: str, spectrum: Floats | None = None,
) -> str:  # fmt: skip
    """Return what was played and what was detected: hits, missed notes and additional ones, over the spectrum.

    Parameters
    ----------
    is_hit, is_right : bool, shape (notes,)
        Which notes of the reference, and of the estimate, have a partner.
    spectrum : float64, shape (frames, 88), 0..1, optional
        Level of each key of a piano in the same stretch.
    """
    all_notes = TimedNotes(*(np.concatenate(pair) for pair in zip(reference, estimate, strict=True)))
    lowest, highest = keys(all_notes)
    parts = [] if spectrum is None else [_levels(spectrum, lowest, highest, seconds)]
    for kind, notes, chosen in (
        ("hit", reference, is_hit), ("missed", reference, ~is_hit), ("additional", estimate, ~is_right),
    ):  # fmt: skip
        parts.append(rectangles(kind, notes, chosen, start, highest, is_thin=kind == "missed"))
    return _framed("".join(parts), lowest, highest, seconds=seconds, start=start, label=label)


def keys(notes: TimedNotes) -> tuple[int, int]:
    """Return the lowest and the highest key to show."""
    lowest, highest = int(notes.pitch.min(initial=60)) - MARGIN, int(notes.pitch.max(initial=60)) + MARGIN
    missing = max(0, FEWEST_KEYS - (highest - lowest))
    return max(0, lowest - missing // 2), min(127, highest + missing - missing // 2)


def rectangles(
    kind: str, notes: TimedNotes, chosen: Mask, start: float, highest: int, *, is_thin: bool = False
) -> str:  # fmt: skip
    """Return chosen notes as one element, as high as a key or thin in its middle; nothing if there are none."""
    part = notes.select(chosen)
    left = np.rint((part.onset - start) * UNITS).astype(np.int64)
    width = np.maximum(np.rint((part.offset - part.onset) * UNITS).astype(np.int64), 2)
    top = highest - part.pitch
    inset, height = (".3", ".4") if is_thin else ("", "1")
    shapes = [
        f"M{x} {y}{inset}h{w}v{height}h-{w}z"
        for x, y, w in zip(left.tolist(), top.tolist(), width.tolist(), strict=True)
    ]
    return f'<path class="{kind}" d="{"".join(shapes)}"/>' if shapes else ""


def _levels(spectrum: Floats, lowest: int, highest: int, seconds: float) -> str:
    pitches: NDArray[np.float64] = np.zeros((len(spectrum), 128))
    pitches[:, LOWEST_PITCH : HIGHEST_PITCH + 1] = spectrum
    shown = pitches[:, lowest : highest + 1].T[::-1]
    return image(shown, width=seconds * UNITS, height=highest - lowest + 1, hue="ink")


def _framed(data: str, lowest: int, highest: int, *, seconds: float, start: float, label: str) -> str:
    height = highest - lowest + 1
    octaves = [pitch for pitch in range(lowest, highest + 1) if pitch % 12 == 0]
    names = [Tick((pitch - lowest + 0.5) / height, f"C{pitch // 12 - 1}") for pitch in octaves]
    return figure(
        data, width=seconds * UNITS, height=height, label=label, x=time_ticks(seconds, start=start), y=names,
        kind="roll", over=HEAD,
    )  # fmt: skip
