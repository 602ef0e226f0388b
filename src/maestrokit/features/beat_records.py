"""Beats and tempo descriptors of tracked beats, the same for notes and recordings."""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.beats.from_notes import Beats
from maestrokit.arrays import Floats
from maestrokit.features import Field
from maestrokit.features.note_views import Grid
from maestrokit.features.statistics import ratio
from maestrokit.features.trends import tempo_changes

SMOOTHING = 3  # intervals to both sides over whose median a tempo change is looked for

BEAT_FIELDS = {
    "count": Field("beats", "How many beats were tracked"),
    "times": Field("s", "The beats"),
    "downbeats": Field("s", "Those that begin a bar"),
    "meter": Field("beats", "Beats a bar, of most bars"),
    "tempo": Field("beats/min", "Median of T = 60 / dt over the intervals dt from beat to beat"),
    "variation": Field("share", "Half the distance from the 16th to the 84th percentile of T, over its median"),
    "curve": Field("beats/min", "T of each interval, from each beat to the next"),
    "changes": Field("list", "Stretches in which the median T of seven intervals changes by 15 % or more"),
    "changes[].kind": Field("", "ritardando or accelerando"),
    "changes[].start": Field("s", "Where it begins"),
    "changes[].end": Field("s", "Where it ends"),
    "changes[].from": Field("beats/min", "Tempo at the start"),
    "changes[].to": Field("beats/min", "Tempo at the end"),
}


class HasBeats(Protocol):
    """A view with beats."""

    @property
    def beats(self) -> Beats:
        """Beats tracked on what it shows."""


def beat_series(beat: str, tempo: str, subject: str = "") -> dict[str, Field]:
    """Return the names of the two series of frames, with what they mean; the subject tells them apart."""
    return {
        beat: Field("0..2", f"2 where a bar begins, 1 at its other beats, else 0{subject and f', in {subject}'}"),
        tempo: Field("beats/min", f"Tempo by the tracked beats{subject and f' of {subject}'}; 0 outside of them"),
    }


def describe_beats(view: HasBeats) -> dict[str, Any]:
    """Return the beats and tempo; see :mod:`maestrokit.analysis.beats.tracker` for how they are tracked."""
    return beat_record(view.beats)


def frames_of_beats(view: HasBeats, grid: Grid, *, names: Iterable[str]) -> dict[str, NDArray[Any]]:
    """Return where beats are, and the tempo."""
    series = beat_frames(view.beats, grid).astype(np.uint8), tempo_frames(view.beats, grid).astype(np.float32)
    return dict(zip(names, series, strict=True))


def beat_record(beats: Beats) -> dict[str, Any]:
    """Return the values of ``BEAT_FIELDS``."""
    tempo = tempo_of(beats)
    low, middle, high = np.percentile(tempo, (16, 50, 84)) if len(tempo) else [float("nan")] * 3
    return {
        "count": len(beats.time),
        "times": beats.time,
        "downbeats": beats.downbeats,
        "meter": int(np.bincount(beats.meter).argmax()) if len(beats.meter) else None,
        "tempo": middle,
        "variation": ratio((high - low) / 2, middle) if len(tempo) else None,
        "curve": tempo.round(2),
        "changes": _changes(beats.time[:-1], tempo) if len(tempo) else [],
    }


def tempo_of(beats: Beats) -> Floats:
    """Return T = 60 / dt of each interval, in beats a minute."""
    return np.asarray(60 / np.diff(beats.time), np.float64)


def tempo_frames(beats: Beats, grid: Grid) -> Floats:
    """Return the tempo at the start of each frame; 0 before the first beat and from the last on."""
    tempo = np.concatenate([[0.0], tempo_of(beats), [0.0]]) if len(beats.time) else np.zeros(1)
    return np.asarray(tempo[np.searchsorted(beats.time, grid.times, side="right")], np.float64)


def beat_frames(beats: Beats, grid: Grid) -> Floats:
    """Return 2 in frames with a downbeat, 1 in those with another beat, else 0."""
    series = np.zeros(grid.count)
    frame = np.minimum((beats.time / grid.hop + 1e-6).astype(np.int64), grid.count - 1)
    np.maximum.at(series, frame, np.where(beats.position == 0, 2, 1))
    return series


def _changes(time: Floats, tempo: Floats) -> list[dict[str, Any]]:
    padded = np.pad(tempo, SMOOTHING, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * SMOOTHING + 1), axis=1)
    return tempo_changes(time, smooth)
