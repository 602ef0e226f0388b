"""Dynamics: velocities, and how they change."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.features import Field
from maestrokit.features.note_views import NoteView, TimeBase
from maestrokit.features.statistics import mean, smoothed, summary, summary_fields
from maestrokit.features.trends import trend_fields, trend_records, trends
from maestrokit.music.rolls.frames import frame_times, piano_roll

NEEDS = "notes"
PERCENTILES = (5, 25, 50, 75, 95)
REGIONS = {"bass": (0, 48), "middle": (48, 72), "treble": (72, 128)}  # MIDI numbers, from and up to without
CURVE_HOP = 1.0  # seconds
SMOOTHING = np.array([1.0, 2.0, 3.0, 2.0, 1.0])  # of the curve, over five points
SWELL = 12  # velocity: least change of a crescendo; about one dynamic mark (pp to ff span some 80)

FIELDS = {
    **summary_fields("velocity", "0..127", "the velocities"),
    "velocity.range": Field("0..127", "Greatest velocity less least"),
    **{
        f"velocity.percentile_{rank}": Field("0..127", f"{rank} % of the velocities are not above it")
        for rank in PERCENTILES
    },
    **{
        f"mean_velocity.{name}": Field("0..127", f"Mean velocity of MIDI numbers {low} to {high - 1}")
        for name, (low, high) in REGIONS.items()
    },
    "curve.hop": Field("s", "Time from one point of the curve to the next; the first is at 0"),
    "curve.velocity": Field("0..127", "Mean velocity of the notes around each point, null where there are none"),
    "swells": Field("list", "Crescendos and diminuendos: stretches in which the curve rises or falls by 12 or more"),
    **trend_fields("swells", "0..127", "Velocity of the curve", kinds="crescendo or diminuendo"),
}

FRAMES = {"velocity": Field("0..127", "Velocity of each key that is down, from A0 (MIDI number 21) to C8 (frames, 88)")}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the descriptors of dynamics, by velocity alone: what it means in decibels is up to the instrument."""
    velocity = view.velocity
    ranks = np.percentile(velocity, PERCENTILES) if len(velocity) else [None] * len(PERCENTILES)
    time, level = velocity_curve(view)
    return {
        "velocity": {
            **summary(velocity),
            "range": int(np.ptp(velocity)) if len(velocity) else None,
            **{f"percentile_{rank}": value for rank, value in zip(PERCENTILES, ranks, strict=True)},
        },
        "mean_velocity": {
            name: mean(velocity[(view.pitch >= low) & (view.pitch < high)]) for name, (low, high) in REGIONS.items()
        },
        "curve": {"hop": CURVE_HOP, "velocity": level.round(1)},
        "swells": _swells(time, level),
    }


def frames(view: NoteView, time_base: TimeBase) -> dict[str, NDArray[np.uint8]]:
    """Return the piano roll of velocities, as unsigned bytes."""
    roll = piano_roll(view.onset, view.offset, view.pitch, view.velocity, hop=time_base.hop, frames=time_base.count)
    return {"velocity": roll}


def velocity_curve(view: NoteView) -> tuple[Floats, Floats]:
    """Return the mean velocity around each point of a time base of ``CURVE_HOP``, NaN where there are no notes.

    Notes count with weights that fall from the point to both sides, over five seconds in all.
    """
    points = int(view.length // CURVE_HOP) + 1 if len(view.onset) else 0
    block = np.minimum(np.rint(view.onset / CURVE_HOP).astype(np.int64), points - 1)
    total = smoothed(np.bincount(block, view.velocity, minlength=points), SMOOTHING)
    count = smoothed(np.bincount(block, minlength=points), SMOOTHING)
    level = np.divide(total, count, out=np.full(points, np.nan), where=count > 0)
    return frame_times(points, hop=CURVE_HOP), level


def _swells(time: Floats, level: Floats) -> list[dict[str, Any]]:
    known = np.isfinite(level)
    time, level = time[known], level[known]
    return trend_records(time, level, trends(level, least=SWELL), rise="crescendo", fall="diminuendo")
