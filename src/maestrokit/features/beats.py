"""Beats, bars and tempo of a performance, tracked on its notes; its tempo map is not looked at."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.features import Field
from maestrokit.features._beats import BEAT_FIELDS, beat_frames, beat_record, tempo_frames
from maestrokit.features._views import Grid, NoteView

NEEDS = "notes"
FIELDS = BEAT_FIELDS
FRAMES = {
    "beat": Field("0..2", "2 where a bar begins, 1 at its other beats, else 0"),
    "beat_tempo": Field("beats/min", "Tempo by the tracked beats; 0 outside of them"),
}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the beats and tempo; see :mod:`maestrokit.music.beat_network` for how they are tracked."""
    return beat_record(view.beats)


def frames(view: NoteView, grid: Grid) -> dict[str, NDArray[Any]]:
    """Return where beats are, and the tempo."""
    return {
        "beat": beat_frames(view.beats, grid).astype(np.uint8),
        "beat_tempo": tempo_frames(view.beats, grid).astype(np.float32),
    }
