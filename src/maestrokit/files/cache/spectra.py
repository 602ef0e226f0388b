"""Spectra of recordings, computed once and memory-mapped: ``<key>.levels.npy``, named by the hash of their content."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.spectra.frames import analyse
from maestrokit.audio.spectra.transcription_input import SETTINGS, levels
from maestrokit.errors import NoInputError
from maestrokit.files.atomic import write_bytes
from maestrokit.files.cache import create
from maestrokit.files.sound.read import read_sound

Levels = NDArray[np.float16]
"""Shape (frames, bins), in dB."""

LAYOUT = 1  # raise when the meaning of what is stored changes, so that old shards are not found again


def recorded_levels(path: str, *, cache: Path) -> Levels:
    """Return the levels of a recording, memory-mapped.

    Raises
    ------
    NoInputError
        If the recording cannot be opened.
    BadDataError
        If it cannot be read.
    CannotWriteError
        If the cache cannot be written.
    """
    return kept_levels(digest(path), lambda: read_sound(path, sample_rate=SETTINGS.sample_rate).samples, cache=cache)


def kept_levels(content: str, samples: Callable[[], NDArray[np.float32]], *, cache: Path) -> Levels:
    """Return the levels of what `samples` returns, which `content` identifies; it is called if they are not there."""
    name = json.dumps([SETTINGS.described(), LAYOUT, content], sort_keys=True)
    path = cache / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.levels.npy"
    if not path.exists():
        computed = levels(np.asarray(analyse(samples(), SETTINGS.analysis()), np.float32)).astype(np.float16)
        buffer = io.BytesIO()
        np.save(buffer, computed, allow_pickle=False)
        create(cache)
        write_bytes(path, buffer.getvalue())
    return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]


def digest(path: str, *, salt: str = "") -> str:
    """Return the SHA-256 of the bytes of a file, with those of `salt` behind them.

    Raises
    ------
    NoInputError
        If it cannot be read.
    """
    try:
        return hashlib.sha256(Path(path).read_bytes() + salt.encode()).hexdigest()
    except OSError as error:
        raise NoInputError(f"cannot read '{path}': {(error.strerror or str(error)).lower()}", path=str(path)) from None
