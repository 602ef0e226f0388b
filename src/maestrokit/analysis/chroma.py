"""Chroma: how strongly each pitch class sounds, from a recording."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.spectra.frames import Samples, Spectrum, analyse_stream
from maestrokit.audio.spectra.settings import LOWEST_KEY, SpectrumSettings
from maestrokit.errors import UsageError
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH

SAMPLE_RATE = 16000  # Hz
HOP_SAMPLES = 800
FRAME_RATE = SAMPLE_RATE / HOP_SAMPLES  # 20 frames a second
KEYS = 84  # A0 to G#7; above that a piano has noise rather than pitch
BINS_A_SEMITONE = 3
SPECTRUM = SpectrumSettings(
    "cqt",
    SAMPLE_RATE,
    HOP_SAMPLES,
    minimum_frequency=LOWEST_KEY * 2 ** (-1 / 36),
    bins=KEYS * BINS_A_SEMITONE,
    bins_per_octave=12 * BINS_A_SEMITONE,
)
AROUND = 6  # semitones to both sides whose mean is taken away: what sounds everywhere is noise
HARMONICS = ((12, 0.5), (19, 0.4), (24, 0.25), (28, 0.2), (31, 0.15))  # semitones above a key, and share taken away


def salience(blocks: Iterable[Samples]) -> NDArray[np.float32]:
    """Return how strongly each key from A0 to G#7 seems to sound, shape (frames, 84), at 20 frames a second.

    The root of the variable-Q magnitude at the pitch of each key, less its mean over an octave, less shares of the
    keys that it may be a harmonic of; what is left below 0 is 0. Memory grows with the recording by 336 bytes a frame.

    Parameters
    ----------
    blocks : iterable of float32, shape (samples,)
        A recording at ``SAMPLE_RATE``.

    Returns
    -------
    float32, shape (frames, 84)
        Column 0 is A0.

    References
    ----------
    E. Gomez: Tonal description of polyphonic audio for music content processing. INFORMS Journal on Computing 18, 2006.
    M. Mauch, S. Dixon: Approximate note transcription for the improved identification of difficult chords. ISMIR 2010.
    """
    parts = (key_saliences(part) for part in analyse_stream(blocks, SPECTRUM.analysis()))
    return np.concatenate([np.empty((0, KEYS), np.float32), *parts])


def chroma(saliences: NDArray[np.float32], *, lowest: int = LOWEST_PITCH, highest: int = HIGHEST_PITCH) -> Floats:
    """Return the sum of the saliences of the keys of each pitch class from C, shape (frames, 12).

    Parameters
    ----------
    saliences : float32, shape (frames, 84)
        From :func:`salience`.
    lowest, highest : int
        MIDI numbers of the first and the last key that count.

    Returns
    -------
    float64, shape (frames, 12)
        Column 0 is C.

    Raises
    ------
    UsageError
        If no key is left.

    Examples
    --------
    >>> one = np.zeros((1, 84), np.float32)
    >>> one[0, 60 - 21] = 1
    >>> chroma(one)[0, 0], chroma(one, highest=59).sum()
    (np.float64(1.0), np.float64(0.0))
    """
    pitch = np.arange(LOWEST_PITCH, LOWEST_PITCH + KEYS)
    counted = (pitch >= lowest) & (pitch <= highest)
    if not counted.any():
        raise UsageError(f"no keys from {lowest} to {highest}", "keys are MIDI numbers, 21 to 104")
    fold = (pitch[:, None] % 12 == np.arange(12)) & counted[:, None]
    return np.asarray(saliences.astype(np.float64) @ fold, np.float64)


def key_saliences(spectrum: Spectrum) -> NDArray[np.float32]:
    """Return the saliences of some frames of ``SPECTRUM``; see :func:`salience`."""
    level = np.sqrt(np.asarray(spectrum, np.float32)).reshape(len(spectrum), KEYS, BINS_A_SEMITONE)
    strongest = level.max(axis=2)  # the middle bin is in tune, its neighbours a third of a semitone off
    padded = np.pad(strongest, ((0, 0), (AROUND, AROUND)), mode="reflect")
    mean = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1, axis=1).mean(axis=2)
    peaks = np.maximum(strongest - mean, 0)
    left = peaks.copy()
    for semitones, share in HARMONICS:
        left[:, semitones:] -= share * peaks[:, :-semitones]
    return np.asarray(np.maximum(left, 0), np.float32)
