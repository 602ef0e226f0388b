"""Chords of a performance over time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.chords.from_notes import chord_spans
from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.features import Field
from maestrokit.features.chord_records import chord_records
from maestrokit.features.groups.key import whole_key
from maestrokit.features.note_views import NoteView, TimeBase
from maestrokit.features.statistics import mean, ratio
from maestrokit.music.keys import Key

NEEDS = "notes"

FIELDS = {
    "count": Field("chords", "How many chords follow one another"),
    "changes_per_minute": Field("1/min", "Changes of chord over the time from the first chord to the last"),
    "mean_score": Field("share", "Mean share of what sounds that belongs to its chord, weighted by time"),
    "no_chord": Field("share", "Share of that time without a chord"),
    **{
        f"qualities.{name}": Field("share", f"Share of that time with a chord of quality {name}")
        for name in QUALITY_NAMES
    },
    "spans": Field("list", "The chords, and the times between them without one"),
    "spans[].start": Field("s", "Start of the span"),
    "spans[].end": Field("s", "End of the span"),
    "spans[].root": Field("", "Root of the chord, spelled as in the key of the piece; null without a chord"),
    "spans[].quality": Field(
        "", "Quality of the chord in Harte's syntax: maj, min, dim, aug, 7, ..; N without a chord"
    ),
    "spans[].bass": Field("", "Lowest tone of the chord; null without a chord"),
    "spans[].roman": Field("", "Roman numeral in the key of the piece; N without a chord"),
}

FRAMES = {
    "chord_root": Field("0..11", "Root of the chord as a pitch class, C is 0; -1 without a chord"),
    "chord_quality": Field(
        "0..",
        "Quality of the chord: "
        + ", ".join(f"{n} {name}" for n, name in enumerate(QUALITY_NAMES))
        + "; -1 without a chord",
    ),
}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the chords; see :func:`maestrokit.analysis.chords.from_notes.chord_spans` for how they are found."""
    chords = chord_spans(view.performance)
    key = estimated.key if (estimated := whole_key(view)) else Key(0, "major")
    lasting = chords.end - chords.start
    total = lasting.sum()
    is_chord = chords.root >= 0
    shares = np.bincount(chords.quality[is_chord], lasting[is_chord], minlength=len(QUALITY_NAMES))
    count = int(np.count_nonzero(is_chord))
    return {
        "count": count,
        "changes_per_minute": ratio(60 * max(count - 1, 0), total),
        "mean_score": mean(chords.score[is_chord], lasting[is_chord]),
        "no_chord": ratio(lasting[~is_chord].sum(), total),
        "qualities": {name: ratio(share, total) for name, share in zip(QUALITY_NAMES, shares.tolist(), strict=True)},
        "spans": chord_records(chords, key),
    }


def frames(view: NoteView, time_base: TimeBase) -> dict[str, NDArray[np.int8]]:
    """Return the chord at the start of each frame, as signed bytes."""
    chords = chord_spans(view.performance)
    row = np.searchsorted(chords.start, time_base.starts, side="right") - 1
    within = time_base.starts < np.append(chords.end, 0.0)[row]
    columns = {"chord_root": chords.root, "chord_quality": chords.quality}
    return {name: np.where(within, np.append(column, -1)[row], -1).astype(np.int8) for name, column in columns.items()}
