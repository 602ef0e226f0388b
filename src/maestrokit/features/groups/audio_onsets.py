"""Onsets in a recording."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.onsets import FRAME_RATE
from maestrokit.features import Field
from maestrokit.features.audio_views import AudioView, in_middles
from maestrokit.features.note_views import TimeBase
from maestrokit.features.statistics import mean, ratio

NEEDS = "audio"
FIELDS = {
    "count": Field("onsets", "How many onsets were found; a chord is one"),
    "per_second": Field("1/s", "Onsets over the length of the recording"),
    "mean_strength": Field("nepers", "Mean rise of the spectrum at the onsets"),
    "times": Field("s", "The onsets"),
}
FRAMES = {"audio_onset_strength": Field("nepers", "Rise of the logarithm of the mel spectrum")}


def describe(view: AudioView) -> dict[str, Any]:
    """Return the onsets; see :func:`maestrokit.analysis.onsets.find_onsets`."""
    onsets = view.onsets
    return {
        "count": len(onsets.time),
        "per_second": ratio(len(onsets.time), view.length),
        "mean_strength": mean(onsets.strength[:, -1]),
        "times": np.maximum(onsets.time, 0.0).round(4),
    }


def frames(view: AudioView, time_base: TimeBase) -> dict[str, NDArray[np.float32]]:
    """Return the rise of the spectrum in the middle of each frame."""
    strength = view.onset_features.strength[:, -1]
    return {"audio_onset_strength": in_middles(strength, time_base, frame_rate=FRAME_RATE)}
