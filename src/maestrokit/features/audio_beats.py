"""Beats, bars and tempo of a recording, tracked on its sound."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.features import Field
from maestrokit.features._beats import BEAT_FIELDS, beat_frames, beat_record, tempo_frames
from maestrokit.features._sound import AudioView
from maestrokit.features._views import Grid

NEEDS = "audio"
FIELDS = BEAT_FIELDS
FRAMES = {
    "audio_beat": Field("0..2", "2 where a bar begins, 1 at its other beats, else 0, in the recording"),
    "audio_tempo": Field("beats/min", "Tempo by the tracked beats of the recording; 0 outside of them"),
}


def describe(view: AudioView) -> dict[str, Any]:
    """Return the beats and tempo; see :mod:`maestrokit.music.beat_network` for how they are tracked."""
    return beat_record(view.beats)


def frames(view: AudioView, grid: Grid) -> dict[str, NDArray[Any]]:
    """Return where beats are, and the tempo."""
    return {
        "audio_beat": beat_frames(view.beats, grid).astype(np.uint8),
        "audio_tempo": tempo_frames(view.beats, grid).astype(np.float32),
    }
