"""A spectrum as a picture for a paper: time in seconds, frequency in Hz, level in dB."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.plots.figure import new_figure, picture_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 7.0, 3.2  # inches: the width of a page
COLUMNS = 2000  # as many as the picture can show; longer spectra show the loudest frame of each column
RANGE = 80.0  # dB below the loudest value, all that is shown
LINEAR_TICKS = 1000.0  # Hz
CLOSEST_TICKS = 0.05  # of the height of the picture


def spectrum_picture(
    decibels: NDArray[np.float32],
    *,
    frequency: Floats,
    frames_per_second: float,
    is_linear: bool,
    format: str,
    provenance: Sequence[str] = (),
) -> bytes:
    """Return the picture of a spectrum, the same bytes each time; levels count from the loudest value.

    The spectrum has shape (frames, bins). Every bin is as high as any other, with ticks at round frequencies; where the
    frequency axis `is_linear`, these are evenly spread. See :func:`maestrokit.plots.figure.picture_bytes`.
    """
    pool = -(-len(decibels) // COLUMNS)
    shown = _loudest(decibels, pool).T  # (bins, columns)
    shown = shown - shown.max()
    figure = new_figure(width=WIDTH, height=HEIGHT)
    axes = figure.add_subplot()
    half_frame = 0.5 / frames_per_second
    end = shown.shape[1] * pool / frames_per_second - half_frame
    image = axes.imshow(
        shown, origin="lower", aspect="auto", cmap="magma", vmin=-RANGE, vmax=0,
        interpolation="nearest", extent=(-half_frame, end, -0.5, len(frequency) - 0.5),
    )  # fmt: skip
    axes.set_xlim(0, max(len(decibels) - 1, 1) / frames_per_second)
    name_frequencies(axes, frequency, is_linear)
    axes.set_xlabel("Time (s)")
    axes.set_ylabel("Frequency (Hz)")
    bar = figure.colorbar(image, ax=axes, pad=0.015, aspect=30)
    bar.set_label("Level below the loudest (dB)")
    bar.outline.set_visible(False)
    for side in axes.spines.values():
        side.set_linewidth(0.6)
    return picture_bytes(figure, format=format, provenance=provenance)


def _loudest(decibels: NDArray[np.float32], pool: int) -> NDArray[np.float32]:
    if pool == 1:
        return decibels
    return np.maximum.reduceat(decibels, np.arange(0, len(decibels), pool), axis=0)


def name_frequencies(axes: "Axes", frequency: Floats, is_linear: bool) -> None:
    """Put ticks at round frequencies, at the row in which each lies."""
    lowest, highest = float(frequency[0]), float(frequency[-1])
    if is_linear:
        round_ones = np.arange(0, highest + 1, LINEAR_TICKS * max(1, round(highest / 8000)))
    else:
        candidates = np.array([30, 60, 125, 250, 500, 1000, 2000, 4000, 8000, 16000], np.float64)
        round_ones = candidates[(candidates >= lowest * 0.99) & (candidates <= highest * 1.02)]
    rows: Any = np.interp(round_ones, frequency, np.arange(len(frequency)))
    while len(rows) > 1 and (close := np.diff(rows) < CLOSEST_TICKS * len(frequency)).any():
        crowded = int(np.flatnonzero(close)[0])  # of two that would overlap, the lower goes
        rows, round_ones = np.delete(rows, crowded), np.delete(round_ones, crowded)
    axes.set_yticks(rows, [f"{tick:,.0f}".replace(",", "\u2009") for tick in round_ones])
