"""Files in and out, by what they hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from maestrokit.errors import UsageError
from maestrokit.files import streams
from maestrokit.files.arrays import write_arrays
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.files.sound.containers import HEAD_BYTES, is_recording
from maestrokit.files.sound.read import Sound, read_sound, write_sound
from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES, has_suffix
from maestrokit.music.performance import Performance


def read(path: str | Path, *, repair: bool = False) -> Performance | Sound:
    """Return what is in a file: a performance (MIDI) or a recording (FLAC, WAV, OGG, MP3 ..).

    The suffix decides between the two; without one that is known, the first bytes of the file do.
    :func:`read_midi` and :func:`read_sound` do the same where the kind is known.

    Parameters
    ----------
    path : str or Path
        The file.
    repair : bool
        Read the good part of a damaged file, with a warning, instead of refusing it.

    Returns
    -------
    Performance or Sound
        Recordings are returned as one channel, at their own sample rate.

    Raises
    ------
    NoInputError
        If the file cannot be opened.
    BadDataError
        If it is neither MIDI nor a recording, or is damaged.

    Warns
    -----
    DataWarning
        If something about the file is in doubt.
    """
    name = str(path)
    is_sound = has_suffix(name, SOUND_SUFFIXES)
    if not is_sound and not has_suffix(name, MIDI_SUFFIXES):
        is_sound = is_recording(streams.first_bytes(name, count=HEAD_BYTES))
    return read_sound(path, repair=repair) if is_sound else read_midi(path, repair=repair)


def write(value: Performance | Sound | Mapping[str, NDArray[Any]], path: str | Path) -> None:
    """Write a performance, a recording or arrays to a file, which appears whole or not at all.

    Parameters
    ----------
    value : Performance, Sound, or mapping of str to array
        What to write.
    path : str or Path
        The file. A performance is written as MIDI (``.mid``, ``.midi`` ..), a recording with 16 bits per sample
        (``.flac``, ``.wav``), arrays in the format of the suffix (``.npz``, ``.npy``, ``.safetensors``).

    Raises
    ------
    UsageError
        If the suffix is not one of a format for the value, or the value is none of these.
    BadDataError
        If a performance has values that MIDI cannot hold.
    CannotWriteError
        If the file cannot be written.
    """
    if isinstance(value, Performance):
        if not has_suffix(str(path), MIDI_SUFFIXES):
            raise UsageError(f"cannot write a performance as '{path}'", f"use {', '.join(MIDI_SUFFIXES)}")
        write_midi(value, path)
    elif isinstance(value, Sound):
        write_sound(path, value.samples, sample_rate=value.sample_rate)
    elif isinstance(value, Mapping):
        write_arrays(path, value)
    else:
        raise UsageError(f"cannot write a {type(value).__name__}", "give a Performance, a Sound, or arrays by name")
