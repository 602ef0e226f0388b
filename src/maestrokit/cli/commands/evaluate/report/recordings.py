"""Stretches of recordings: what is heard in them, and their spectrum key by key."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maestrokit.arrays import Floats
from maestrokit.audio.spectra.frames import analyse_stream
from maestrokit.audio.spectra.transcription_input import CENTRE_BIN, KEY_BINS, SETTINGS, levels
from maestrokit.errors import MaestrokitError
from maestrokit.files import walk
from maestrokit.files.sound.read import open_sound
from maestrokit.music.piano_range import HIGHEST_PITCH, LOWEST_PITCH

KEYS = HIGHEST_PITCH - LOWEST_PITCH + 1
RANGE = 55.0  # dB below the loudest level, all that is shown
DARKEST = 0.65  # opacity of the loudest level
POOL = 4  # frames that share a column


def recording_beside(*paths: str) -> str | None:
    """Return a recording that has the name of one of some files but for the suffix; None if there is none."""
    for path in paths:
        for suffix in walk.SOUND_SUFFIXES:
            candidate = Path(path).with_suffix(suffix)
            if candidate.is_file():
                return str(candidate)
    return None


def stretch(path: str, *, start: float, seconds: float, sample_rate: int) -> NDArray[np.float32] | None:
    """Return a stretch of a recording as one channel; None if it cannot be read."""
    first, last = round(start * sample_rate), round((start + seconds) * sample_rate)
    parts, position = [], 0
    try:
        with open_sound(path, repair=True) as stream:
            for block in stream.blocks(sample_rate=sample_rate):
                parts.append(block[max(first - position, 0) : max(last - position, 0)])
                position += len(block)
                if position >= last:
                    break
    except MaestrokitError:
        return None
    return np.concatenate(parts) if any(map(len, parts)) else None


def key_levels(samples: NDArray[np.float32]) -> Floats:
    """Return how strong the fundamental of each key of a piano is, 0..1, shape (columns, 88).

    Parameters
    ----------
    samples : float32, shape (samples,)
        At 16 kHz.
    """
    decibels = np.concatenate([levels(part.real) for part in analyse_stream([samples], SETTINGS.analysis())])
    first = CENTRE_BIN - KEY_BINS // 2
    by_key = decibels[:, first : first + KEYS * KEY_BINS].reshape(len(decibels), KEYS, KEY_BINS).max(axis=2)
    pooled = np.maximum.reduceat(by_key, np.arange(0, len(by_key), POOL))
    return np.asarray(np.clip((pooled - pooled.max() + RANGE) / RANGE, 0, 1) * DARKEST, np.float64)
