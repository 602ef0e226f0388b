"""Level and loudness of a recording."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.loudness import FRAME_RATE, OFFSET, decibels, gating_blocks, integrated_loudness
from maestrokit.features import Field
from maestrokit.features.audio_views import AudioView, mean_between
from maestrokit.features.note_views import TimeBase

NEEDS = "audio"
QUIET = -70.0  # LUFS: blocks below are left out of the range
FIELDS = {
    "rms": Field("dB", "Mean power of all channels, 10 log10 of E = (1/N) sum x^2, full scale is 1"),
    "peak": Field("dB", "Greatest magnitude of a sample in any channel, full scale is 1"),
    "integrated": Field("LUFS", "Loudness of all channels together, gated as in ITU-R BS.1770-4"),
    "range": Field("LU", "From the 10th to the 95th percentile of the loudness of blocks of 0.4 s above -70 LUFS"),
}
FRAMES = {
    "audio_rms": Field("dB", "Mean power of all channels, full scale is 1; -120 for silence"),
    "audio_loudness": Field("LUFS", "K-weighted power of all channels together; -120.691 for silence"),
}


def describe(view: AudioView) -> dict[str, Any]:
    """Return level and loudness; those of silence are null."""
    levels = view.levels
    blocks = OFFSET + decibels(gating_blocks(levels.weighted))
    loud = blocks[blocks > QUIET]
    return {
        "rms": decibels(levels.power.mean())[()] if levels.power.any() else None,
        "peak": decibels(np.asarray(levels.peak**2))[()] if levels.peak else None,
        "integrated": integrated_loudness(levels.weighted),
        "range": float(np.subtract(*np.percentile(loud, (95, 10)))) if len(loud) else None,
    }


def frames(view: AudioView, time_base: TimeBase) -> dict[str, NDArray[np.float32]]:
    """Return level and loudness of each frame."""
    power, weighted = (
        mean_between(values, time_base, frame_rate=FRAME_RATE) for values in (view.levels.power, view.levels.weighted)
    )
    return {
        "audio_rms": decibels(power).astype(np.float32),
        "audio_loudness": (OFFSET + decibels(weighted)).astype(np.float32),
    }
