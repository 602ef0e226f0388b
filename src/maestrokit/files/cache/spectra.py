"""Spectra of recordings, computed once and read in parts: ``<key>.levels.npy``, named by the hash of their content."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
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

LAYOUT = 1  # raise when the meaning of what is stored changes, so that old shards are not found again


@dataclass(frozen=True)
class StoredArray:
    """An array in a file, of which parts are read: memory-mapped only meanwhile, since a process may open few files.

    Parameters
    ----------
    path : Path
        Of the ``.npy`` file.
    count : int
        Number of rows.
    """

    path: Path
    count: int

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        return np.load(self.path, mmap_mode="r", allow_pickle=False)[rows]  # type: ignore[no-any-return]


def recorded_levels(path: str, *, cache: Path) -> StoredArray:
    """Return the levels of a recording in dB, shape (frames, bins)."""
    return kept_levels(digest(path), lambda: read_sound(path, sample_rate=SETTINGS.sample_rate).samples, cache=cache)


def kept_levels(content: str, samples: Callable[[], NDArray[np.float32]], *, cache: Path) -> StoredArray:
    """Return the levels of what `samples` returns, which `content` identifies; it is called if they are not there."""

    def computed() -> NDArray[np.float16]:
        return levels(np.asarray(analyse(samples(), SETTINGS.analysis()), np.float32)).astype(np.float16)

    return kept_array([SETTINGS.described(), LAYOUT, content], computed, cache=cache)


def kept_array(content: Any, compute: Callable[[], NDArray[Any]], *, cache: Path) -> StoredArray:
    """Return what `compute` returns, which `content`, as JSON, identifies; it is called if that is not there."""
    name = json.dumps(content, sort_keys=True)
    path = cache / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.levels.npy"
    if not path.exists():
        computed = compute()
        create(cache)
        write_bytes(path, npy_bytes(computed))
    return StoredArray(path, len(np.load(path, mmap_mode="r", allow_pickle=False)))


def digest(path: str, *, salt: str = "") -> str:
    """Return the SHA-256 of the bytes of a file, with those of `salt` behind them."""
    return hashlib.sha256(read_bytes(Path(path)) + salt.encode()).hexdigest()
