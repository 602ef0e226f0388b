"""Key of a recording."""

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
    estimated = recorded_key(view)
    scores = estimated.scores if estimated else [None] * 24
    return {
        "name": estimated.key.name if estimated else None,
        "tonic": estimated.key.tonic_name if estimated else None,
        "mode": estimated.key.mode if estimated else None,
        "lead": float(np.diff(np.sort(estimated.scores)[-2:])[0]) if estimated else None,
        "scores": {key.name: score for key, score in zip(KEYS, scores, strict=True)},
    }


def recorded_key(view: AudioView) -> KeyEstimate | None:
    """Return the key of a recording; None if nothing sounds."""
    total = view.chroma.sum(axis=0)
    return estimate(key_scores(total)) if total.sum() > 0 else None
