"""Key of a recording."""

from typing import Any

import numpy as np

from maestrokit.features import Field
from maestrokit.features.audio_views import AudioView
from maestrokit.features.groups.key import KEYS, NAME_FIELDS, names_of, scores_of
from maestrokit.music.keys import KeyEstimate, estimate, key_scores

NEEDS = "audio"
FIELDS = {
    **NAME_FIELDS,
    "lead": Field("0..2", "Correlation with it less that with the next best key"),
    **{f"scores.{key.name}": Field("-1..1", f"Correlation of the mean chroma with {key.name}") for key in KEYS},
}


def describe(view: AudioView) -> dict[str, Any]:
    """Return the key by its profile's correlation with the mean chroma (:func:`maestrokit.music.keys.key_scores`)."""
    estimated = recorded_key(view)
    lead = float(np.diff(np.sort(estimated.scores)[-2:])[0]) if estimated else None
    return {**names_of(estimated), "lead": lead, "scores": scores_of(estimated)}


def recorded_key(view: AudioView) -> KeyEstimate | None:
    """Return the key of a recording; None if nothing sounds."""
    total = view.chroma.sum(axis=0)
    return estimate(key_scores(total)) if total.sum() > 0 else None
