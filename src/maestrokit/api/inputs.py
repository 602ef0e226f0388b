"""Arguments of the public functions that may be a value or the path of a file."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from maestrokit.audio.resample import resample
from maestrokit.audio.spectra.frames import Samples
from maestrokit.bounds import SEED, check
from maestrokit.errors import UsageError
from maestrokit.files.midi import read_midi
from maestrokit.files.sound.read import Sound
from maestrokit.music.performance import Performance

Performances: TypeAlias = Performance | str | Path | Iterable[Performance | str | Path]
"""One performance or several, each as a value or as the path of its MIDI file."""


def is_single(source: Performances) -> bool:
    """Return whether an argument is one performance, and not several.

    >>> is_single("take.mid"), is_single(["take.mid"])
    (True, False)
    """
    return isinstance(source, Performance | str | Path)


def performance_of(source: Performance | str | Path) -> Performance:
    """Return a performance, read from its file if a path is given."""
    return source if isinstance(source, Performance) else read_midi(source)


def performances_of(source: Performances) -> list[Performance]:
    """Return performances, read from their files if paths are given."""
    return [performance_of(performance) for performance in each_of(source)]


def each_of(source: Performances) -> list[Performance | str | Path]:
    """Return performances, or the paths of their files, as they are given."""
    return [source] if isinstance(source, Performance | str | Path) else list(source)


def identity(source: Performance | str | Path) -> int | str:
    """Return what two arguments share that are the same performance: the value, or the file."""
    return id(source) if isinstance(source, Performance) else os.path.realpath(source)


def samples_at(sound: Sound, sample_rate: int) -> Samples:
    """Return the samples of a sound at a sample rate in Hz.

    Raises
    ------
    UsageError
        If they are not one channel of finite numbers.
    """
    samples = np.asarray(sound.samples, np.float32)
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise UsageError(
            "a sound is one channel of finite numbers", "take the mean of several channels, and mend what is not finite"
        )
    return resample(samples, from_rate=sound.sample_rate, to_rate=sample_rate)


def checked_seed(seed: int | None) -> int:
    """Return a seed.

    Raises
    ------
    UsageError
        If it is negative, or no number.
    """
    if seed is None:
        raise UsageError("`seed` must be a number, not None", "leave it out for the seed 0", parameter="seed")
    check("seed", seed, SEED)
    return seed


def names(chosen: Iterable[str] | None) -> list[str] | None:
    """Return names as a list; one name may stand for itself.

    >>> names("key"), names(("key", "tempo")), names(None)
    (['key'], ['key', 'tempo'], None)
    """
    return [chosen] if isinstance(chosen, str) else None if chosen is None else list(chosen)
