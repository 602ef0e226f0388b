"""Classes of a performance or recording, such as its composer, by a network of the task ``classes``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis.classes import nearest_excerpt
from maestrokit.arrays import Floats
from maestrokit.features import Field
from maestrokit.features.class_views import ClassView
from maestrokit.features.note_views import TimeBase
from maestrokit.music.rolls.excerpts import SECONDS

NEEDS = "classes"
SINCE = (0, 2)

FIELDS = {
    "name": Field("", "Most probable class; unknown where the confidence is below the threshold of the model"),
    "probability": Field("0..1", "Probability of the most probable class of the whole performance or recording"),
    "confidence": Field(
        "0..1",
        "Probability of the most probable class but unknown by all votes, not calibrated; low where it is of none",
    ),
    "all": Field("", "All classes of the model, in its order; unknown may be the last"),
    "all[].name": Field("", "Class"),
    "all[].probability": Field("0..1", "Its probability; those of excerpts taken together, and calibrated"),
    "excerpts": Field(
        "", "Excerpts of 20 s that overlap by about a half, whose votes these are; recordings of less are repeated"
    ),
    "excerpts[].start": Field("s", "Start of the excerpt"),
    "excerpts[].end": Field("s", "Its end, that of the performance or recording if this is shorter"),
    "excerpts[].name": Field("", "Its most probable class"),
    "excerpts[].probability": Field("0..1", "The probability of this class in the excerpt by itself"),
}

FRAMES = {
    "class_probability": Field("0..1", "Classes, in the order of the record, in the excerpt nearest to the frame")
}


def describe(view: ClassView) -> dict[str, Any]:
    """Return the classes of a performance or recording, and of its excerpts."""
    result, names = view.classification, view.classifier.names
    if result is None:
        return {"name": None, "probability": None, "confidence": None, "all": [], "excerpts": []}
    return {
        "name": result.name,
        "probability": float(result.probability.max()),
        "confidence": result.confidence,
        "all": _named(names, result.probability),
        "excerpts": [
            {
                "start": float(start),
                "end": min(float(start) + SECONDS, view.length),
                **_named(names, probability)[probability.argmax()],
            }
            for start, probability in zip(result.start, result.excerpt_probability, strict=True)
        ],
    }


def frames(view: ClassView, time_base: TimeBase) -> dict[str, NDArray[np.float32]]:
    """Return the probabilities of the classes in each frame, shape (frames, classes)."""
    result = view.classification
    if result is None:
        return {"class_probability": np.zeros((time_base.count, len(view.classifier.names)), np.float32)}
    row = nearest_excerpt(result.start, time_base.times)
    return {"class_probability": result.excerpt_probability[row].astype(np.float32)}


def _named(names: tuple[str, ...], probability: Floats) -> list[dict[str, Any]]:
    return [{"name": name, "probability": float(share)} for name, share in zip(names, probability, strict=True)]
