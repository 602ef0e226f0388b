"""Pitch classes of a recording."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.chroma import FRAME_RATE
from maestrokit.features import Field
from maestrokit.features.audio_views import AudioView, in_middles
from maestrokit.features.note_views import TimeBase
from maestrokit.features.statistics import entropy

NEEDS = "audio"
FIELDS = {
    "mean": Field("share", "Share of each of the 12 pitch classes from C in what sounds"),
    "entropy": Field("bits", "Shannon entropy of these shares"),
}
FRAMES = {"audio_chroma": Field("", "How strongly each pitch class from C sounds (frames, 12)")}


def describe(view: AudioView) -> dict[str, Any]:
    """Return the mean chroma; see :func:`maestrokit.analysis.chroma.salience`."""
    total = view.chroma.sum(axis=0)
    return {"mean": total / total.sum() if total.sum() > 0 else [None] * 12, "entropy": entropy(total)}


def frames(view: AudioView, time_base: TimeBase) -> dict[str, NDArray[np.float32]]:
    """Return the chroma in the middle of each frame."""
    return {"audio_chroma": in_middles(view.chroma, time_base, frame_rate=FRAME_RATE)}
