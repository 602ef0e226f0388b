"""Chords of a recording: major and minor triads, smoothed over time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.chroma import FRAME_RATE, chroma
from maestrokit.music.best_path import best_path
from maestrokit.music.columns import Floats, Integers

NO_CHORD = 24
BASS = 52  # MIDI number up to which keys are the bass
BASS_WEIGHT = 0.6  # of the bass, against all
TRIADS = ((0, 4, 7), (0, 3, 7))  # major and minor, semitones above the root
DEGREES = (1.0, 0.9, 0.9)  # weight of root, third and fifth
REACH = 4  # frames to both sides that are heard with each: 0.45 s in all
STEEPNESS = 1.2  # nats a frame for a correlation of 1
CHANGE_COST = 3.0  # nats
SILENT = 0.1  # sum of the chroma below which nothing sounds
NOTHING = 0.2  # correlation that no chord is taken to have


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


def chords_of_chroma(saliences: NDArray[np.float32], *, length: float) -> AudioChords:
    """Return the chords of a recording.

    The chroma around each frame, with that of the bass, is correlated with the tones of the 24 triads; the path that
    gains the most, where each change costs the same, is what is heard.

    Parameters
    ----------
    saliences : float32, shape (frames, 84)
        From :func:`maestrokit.audio.chroma.salience`.
    length : float, in seconds
        Of the recording; the last chord ends there.

    References
    ----------
    T. Fujishima: Realtime chord recognition of musical sound. ICMC 1999.
    A. Sheh, D. P. W. Ellis: Chord segmentation and recognition using EM-trained hidden Markov models. ISMIR 2003.
    """
    if not len(saliences):
        return AudioChords(np.empty(0), np.empty(0), np.empty(0, np.int64))
    folded = _around(chroma(saliences))
    heard = _unit(folded) + BASS_WEIGHT * _unit(_around(chroma(saliences, highest=BASS)))
    scores = np.column_stack([_centred_unit(heard) @ _triads(), np.full(len(heard), NOTHING)])
    scores[folded.sum(axis=1) < SILENT, NO_CHORD] = 1.0
    path = best_path(STEEPNESS * scores, CHANGE_COST)
    first = np.flatnonzero(np.diff(path, prepend=-1))
    edges = np.append(np.maximum(first - 0.5, 0) / FRAME_RATE, length)
    edges = np.minimum(edges, length)
    return AudioChords(edges[:-1], edges[1:], path[first])


def _around(values: Floats) -> Floats:
    padded = np.pad(values, ((REACH, REACH), (0, 0)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1, axis=0).mean(axis=-1))


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float64)


def _centred_unit(rows: Floats) -> Floats:
    return _unit(rows - rows.mean(axis=1, keepdims=True))


def _triads() -> Floats:
    """Return the templates, centred and of length 1, shape (12, 24)."""
    templates = np.zeros((24, 12))
    for quality, degrees in enumerate(TRIADS):
        for root in range(12):
            templates[12 * quality + root, (root + np.array(degrees)) % 12] = DEGREES
    return _centred_unit(templates).T
