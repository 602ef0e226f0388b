"""Use of the sustain, sostenuto and soft pedals."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats, Integers
from maestrokit.features import Field
from maestrokit.features.note_views import NoteView, TimeBase
from maestrokit.features.statistics import ratio
from maestrokit.music.performance import SOFT, SOSTENUTO, SUSTAIN
from maestrokit.music.rolls.frames import held_values
from maestrokit.music.sustain import PEDAL_DOWN, pedal_positions
from maestrokit.music.timing import tick2second

NEEDS = "notes"
PEDALS = {"sustain": SUSTAIN, "sostenuto": SOSTENUTO, "soft": SOFT}
FULL = 127

_KEYS = {
    "down": ("share", "Share of the length with the {} pedal down (value 64 or more)"),
    "presses": ("presses", "Times that the {} pedal goes down"),
    "presses_per_minute": ("1/min", "Presses of the {} pedal over the length"),
    "mean_depth": ("share", "Mean value of the {} pedal over 127, over the time it is not 0"),
    "partial": ("share", "Share of the length with the {} pedal at 1 to 126: half-pedalling, or a pedal in motion"),
}
FIELDS = {
    f"{pedal}.{name}": Field(unit, meaning.format(pedal)) for pedal in PEDALS for name, (unit, meaning) in _KEYS.items()
}

FRAMES = {pedal: Field("0..127", f"Value of the {pedal} pedal at the start of the frame") for pedal in PEDALS}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the pedal descriptors; of several channels, the pedal pressed deepest counts."""
    return {name: _described(*positions(view, number), view.length) for name, number in PEDALS.items()}


def frames(view: NoteView, time_base: TimeBase) -> dict[str, NDArray[np.uint8]]:
    """Return the pedals at the start of each frame, as unsigned bytes."""
    return {
        name: held_values(*positions(view, number), time_base.starts).astype(np.uint8)
        for name, number in PEDALS.items()
    }


def positions(view: NoteView, number: int) -> tuple[Floats, Integers]:
    """Return the moments at which a pedal is moved, in seconds, and its value from each on."""
    controls = pedal_positions(view.performance.controls, number)
    last = np.diff(controls.tick, append=-1) != 0  # of several at one tick
    tick = controls.tick[last]
    value = np.zeros(len(tick), np.int64)
    for channel in np.unique(controls.channel):
        of_channel = controls.select(controls.channel == channel)
        value = np.maximum(value, held_values(of_channel.tick, of_channel.value, tick))
    return tick2second(tick, view.tempo), value


def _described(time: Floats, value: Integers, length: float) -> dict[str, Any]:
    time, value = time[time <= length], value[time <= length]
    lasting = np.diff(time, append=length)
    is_down = value >= PEDAL_DOWN
    presses = int(np.count_nonzero(np.diff(is_down, prepend=False) & is_down))
    pressed = lasting[value > 0].sum()
    return {
        "down": ratio(lasting[is_down].sum(), length),
        "presses": presses,
        "presses_per_minute": ratio(60 * presses, length),
        "mean_depth": ratio(float(lasting @ value) / FULL, pressed),
        "partial": ratio(lasting[(value > 0) & (value < FULL)].sum(), length),
    }
