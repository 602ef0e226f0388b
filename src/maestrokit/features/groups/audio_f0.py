"""The fundamental frequency of a recording, as far as it has one: meant for one voice at a time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.f0 import FRAME_RATE
from maestrokit.features import Field
from maestrokit.features.audio_views import AudioView, in_middles
from maestrokit.features.note_views import TimeBase
from maestrokit.features.statistics import ratio, summary, summary_fields

NEEDS = "audio"
FIELDS = {
    "method": Field("", "How it was found: yin, pyin, fft, crepe or crepe-full"),
    "voiced": Field("share", "Share of the time with a voice"),
    **summary_fields("frequency", "Hz", "the fundamental frequency where there is a voice"),
    "median_pitch": Field("MIDI number", "Median of the fundamental frequency as a pitch, with fractions"),
}
FRAMES = {
    "audio_f0": Field("Hz", "Fundamental frequency; 0 without a voice"),
    "audio_voicing": Field("0..1", "Confidence that there is one voice"),
}


def describe(view: AudioView) -> dict[str, Any]:
    """Return the descriptors of the fundamental frequency; see :func:`maestrokit.analysis.f0.track_pitch`."""
    pitches = view.pitches
    voiced = pitches.frequency[pitches.is_voiced & (pitches.frequency > 0)]
    return {
        "method": view.f0,
        "voiced": ratio(len(voiced), len(pitches.frequency)),
        "frequency": summary(voiced),
        "median_pitch": 69 + 12 * np.log2(np.median(voiced) / 440) if len(voiced) else None,
    }


def frames(view: AudioView, time_base: TimeBase) -> dict[str, NDArray[np.float32]]:
    """Return the fundamental frequency and its voicing in the middle of each frame."""
    pitches = view.pitches
    series = {"audio_f0": np.where(pitches.is_voiced, pitches.frequency, 0), "audio_voicing": pitches.voicing}
    return {name: in_middles(values, time_base, frame_rate=FRAME_RATE) for name, values in series.items()}
