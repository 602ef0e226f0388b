"""Key of a performance, as a whole and over time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.viterbi import best_path, runs
from maestrokit.arrays import Floats
from maestrokit.features import Field
from maestrokit.features.groups.pitch import class_seconds
from maestrokit.features.note_views import NoteView, TimeBase
from maestrokit.music.keys import Key, KeyEstimate, estimate, key_scores
from maestrokit.music.rolls.frames import frame_count, held_values

NEEDS = "notes"
KEYS = [Key.from_index(index) for index in range(24)]
BLOCK = 2.0  # seconds a block of the keys over time
REACH = 4  # blocks to both sides that are summed with it: 18 s in all
STAY = 1.5  # of correlation: what a change of key costs

NAME_FIELDS = {
    "name": Field("", "The key, spelled with the fewest signs: C major, F# minor"),
    "tonic": Field("", "Its tonic"),
    "mode": Field("", "major or minor"),
}
FIELDS = {
    **NAME_FIELDS,
    "confidence": Field("share", "Probability of the key among the 24, as calibrated on songs with known keys"),
    **{
        f"scores.{key.name}": Field("-1..1", f"Correlation of the time that each pitch class is held with {key.name}")
        for key in KEYS
    },
    "changes": Field("changes", "How often the key over time changes"),
    "spans": Field("list", "The key over time, from windows of 18 s"),
    "spans[].start": Field("s", "Start of the span"),
    "spans[].end": Field("s", "End of the span"),
    "spans[].name": Field("", "Key of the span"),
}

FRAMES = {"key": Field("0..23", "Key over time: C major 0 to B major 11, C minor 12 to B minor 23; -1 without notes")}


def describe(view: NoteView) -> dict[str, Any]:
    """Return the key descriptors; the key of the whole piece is that of :func:`maestrokit.music.keys.find_key`.

    Over time, the scores of windows of 18 s, 2 s apart, are joined by the path that gains the most correlation where
    each change of key costs 1.5.
    """
    spans = key_spans(view)
    overall = whole_key(view)
    return {
        **names_of(overall),
        "confidence": overall.confidence if overall else None,
        "scores": scores_of(overall),
        "changes": max(len(spans) - 1, 0),
        "spans": [{"start": start, "end": end, "name": KEYS[index].name} for start, end, index in spans],
    }


def frames(view: NoteView, time_base: TimeBase) -> dict[str, NDArray[np.int8]]:
    """Return the key in each frame, as signed bytes."""
    spans = key_spans(view)
    starts, keys = [start for start, _, _ in spans], [key for _, _, key in spans]
    return {"key": held_values(starts, keys, time_base.starts, before=-1).astype(np.int8)}


def names_of(estimated: KeyEstimate | None) -> dict[str, str | None]:
    """Return the values of ``NAME_FIELDS``."""
    names = (estimated.key.name, estimated.key.tonic_name, estimated.key.mode) if estimated else (None, None, None)
    return dict(zip(NAME_FIELDS, names, strict=True))


def scores_of(estimated: KeyEstimate | None) -> dict[str, float | None]:
    """Return the score of each key by its name."""
    scores = estimated.scores.tolist() if estimated else [None] * len(KEYS)
    return {key.name: score for key, score in zip(KEYS, scores, strict=True)}


def whole_key(view: NoteView) -> KeyEstimate | None:
    """Return the key of the whole piece; None if no key is held for any time."""
    weights = np.bincount(view.pitch % 12, view.offset - view.onset, minlength=12)
    return estimate(key_scores(weights)) if weights.any() else None


def key_spans(view: NoteView) -> list[tuple[float, float, int]]:
    """Return the key over time: start and end in seconds, and number of the key."""
    blocks = frame_count(view.length, hop=BLOCK)
    if not blocks or not (view.offset > view.onset).any():
        return []
    scores = key_scores(_held_around(view, blocks))  # (blocks, 24)
    path = best_path(scores, STAY)
    return [(first * BLOCK, min(after * BLOCK, view.length), state) for first, after, state in runs(path)]


def _held_around(view: NoteView, blocks: int) -> Floats:
    """Return how long each pitch class is held in the window around each block, shape (blocks, 12)."""
    seconds = class_seconds(view, hop=BLOCK, frames=blocks)
    total = np.cumsum(np.pad(seconds, ((REACH + 1, REACH), (0, 0))), axis=0)
    windowed = total[2 * REACH + 1 :] - total[: -2 * REACH - 1]
    return np.asarray(np.maximum(windowed, 0).round(9), np.float64)  # rounded, so that silence is exactly 0
