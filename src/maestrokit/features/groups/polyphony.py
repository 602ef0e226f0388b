"""Polyphony: how many pitches sound at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.features import Field
from maestrokit.features.note_views import NoteView, TimeBase
from maestrokit.features.statistics import ratio
from maestrokit.music.rolls.frames import held_values

NEEDS = "notes"

_KEYS = {
    "mean": ("notes", "Mean number of different pitches, over the time in which there is any"),
    "maximum": ("notes", "Most different pitches at once"),
    "rate": ("share", "Share of the length with at least two pitches"),
    "silence": ("share", "Share of the length with none"),
}
FIELDS = {
    f"{part}.{name}": Field(unit, f"{of_what}: {meaning}")
    for part, of_what in (("keys", "Keys down"), ("sounding", "Sounding, with the sustain pedal"))
    for name, (unit, meaning) in _KEYS.items()
}

FRAMES = {
    "keys_down": Field("keys", "Different pitches whose key is down at the start of the frame"),
    "sounding": Field("pitches", "Different pitches that sound at the start of the frame, with the sustain pedal"),
}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the polyphony descriptors of keys held and of strings sounding.

    ``mean`` and ``rate`` are muspy's polyphony and polyphony rate, of time itself in place of time steps. The rate
    here is of the whole length, as there.
    """
    return {"keys": _described(view, view.offset), "sounding": _described(view, view.sounding_offset)}


def frames(view: NoteView, time_base: TimeBase) -> dict[str, NDArray[np.uint8]]:
    """Return the number of pitches at the start of each frame, as unsigned bytes."""
    down, sounding = (pitches_at_once(view.onset, end, view.pitch) for end in (view.offset, view.sounding_offset))
    series = {"keys_down": held_values(*down, time_base.starts), "sounding": held_values(*sounding, time_base.starts)}
    return {name: count.astype(np.uint8) for name, count in series.items()}


def pitches_at_once(onset: Floats, offset: Floats, pitch: Integers) -> tuple[Floats, Integers]:
    """Return the number of different pitches that sound, from each of the rising times to the next; the last is 0."""
    rows = np.lexsort((offset, onset, pitch))
    onset, offset, pitch = onset[rows], offset[rows], pitch[rows]
    # Notes of one pitch may overlap; lay the pitches end to end, and each note begins where all before it have ended.
    shift = pitch * (1.0 + offset.max(initial=0.0))
    reached = np.maximum.accumulate(offset + shift) if len(offset) else offset
    begun = np.maximum(onset, np.concatenate([onset[:1], reached[:-1] - shift[1:]]))
    is_audible = begun < offset
    moments = np.concatenate([begun[is_audible], offset[is_audible]])
    order = np.argsort(moments)
    count = np.cumsum(np.repeat([1, -1], np.count_nonzero(is_audible))[order])
    time = moments[order]
    last = np.diff(time, append=np.inf) > 0  # of several changes at one moment
    return time[last], count[last]


def _described(view: NoteView, offset: Floats) -> dict[str, Any]:
    time, count = pitches_at_once(view.onset, offset, view.pitch)
    lasting, count = np.diff(time), count[:-1]
    sounding = lasting[count > 0].sum()
    return {
        "mean": ratio(float(lasting @ count), sounding),
        "maximum": int(count.max()) if len(count) else None,
        "rate": ratio(lasting[count > 1].sum(), view.length),
        "silence": ratio(max(view.length - sounding, 0.0), view.length),
    }
