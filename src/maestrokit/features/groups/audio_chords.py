"""Chords of a recording over time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.chords.templates import QUALITIES
from maestrokit.arrays import Integers
from maestrokit.features import Field
from maestrokit.features.audio_views import AudioView
from maestrokit.features.chord_records import chord_records
from maestrokit.features.groups.audio_key import recorded_key
from maestrokit.features.note_views import TimeBase
from maestrokit.features.statistics import ratio
from maestrokit.music.keys import Key
from maestrokit.music.rolls.frames import held_values

NEEDS = "audio"
MAJOR, MINOR = (0, 4, 7), (0, 3, 7)
KIND: Integers = np.array(  # 0 with a major triad, 1 with a minor one; the last is no chord
    [
        (MAJOR, MINOR).index(quality.degrees[:3]) if quality.degrees[:3] in (MAJOR, MINOR) else -1
        for quality in QUALITIES
    ]
    + [-1]
)
FIELDS = {
    "count": Field("chords", "How many chords follow one another"),
    "major": Field("share", "Share of the time with a major triad, alone or in a seventh chord"),
    "minor": Field("share", "Share of the time with a minor triad, alone or in a seventh chord"),
    "no_chord": Field("share", "Share of the time without a chord"),
    "spans": Field("list", "The chords, and the times between them without one"),
    "spans[].start": Field("s", "Start of the span"),
    "spans[].end": Field("s", "End of the span"),
    "spans[].root": Field("", "Root of the chord, spelled as in the key of the piece; null without a chord"),
    "spans[].quality": Field(
        "",
        "Quality of the chord in Harte's syntax: maj, min, dim, aug, 7, .., of the chroma method only maj and min; N "
        "without a chord",
    ),
    "spans[].bass": Field("", "Lowest tone of the chord; null without a chord, and of the chroma method", (0, 2)),
    "spans[].roman": Field("", "Roman numeral in the key of the piece; N without a chord", (0, 2)),
}
FRAMES = {
    "audio_chord": Field(
        "0..23",
        "Triad of the recording, alone or in a seventh chord: C major 0 to B major 11, C minor 12 to B minor 23; -1 "
        "elsewhere",
    ),
    "audio_chord_root": Field("0..11", "Root of the chord of the recording, C is 0; -1 without a chord", (0, 2)),
    "audio_chord_quality": Field(
        "0..", "Quality of the chord of the recording, numbered as chord_quality; -1 without a chord", (0, 2)
    ),
}


def describe(view: AudioView) -> dict[str, Any]:
    """Return the chords; see :func:`maestrokit.analysis.chords.network.chords_of_levels`."""
    chords = view.chords
    lasting, kind = chords.end - chords.start, KIND[chords.quality]
    of_kind = [kind == 0, kind == 1, chords.root < 0]
    shares = [ratio(lasting[chosen].sum(), lasting.sum()) for chosen in of_kind]
    key = estimated.key if (estimated := recorded_key(view)) else Key(0, "major")
    return {
        "count": np.count_nonzero(chords.root >= 0),
        **dict(zip(("major", "minor", "no_chord"), shares, strict=True)),
        "spans": chord_records(chords, key),
    }


def frames(view: AudioView, time_base: TimeBase) -> dict[str, NDArray[np.int8]]:
    """Return the chord at the start of each frame, as signed bytes."""
    chords = view.chords
    kind = KIND[chords.quality]
    triad = np.where(kind < 0, -1, chords.root + 12 * kind)
    columns = {"audio_chord": triad, "audio_chord_root": chords.root, "audio_chord_quality": chords.quality}
    return {
        name: held_values(chords.start, column, time_base.times, before=-1).astype(np.int8)
        for name, column in columns.items()
    }
