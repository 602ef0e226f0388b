"""Beats and downbeats from the onsets of a recording; the counterpart of :mod:`maestrokit.analysis.beats.from_notes`.

The features are the rise of each band of the spectrum, the keys that seem to begin, the distances to the neighbours,
and how much the harmony changes.
"""

import numpy as np
from numpy.typing import NDArray

from maestrokit.analysis import chroma
from maestrokit.analysis.beats import audio_weights
from maestrokit.analysis.beats.event_features import (
    cosine_distance,
    distances,
    frame_activation,
    is_local_bass,
    mean_around,
    probability,
    probability_at,
    snapped,
    with_ramps,
)
from maestrokit.analysis.beats.from_notes import FRAME_RATE, NO_BEATS, Beats
from maestrokit.analysis.beats.tracker import TempoModel, track_beats, track_downbeats
from maestrokit.analysis.onsets import OnsetFeatures, Onsets, find_onsets
from maestrokit.arrays import Floats, sums_between

MODEL = TempoModel(change=12.0)  # changes cost more than on notes; chosen on the same half of ASAP
WEAKEST = 1e-3  # rise below which bands count alike
LEAST_GROWTH = 1e-2
SALIENCE_GAIN = 20.0  # of saliences, the greatest of which is 1, before their logarithm is taken
BEGUN = 0.5  # of the greatest rise of a key at an onset: those that rise as much begin there
HARMONY = (0.25, 0.5, 1.0, 2.0)  # seconds before and after an onset whose pitch classes are compared
BASS_KEYS, BASS_HARMONY = 24, 0.4  # lowest keys, and seconds in which these are compared


def recorded_beats(onset_features: OnsetFeatures, saliences: NDArray[np.float32]) -> Beats:
    """Return the beats of a recording, none before the first onset and after the last, nor of fewer than two onsets.

    The saliences are those of :func:`maestrokit.analysis.chroma.salience`.
    """
    onsets = likely_onsets(onset_features)
    if len(onsets.time) < 2:
        return NO_BEATS
    features = onset_feature_matrix(onsets, saliences)
    activation = frame_activation(onsets.time, probability(features, audio_weights.BEAT), frame_rate=FRAME_RATE)
    time = snapped(track_beats(activation, frame_rate=FRAME_RATE, model=MODEL), onsets.time)
    downbeat = probability(features, audio_weights.DOWNBEAT)
    return Beats(time, *track_downbeats(probability_at(time, onsets.time, downbeat, otherwise=audio_weights.UNSTRUCK)))


def likely_onsets(onset_features: OnsetFeatures) -> Onsets:
    """Return the onsets that may be beats: with a low threshold, since a regression weighs them."""
    return find_onsets(onset_features, prominence=1.1, distance=2)


def onset_feature_matrix(onsets: Onsets, saliences: NDArray[np.float32]) -> Floats:
    """Return the features of onsets, shape (onsets, features)."""
    time = onsets.time
    rise, growth = np.log(np.maximum(onsets.strength, WEAKEST)), np.log(np.maximum(onsets.growth, LEAST_GROWTH))
    lowest, highest, size = _starting_keys(time, saliences)
    deepest = is_local_bass(time, lowest).astype(np.float64)
    changes = _harmonic_changes(time, saliences)
    change = changes[HARMONY.index(0.5)]
    bands = [*rise.T, *growth.T, *(onsets.level / 2).T, *(onsets.lasting / 2).T, lowest / 12, highest / 12, size / 5]
    columns = [
        *(values - mean_around(time, values) for values in [*bands, *changes]),
        rise[:, -1] + 2,
        deepest,
        change,
        deepest * change,
    ]
    return with_ramps(np.stack([*columns, *distances(time, lowest)], axis=1), slice(len(columns), None))


def _starting_keys(time: Floats, saliences: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    """Return the lowest and the highest of the keys that seem to begin at each onset, and how many these are."""
    loud = np.log1p(SALIENCE_GAIN * saliences / max(float(saliences.max(initial=0)), 1e-9))
    frame = np.rint(time * chroma.FRAME_RATE).astype(np.int64)
    two_before, before, after, two_after = (loud[np.clip(frame + shift, 0, len(loud) - 1)] for shift in (-2, -1, 1, 2))
    rise = np.maximum(np.maximum(after, two_after) - np.minimum(before, two_before), 0)  # (onsets, keys)
    beside = np.pad(rise, ((0, 0), (1, 1)))
    is_begun = (rise >= beside[:, :-2]) & (rise >= beside[:, 2:]) & (rise >= BEGUN * rise.max(axis=1, keepdims=True))
    highest = is_begun.shape[1] - 1 - is_begun[:, ::-1].argmax(axis=1)
    lowest, size = is_begun.argmax(axis=1), is_begun.sum(axis=1)
    return lowest.astype(np.float64), highest.astype(np.float64), size.astype(np.float64)


def _harmonic_changes(time: Floats, saliences: NDArray[np.float32]) -> list[Floats]:
    """Return the cosine distances of pitch classes before and after each onset, and that of the lowest keys, 0..1."""
    folded = chroma.chroma(saliences)
    here = np.clip(np.rint(time * chroma.FRAME_RATE).astype(np.int64) + 1, 0, len(folded))

    def change(values: Floats | NDArray[np.float32], seconds: float) -> Floats:
        reach = int(seconds * chroma.FRAME_RATE)
        before = sums_between(values, np.maximum(here - reach, 0), here)
        return cosine_distance(before, sums_between(values, here, np.minimum(here + reach, len(values))))

    return [*(change(folded, seconds) for seconds in HARMONY), change(saliences[:, :BASS_KEYS], BASS_HARMONY)]
