"""Spectra of recordings, computed once and memory-mapped: ``<key>.levels.npy``, named by the hash of their content."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.spectra.frames import analyse
from maestrokit.audio.spectra.transcription_input import SETTINGS, levels
from maestrokit.files.arrays import npy_bytes
from maestrokit.files.atomic import write_bytes
from maestrokit.files.cache import create
from maestrokit.files.sound.read import read_sound
from maestrokit.files.streams import read_bytes

StoredSpectrum = NDArray[np.float16]
"""Shape (frames, bins), in dB."""

LAYOUT = 1  # raise when the meaning of what is stored changes, so that old shards are not found again


def recorded_levels(path: str, *, cache: Path) -> StoredSpectrum:
    """Return the levels of a recording, memory-mapped."""
    return kept_levels(digest(path), lambda: read_sound(path, sample_rate=SETTINGS.sample_rate).samples, cache=cache)


def kept_levels(content: str, samples: Callable[[], NDArray[np.float32]], *, cache: Path) -> StoredSpectrum:
    """Return the levels of what `samples` returns, which `content` identifies; it is called if they are not there."""

    def computed() -> StoredSpectrum:
        return levels(np.asarray(analyse(samples(), SETTINGS.analysis()), np.float32)).astype(np.float16)

    return kept_array([SETTINGS.described(), LAYOUT, content], computed, cache=cache)


def kept_array(content: Any, compute: Callable[[], NDArray[Any]], *, cache: Path) -> NDArray[Any]:
    """Return what `compute` returns, which `content`, as JSON, identifies; it is called if that is not there."""
    name = json.dumps(content, sort_keys=True)
    path = cache / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.levels.npy"
    if not path.exists():
        computed = compute()
        create(cache)
        write_bytes(path, npy_bytes(computed))
    return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]


def digest(path: str, *, salt: str = "") -> str:
    """Return the SHA-256 of the bytes of a file, with those of `salt` behind them."""
    return hashlib.sha256(read_bytes(Path(path)) + salt.encode()).hexdigest()
