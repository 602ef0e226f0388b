"""Which key a recording is in."""

from typing import Any

import numpy as np

from maestrokit.features import Field
from maestrokit.features.audio_views import AudioView
from maestrokit.music.keys import Key, KeyEstimate, estimate, key_scores

NEEDS = "audio"
KEYS = [Key.from_index(index) for index in range(24)]
FIELDS = {
    "name": Field("", "The key, spelled with the fewest signs: C major, F# minor"),
    "tonic": Field("", "Its tonic"),
    "mode": Field("", "major or minor"),
    "lead": Field("0..2", "Correlation with it less that with the next best key"),
    **{f"scores.{key.name}": Field("-1..1", f"Correlation of the mean chroma with {key.name}") for key in KEYS},
}


def describe(view: AudioView) -> dict[str, Any]:
    """Return the key by its profile's correlation with the mean chroma (:func:`maestrokit.music.keys.key_scores`)."""
    found = recorded_key(view)
    scores = found.scores if found else [None] * 24
    return {
        "name": found.key.name if found else None,
        "tonic": found.key.tonic_name if found else None,
        "mode": found.key.mode if found else None,
        "lead": float(np.diff(np.sort(found.scores)[-2:])[0]) if found else None,
        "scores": {key.name: score for key, score in zip(KEYS, scores, strict=True)},
    }


def recorded_key(view: AudioView) -> KeyEstimate | None:
    """Return the key of a recording; None if nothing sounds."""
    total = view.chroma.sum(axis=0)
    return estimate(key_scores(total)) if total.sum() > 0 else None
