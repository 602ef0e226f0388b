"""Chords of a recording: major and minor triads, smoothed over time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maestrokit.analysis.chords import templates
from maestrokit.analysis.chords.from_notes import Chords
from maestrokit.analysis.chords.weights import BIAS, NOTHING, NOTHING_BIAS, TRIAD
from maestrokit.analysis.chroma import FRAME_RATE, chroma
from maestrokit.analysis.viterbi import best_path
from maestrokit.arrays import Floats, Integers

NO_CHORD = 24
BASS = 52  # MIDI number up to which keys are the bass
REACH = 4  # frames to both sides that are averaged with each: 0.45 s in all
CHANGE_COST = 15.0  # nats
SILENT = 0.1  # sum of the chroma below which nothing sounds


class AudioChords(NamedTuple):
    """Chords one after another, without gaps.

    Parameters
    ----------
    start, end : float64, shape (chords,), in seconds
    chord : int64, shape (chords,)
        0..11 major, 12..23 minor by root from C, 24 none.
    """

    start: Floats
    end: Floats
    chord: Integers

    def as_chords(self) -> Chords:
        """Return the same chords by root and quality; their basses are not known."""
        is_chord = self.chord < NO_CHORD
        root, quality = (np.where(is_chord, part, templates.NO_CHORD) for part in (self.chord % 12, self.chord // 12))
        unknown, zeros = np.full(len(root), templates.NO_CHORD), np.zeros(len(root), np.int64)
        return Chords(self.start, self.end, root, quality, unknown, zeros, np.where(is_chord, np.nan, 0.0))


def chords_of_chroma(saliences: NDArray[np.float32], *, length: float) -> AudioChords:
    """Return the chords of a recording.

    A logistic regression on the chroma around each frame, and on that of the bass, gives the probability of each of the
    24 triads; the chords are the likeliest path, where each change costs the same.

    The saliences are those of :func:`maestrokit.analysis.chroma.salience`. The last chord lasts up to the length of the
    recording, in seconds.

    References
    ----------
    T. Fujishima: Realtime chord recognition of musical sound. ICMC 1999.
    A. Sheh, D. P. W. Ellis: Chord segmentation and recognition using EM-trained hidden Markov models. ISMIR 2003.
    """
    if not len(saliences):
        return AudioChords(np.empty(0), np.empty(0), np.empty(0, np.int64))
    likely = scores(chroma_features(saliences), triad=TRIAD, bias=BIAS, nothing=NOTHING, nothing_bias=NOTHING_BIAS)
    is_silent = _around(chroma(saliences)).sum(axis=1) < SILENT
    likely[is_silent] = np.where(np.arange(NO_CHORD + 1) == NO_CHORD, 0.0, -CHANGE_COST)
    path = best_path(likely, CHANGE_COST)
    first = np.flatnonzero(np.diff(path, prepend=-1))
    edges = np.append(np.maximum(first - 0.5, 0) / FRAME_RATE, length)
    edges = np.minimum(edges, length)
    return AudioChords(edges[:-1], edges[1:], path[first])


def chroma_features(saliences: NDArray[np.float32]) -> Floats:
    """Return the chroma around each frame, of length 1, and the share of the bass in it, shape (frames, 2, 12)."""
    all_keys, bass = _around(chroma(saliences)), _around(chroma(saliences, highest=BASS))
    length = np.maximum(np.linalg.norm(all_keys, axis=1), 1e-9)
    return np.asarray(np.stack([all_keys, bass], axis=1) / length[:, None, None], np.float64)


def scores(features: Floats, *, triad: Floats, bias: ArrayLike, nothing: ArrayLike, nothing_bias: ArrayLike) -> Floats:
    """Return the logarithm of the probability of each chord, shape (frames, 25).

    Rows of `triad`, shape (2, 24), are weights for major and minor of the features as seen from the root; `nothing`,
    shape (2,), has those for no chord of the strongest pitch class of each chroma.
    """
    frames = len(features)
    logits = np.empty((frames, NO_CHORD + 1))
    for root in range(12):
        seen = np.roll(features, -root, axis=2).reshape(frames, -1)
        logits[:, [root, 12 + root]] = seen @ triad.T + np.asarray(bias)
    logits[:, NO_CHORD] = features.max(axis=2) @ np.asarray(nothing) + nothing_bias
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def _around(values: Floats) -> Floats:
    padded = np.pad(values, ((REACH, REACH), (0, 0)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1, axis=0).mean(axis=-1))
