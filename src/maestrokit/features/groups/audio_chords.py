"""Chords of a recording over time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.chords.from_audio import NO_CHORD, AudioChords, chords_of_chroma
from maestrokit.analysis.chords.names import pitch_class_name
from maestrokit.features import Field
from maestrokit.features.audio_views import AudioView
from maestrokit.features.groups.audio_key import recorded_key
from maestrokit.features.note_views import Grid
from maestrokit.features.statistics import ratio
from maestrokit.music.keys import Key
from maestrokit.music.rolls import held_values

NEEDS = "audio"
FIELDS = {
    "count": Field("chords", "How many chords follow one another"),
    "major": Field("share", "Share of the time with a major triad"),
    "minor": Field("share", "Share of the time with a minor triad"),
    "no_chord": Field("share", "Share of the time without a chord"),
    "spans": Field("list", "The chords, and the times between them without one"),
    "spans[].start": Field("s", "Start of the span"),
    "spans[].end": Field("s", "End of the span"),
    "spans[].root": Field("", "Root of the chord, spelled as in the key of the piece; null without a chord"),
    "spans[].quality": Field("", "maj, min, or N without a chord"),
}
FRAMES = {
    "audio_chord": Field(
        "0..23", "Chord of the recording: C major 0 to B major 11, C minor 12 to B minor 23; -1 without a chord"
    )
}


def describe(view: AudioView) -> dict[str, Any]:
    """Return the chords; see :func:`maestrokit.analysis.chords.from_audio.chords_of_chroma`."""
    chords = chords_of_chroma(view.salience, length=view.length)
    lasting = chords.end - chords.start
    shares = [ratio(lasting[chords.chord // 12 == kind].sum(), lasting.sum()) for kind in range(3)]
    key = estimated.key if (estimated := recorded_key(view)) else Key(0, "major")
    return {
        "count": np.count_nonzero(chords.chord < NO_CHORD),
        **dict(zip(("major", "minor", "no_chord"), shares, strict=True)),
        "spans": _spans(chords, key),
    }


def frames(view: AudioView, grid: Grid) -> dict[str, NDArray[np.int8]]:
    """Return the chord at the start of each frame, as signed bytes."""
    chords = chords_of_chroma(view.salience, length=view.length)
    chord = np.where(chords.chord < NO_CHORD, chords.chord, -1)
    return {"audio_chord": held_values(chords.start, chord, grid.times, before=-1).astype(np.int8)}


def _spans(chords: AudioChords, key: Key) -> list[dict[str, Any]]:
    rows = zip(chords.start.tolist(), chords.end.tolist(), chords.chord.tolist(), strict=True)
    roots = [*(pitch_class_name(chord % 12, key) for chord in range(NO_CHORD)), None]
    qualities = ("maj", "min", "N")
    return [
        {"start": start, "end": end, "root": roots[chord], "quality": qualities[chord // 12]}
        for start, end, chord in rows
    ]
