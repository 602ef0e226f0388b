"""What models of performances read and predict, as arrays for whole pieces, and excerpts of them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from maestrokit.arrays import Floats, Integers
from maestrokit.models.sequences.conditions import PREFIX
from maestrokit.models.sequences.performance import MARGIN
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH
from maestrokit.music.scores.performance_codes import (
    CONDITIONS,
    FEATURES,
    QUARTER_STEPS,
    SIZES,
    SPEEDS,
    PerformanceCodes,
    codes_of,
    score_features,
)
from maestrokit.music.scores.performance_parameters import PerformanceParameters
from maestrokit.music.scores.score import Score

METER_FEATURES = ("bar_position", "level", "phrase", "meter")


@dataclass(frozen=True, eq=False)
class PerformanceArrays:
    """A score and its performance as classes, (notes,) each."""

    onset: Integers
    """In steps of the score."""
    gap: Floats
    """To the next onset, in seconds at the mean tempo."""
    features: dict[str, Integers]
    performance: PerformanceCodes
    curves: dict[str, Floats]
    """What :mod:`maestrokit.models.sequences.expectation` learns: by name, (notes,), and its weight."""

    def __len__(self) -> int:
        return len(self.onset)

    def changed(self, *, semitones: int, factor: float, shift: int) -> "PerformanceArrays":
        """Return the same transposed, unless that leaves the piano, slower by a factor, and louder."""
        features = dict(self.features)
        pitch = features["pitch"] + semitones
        if pitch.min() >= 0 and pitch.max() <= HIGHEST_PITCH - LOWEST_PITCH:
            features |= {"pitch": pitch, "pitch_class": (features["pitch_class"] + semitones) % 12}
        features["speed"] = SPEEDS.code(self.gap * factor)
        velocity = np.clip(self.performance.codes["velocity"] + shift, 0, SIZES["velocity"] - 1)
        performance = self.performance._replace(codes={**self.performance.codes, "velocity": velocity})
        return replace(self, gap=self.gap * factor, features=features, performance=performance)

    def excerpt(self, start: int, stop: int, *, meter: bool = True) -> dict[str, Any]:
        """Return inputs and targets of the notes from `start` to before `stop`, as arrays, without conditions.

        Parameters
        ----------
        meter : bool
            Whether the model sees the meter.
        """
        count, performance = len(self), self.performance
        rows = np.arange(start, min(stop, count))
        around = np.arange(start - MARGIN, len(rows) + start + MARGIN)
        is_inside, nearest = (around >= 0) & (around < count), np.clip(around, 0, count - 1)
        parts: dict[str, Any] = {}
        for name, column in self.features.items():
            is_known = is_inside & (meter or name not in METER_FEATURES)
            parts[f"score_{name}"] = np.where(is_known, column[nearest], FEATURES[name])
        for name, column in performance.codes.items():
            parts[f"next_{name}"] = column[rows]
            parts[f"previous_{name}"] = np.where(rows > 0, column[rows - 1], SIZES[name])
        parts["previous_slow"], parts["previous_is_down"] = performance.slow[rows], performance.is_down[rows]
        parts |= {f"curve_{name}": column[rows] for name, column in self.curves.items()}
        parts["is_first"] = performance.is_first[rows]
        parts["onset"] = self.onset[rows] - self.onset[start]
        parts["weight"] = np.ones(len(rows))
        return parts | {PREFIX + name: 0 for name in ("composer", *CONDITIONS)}


def performance_arrays(score: Score, parameters: PerformanceParameters) -> PerformanceArrays:
    """Return the arrays of a performance."""
    onset = score.notes.onset[score.first]
    gap = np.append(np.diff(onset), 0.0)[score.group] * parameters.base
    steps = np.rint((score.notes.onset - onset[0]) * QUARTER_STEPS).astype(np.int64)
    features, codes = score_features(score, parameters.base), codes_of(score, parameters)
    return PerformanceArrays(steps, gap, features, codes, curves_of(score, parameters))


def curves_of(score: Score, parameters: PerformanceParameters) -> dict[str, Floats]:
    """Return the logarithm of the tempo and the velocity of each note over their means, and the quarters before it.

    The latter are 0 but at the first note of each onset.
    """
    quarters = score.quarters
    tempo = parameters.slow + parameters.tempo
    mean = float(np.average(tempo, weights=quarters)) if quarters.any() else 0.0
    return {
        "tempo": (tempo - mean)[score.group],
        "velocity": parameters.velocity - parameters.velocity.mean(),
        "weight": np.where(score.is_first, quarters[score.group], 0.0),
    }
