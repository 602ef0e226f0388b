"""Tempo: that of the tempo map, and that of the notes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.features import Field
from maestrokit.features.note_views import NoteView, TimeBase
from maestrokit.features.pulse import HOP, tempo_path
from maestrokit.features.statistics import mean, median_and_variation
from maestrokit.features.trends import tempo_changes, trend_fields

NEEDS = "notes"
FEWEST = 8  # onsets from which a tempo is estimated
SURE = 0.05  # strength from which a moment has a pulse

FIELDS = {
    "set.initial": Field("beats/min", "Tempo of the file at its start; 120 where it sets none, null with SMPTE time"),
    "set.mean": Field("beats/min", "Mean tempo of the file: its length in beats over its length in minutes"),
    "set.minimum": Field("beats/min", "Slowest tempo of the file"),
    "set.maximum": Field("beats/min", "Fastest tempo of the file"),
    "set.changes": Field("changes", "Changes of tempo after the start"),
    "played": Field("beats/min", "Tempo by the times between onsets: median of the curve, T = 60 / beat"),
    "strength": Field("share", "Mean share of those times that lie on the beat found, 0 (no pulse) to 1 (a machine)"),
    "variation": Field("share", "Half the distance from the 16th to the 84th percentile of the curve, over its median"),
    "curve.hop": Field("s", "Time from one point of the curve to the next; the first is at 0"),
    "curve.tempo": Field("beats/min", "Tempo by the times between onsets around each point, null without a pulse"),
    "changes": Field("list", "Stretches in which the curve changes by 15 % or more"),
    **trend_fields("changes", "beats/min", "Tempo of the curve", kinds="ritardando or accelerando"),
}

FRAMES = {"tempo": Field("beats/min", "The tempo curve, interpolated; 0 where there is no pulse")}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the tempo descriptors; see :mod:`maestrokit.features.pulse` for how it is estimated from notes."""
    time, tempo, strength = tempo_curve(view)
    known = np.isfinite(tempo)
    median, variation = median_and_variation(tempo[known])
    return {
        "set": _set_tempo(view),
        "played": median,
        "strength": mean(strength[known]),
        "variation": variation,
        "curve": {"hop": HOP, "tempo": tempo.round(2)},
        "changes": tempo_changes(time[known], tempo[known]),
    }


def frames(view: NoteView, time_base: TimeBase) -> dict[str, NDArray[np.float32]]:
    """Return the tempo at the start of each frame."""
    time, tempo, _ = tempo_curve(view)
    known = np.isfinite(tempo)
    if not known.any():
        return {"tempo": np.zeros(time_base.count, np.float32)}
    within = known[np.minimum(np.rint(time_base.times / HOP).astype(np.int64), len(known) - 1)]
    values = np.where(within, np.interp(time_base.times, time[known], tempo[known]), 0.0)
    return {"tempo": np.round(values, 3).astype(np.float32)}


def tempo_curve(view: NoteView) -> tuple[Floats, Floats, Floats]:
    """Return times, tempo and strength of the curve; the tempo is NaN where there is no pulse."""
    if len(view.group_first) < FEWEST:
        return np.empty(0), np.empty(0), np.empty(0)
    time, tempo, strength = tempo_path(view)
    return time, np.where(strength >= SURE, tempo, np.nan), strength


def _set_tempo(view: NoteView) -> dict[str, Any]:
    if view.performance.division < 0:
        return dict.fromkeys(("initial", "mean", "minimum", "maximum", "changes"))
    within = view.tempo.second <= view.length
    tempo = 60 / (view.tempo.seconds_per_tick[within] * view.performance.division)
    lasting = np.diff(view.tempo.second[within], append=view.length)
    return {
        "initial": tempo[0],
        "mean": mean(tempo, lasting) if view.length else tempo[0],
        "minimum": tempo.min(),
        "maximum": tempo.max(),
        "changes": np.count_nonzero(np.diff(tempo)),
    }
