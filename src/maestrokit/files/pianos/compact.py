"""A compact piano on disk: ``piano.json``, and one OGG file a velocity layer that holds its notes one after another.

``tools/build_piano.py`` writes it.
"""

import json
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from maestrokit.errors import BadDataError
from maestrokit.synth.piano import KEYS, Piano, RecordedNote, Waveform, nearest_keys

INDEX = "piano.json"
QUANTUM = 32767


def read_compact_piano(folder: Path) -> Piano:
    """Return the piano in a folder; BadDataError if the index is not one, or a file is missing."""
    try:
        index = json.loads((folder / INDEX).read_bytes())
        layers, releases = index["layers"], index["releases"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        fact = f"cannot read piano '{folder}': {INDEX} is damaged or missing"
        raise BadDataError(fact, "install again", path=str(folder)) from error
    recordings: list[RecordedNote] = []
    recorded: dict[tuple[float, int], tuple[int, float]] = {}
    for layer in layers:
        for pitch, first, samples, gain in layer["notes"]:
            recorded[layer["velocity"], pitch] = len(recordings), gain
            recordings.append(_recording(folder / layer["file"], pitch, first, samples, index["sample_rate"]))
    knocks = {
        key: _recording(folder / releases["file"], key, first, samples, index["sample_rate"], releases["gain"])
        for key, first, samples in releases["notes"]
    }
    nearest = {key: knocks[min(knocks, key=lambda other: abs(other - key))] for key in KEYS} if knocks else {}
    moved = {key: RecordedNote(key, recording.sample_rate, recording.read) for key, recording in nearest.items()}
    return Piano(tuple(recordings), nearest_keys(recorded), moved)


def _recording(path: Path, pitch: int, first: int, samples: int, rate: int, gain: float = 1.0) -> RecordedNote:
    part = partial(_part, path, first, samples, gain)
    return RecordedNote(pitch, rate, partial(part, samples), part)


def _part(path: Path, first: int, samples: int, gain: float, count: int) -> Waveform:
    """Return the beginning of a note; only that is decoded, since most notes of most pieces are short."""
    length = min(samples, 1 << max(count - 1, 0).bit_length())  # few lengths, so that neighbouring keys share them
    return _decoded(path, first, length)[:, :count] * np.float32(gain / QUANTUM)


@lru_cache(maxsize=128)
def _decoded(path: Path, first: int, samples: int) -> NDArray[np.int16]:
    """Return a part of a file, kept for the next key, at half the memory of floats."""
    try:
        with soundfile.SoundFile(path) as file:
            file.seek(first)
            sound = file.read(samples, dtype="int16", always_2d=True)
    except soundfile.LibsndfileError as error:
        fact = f"cannot read samples '{path}': {error.error_string}"
        raise BadDataError(fact, "install again", path=str(path)) from error
    return np.ascontiguousarray(sound.T)
