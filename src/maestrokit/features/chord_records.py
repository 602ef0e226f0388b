"""Chords as records, the same for notes and recordings."""

from typing import Any

from maestrokit.analysis.chords.from_notes import Chords
from maestrokit.analysis.chords.names import NONE, pitch_class_name, roman_numerals
from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.music.keys import Key


def chord_records(chords: Chords, key: Key) -> list[dict[str, Any]]:
    """Return a record for each chord, and for each time without one, spelled as in a key."""
    spelled = [*(pitch_class_name(pitch_class, key) for pitch_class in range(12)), None]  # -1 is no chord
    qualities = [*QUALITY_NAMES, NONE]
    columns: dict[str, list[Any]] = {
        "start": chords.start.tolist(),
        "end": chords.end.tolist(),
        "root": [spelled[root] for root in chords.root.tolist()],
        "quality": [qualities[quality] for quality in chords.quality.tolist()],
        "bass": [spelled[bass] for bass in chords.bass.tolist()],
        "roman": roman_numerals(chords, key),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
