"""Performances on a time grid."""

from pathlib import Path

from numpy.typing import ArrayLike

from maestrokit.api.inputs import performance_of
from maestrokit.music.performance import Performance
from maestrokit.music.quantization.quantize import Quantization, QuantizeReport
from maestrokit.music.quantization.quantize import quantize as quantized


def quantize(
    performance: Performance | str | Path, how: Quantization, *, beats: ArrayLike | None = None
) -> tuple[Performance, QuantizeReport]:
    """Return the performance with its notes on a grid and cleaned, and a report.

    Onsets go to the nearest point, t' = round(t / Q) * Q for a quantum Q, then to the nearest tick. The moved onsets
    make a time map, linear between them, by which all other events move, pedals first of all: they keep their order
    among themselves and with the onsets. Tempos, signatures, markers and cue points stay. A note that ended before the
    next onset of its key still does, and none with a note-off gets length 0. With strength 1, twice is once.

    Parameters
    ----------
    performance : Performance, str or Path
        What to quantize, or its MIDI file; it is not changed.
    how : Quantization
        The grid, and what is moved and cleaned.
    beats : float, shape (beats,), in seconds, optional
        Makes ticks score positions first, each of these a beat (see :func:`retimed`). Default: the tempo map's.

    Returns
    -------
    performance : Performance
        The quantized performance.
    report : QuantizeReport
        How many notes were moved, removed and cut.

    Raises
    ------
    UsageError
        If beats are given with a step in seconds.
    NoInputError
        If the file cannot be opened.
    BadDataError
        If a grid of note values or a step cannot be had from the file's time, or the beats are none; or the file is
        damaged.
    """
    return quantized(performance_of(performance), how, beats=beats)
