"""What onsets of a recording say about beats and downbeats; the twin of :mod:`maestrokit.music.beat_evidence`.

The features say how much each band rises, how far the neighbours are, and whether the pitch classes change. Where notes
have a lowest pitch, onsets have a rise of the low band: the stronger, the deeper.
"""

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio import beat_weights, chroma
from maestrokit.audio.onsets import Onsets
from maestrokit.music.beat_evidence import FRAME_RATE, NO_BEATS, Beats
from maestrokit.music.beat_network import TempoModel, track_beats, track_downbeats
from maestrokit.music.columns import Floats
from maestrokit.music.surroundings import (
    chance,
    chance_at,
    deep_gaps,
    framed,
    is_deepest,
    logarithm,
    mean_around,
    snapped,
    unlikeness,
    with_ramps,
)

MODEL = TempoModel(change=12.0)  # tempo is held more firmly than on notes; chosen on the same half of ASAP
STEP = 0.25  # natural logarithm of the low band's rise that counts as a semitone of depth
WEAKEST = 1e-3  # rise below which bands count alike
DEEPEST, HARMONIC, TIMES = 5, 6, (7, 15)  # columns of features


def recorded_beats(onsets: Onsets, saliences: NDArray[np.float32], *, model: TempoModel | None = None) -> Beats:
    """Return the beats of a recording.

    Parameters
    ----------
    onsets : Onsets
        From :func:`maestrokit.audio.onsets.find_onsets`.
    saliences : float32, shape (frames, 84)
        From :func:`maestrokit.audio.chroma.salience`.
    model : TempoModel, optional
        Default is ``MODEL``.

    Returns
    -------
    Beats
        None before the first onset and after the last; empty if there are fewer than two onsets.
    """
    if len(onsets.time) < 2:
        return NO_BEATS
    features = described_onsets(onsets, saliences)
    activation = framed(onsets.time, chance(features, beat_weights.BEAT), frame_rate=FRAME_RATE)
    time = snapped(track_beats(activation, frame_rate=FRAME_RATE, model=model or MODEL), onsets.time)
    downbeat = chance(features, beat_weights.DOWNBEAT)
    return Beats(time, *track_downbeats(chance_at(time, onsets.time, downbeat, otherwise=beat_weights.UNSTRUCK)))


def described_onsets(onsets: Onsets, saliences: NDArray[np.float32]) -> Floats:
    """Return the features of onsets, shape (onsets, features)."""
    time = onsets.time
    rise = np.log(np.maximum(onsets.strength, WEAKEST))  # (onsets, bands)
    depth = -np.rint(rise[:, 0] / STEP)
    after, before = (logarithm(np.diff(time, **edge)) for edge in ({"append": time[-1] + 1}, {"prepend": time[0] - 1}))
    since, until = deep_gaps(time, depth)
    deepest = is_deepest(time, depth).astype(np.float64)
    change = _harmonic_change(time, saliences)
    columns = [
        *(band - mean_around(time, band) for band in rise.T),
        rise[:, -1] + 2,
        deepest,
        change,
        after - np.log(0.2),
        after - mean_around(time, after),
        before - mean_around(time, before),
        after - before,
        since - np.log(0.5),
        until - np.log(0.5),
        since - mean_around(time, since),
        until - mean_around(time, until),
        deepest * change,
    ]
    return with_ramps(np.stack(columns, axis=1), slice(*TIMES))


def _harmonic_change(time: Floats, saliences: NDArray[np.float32]) -> Floats:
    """Return 1 less the cosine of the pitch classes in the half seconds before and after each onset, 0..1."""
    reach = round(chroma.FRAME_RATE / 2)
    folded = chroma.chroma(saliences)
    total = np.vstack([np.zeros(12), np.cumsum(folded, axis=0)])
    here = np.clip(np.rint(time * chroma.FRAME_RATE).astype(np.int64) + 1, 0, len(folded))
    before = total[here] - total[np.maximum(here - reach, 0)]
    after = total[np.minimum(here + reach, len(folded))] - total[here]
    return unlikeness(before, after)
