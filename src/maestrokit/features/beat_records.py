"""Beats and tempo descriptors of tracked beats, the same for notes and recordings."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.beats.from_notes import Beats
from maestrokit.arrays import Floats
from maestrokit.features import Field
from maestrokit.features.note_views import NoteView, TimeBase
from maestrokit.features.statistics import median_and_variation
from maestrokit.features.trends import tempo_changes, trend_fields

if TYPE_CHECKING:
    from maestrokit.features.audio_views import AudioView

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
    **trend_fields("changes", "beats/min", "Tempo", kinds="ritardando or accelerando"),
}


def beat_series(beat: str, tempo: str, subject: str = "") -> dict[str, Field]:
    """Return the names of the two series of frames, with what they mean; the subject tells them apart."""
    return {
        beat: Field("0..2", f"2 where a bar begins, 1 at its other beats, else 0{subject and f', in {subject}'}"),
        tempo: Field("beats/min", f"Tempo by the tracked beats{subject and f' of {subject}'}; 0 outside of them"),
    }


def describe_beats(view: "NoteView | AudioView") -> dict[str, Any]:
    """Return the values of ``BEAT_FIELDS``; see :mod:`maestrokit.analysis.beats.tracker` for how they are tracked."""
    beats, tempo = view.beats, tempo_of(view.beats)
    median, variation = median_and_variation(tempo)
    return {
        "count": len(beats.time),
        "times": beats.time,
        "downbeats": beats.downbeats,
        "meter": int(np.bincount(beats.meter).argmax()) if len(beats.meter) else None,
        "tempo": median,
        "variation": variation,
        "curve": tempo.round(2),
        "changes": tempo_changes(beats.time[:-1], _smoothed(tempo)) if len(tempo) else [],
    }


def tempo_of(beats: Beats) -> Floats:
    """Return T = 60 / dt of each interval, in beats a minute."""
    return np.asarray(60 / np.diff(beats.time), np.float64)


def frames_of_beats(
    view: "NoteView | AudioView", time_base: TimeBase, *, names: Iterable[str]
) -> dict[str, NDArray[Any]]:
    """Return the series of :func:`beat_series`; the tempo is that at the start of each frame."""
    beats, marks = view.beats, np.zeros(time_base.count, np.uint8)
    frame = np.minimum((beats.time / time_base.hop + 1e-6).astype(np.int64), time_base.count - 1)
    np.maximum.at(marks, frame, np.where(beats.position == 0, np.uint8(2), np.uint8(1)))
    tempo = np.concatenate([[0.0], tempo_of(beats), [0.0]]) if len(beats.time) else np.zeros(1)
    curve = tempo[np.searchsorted(beats.time, time_base.times, side="right")].astype(np.float32)
    return dict(zip(names, (marks, curve), strict=True))


def _smoothed(tempo: Floats) -> Floats:
    padded = np.pad(tempo, SMOOTHING, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * SMOOTHING + 1), axis=1))
