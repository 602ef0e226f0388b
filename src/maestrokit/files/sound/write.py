"""Sound written while it is made: FLAC, WAV and OGG files, and WAV on a pipe."""

import io
import os
import struct
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from maestrokit.errors import CannotWriteError, UsageError, reason
from maestrokit.files import atomic, streams
from maestrokit.files.sound import ogg

SUBTYPES = {"flac": "PCM_16", "wav": "PCM_16", "ogg": "VORBIS"}
UNKNOWN_SIZE = 0xFFFFFFFF  # bytes, in the header of a WAV stream whose end is not known yet
WRITE_FRAMES = 1 << 16  # libvorbis overflows its stack on very long writes

Blocks = Iterable[NDArray[np.float32]]
"""Parts of a sound, each of shape (channels, samples), in -1..1."""


def write_blocks(target: str, blocks: Blocks, *, format: str, sample_rate: int, channels: int, comment: str) -> None:
    """Write a sound as it comes, with 16 bits a sample or as Vorbis; a file appears whole or not at all.

    A WAV stream on standard output (``-``) has the length "unknown" in its header, as SoX and FFmpeg write and read it,
    and no comment; FLAC and OGG go there when they are complete. The same sound gives the same bytes.
    """
    if format not in SUBTYPES:
        raise UsageError(f"cannot write sound as '{format}'", f"use {', '.join(SUBTYPES)}")
    settings: dict[str, Any] = {"format": format, "sample_rate": sample_rate, "channels": channels, "comment": comment}
    if target == streams.STANDARD and format == "wav":
        for part in _wav_stream(blocks, sample_rate=sample_rate, channels=channels):
            streams.write_bytes(target, part)
    elif target == streams.STANDARD or format == "ogg":
        buffer = io.BytesIO()
        _encode(buffer, blocks, "memory", **settings)
        data = buffer.getvalue()
        streams.write_bytes(target, ogg.with_serial_number(data, 0) if format == "ogg" else data)
    else:
        with atomic.replacing(target) as file:
            _encode(file.fileno(), blocks, target, **settings)


def _encode(
    file: int | BinaryIO, blocks: Blocks, name: str, *, format: str, sample_rate: int, channels: int, comment: str
) -> None:
    options: dict[str, Any] = {"format": format.upper(), "subtype": SUBTYPES[format], "closefd": False}
    try:
        with soundfile.SoundFile(file, "w", sample_rate, channels, **options) as sound:
            if comment:
                sound.comment = comment
            for block in blocks:
                for first in range(0, block.shape[1], WRITE_FRAMES):
                    sound.write(np.ascontiguousarray(block[:, first : first + WRITE_FRAMES].T))
    except (soundfile.LibsndfileError, AssertionError) as error:  # a short write is its only sign of a full disk
        raise CannotWriteError(f"cannot write '{name}': {_cause(file, error)}", path=name) from error


def _cause(file: int | BinaryIO, error: Exception) -> str:
    """Return why a sound could not be written; libsndfile only says that the system has an error."""
    try:
        if isinstance(file, int):
            os.write(file, bytes(WRITE_FRAMES))  # it is not kept
    except OSError as cause:
        return reason(cause)
    return str(error).lower().rstrip(".") or "no space left"


def _wav_stream(blocks: Blocks, *, sample_rate: int, channels: int) -> Iterator[bytes]:
    width = 2 * channels  # bytes a frame
    form = struct.pack("<HHIIHH", 1, channels, sample_rate, sample_rate * width, width, 16)
    yield b"RIFF" + struct.pack("<I", UNKNOWN_SIZE) + b"WAVEfmt " + struct.pack("<I", len(form)) + form
    yield b"data" + struct.pack("<I", UNKNOWN_SIZE)
    for block in blocks:
        yield np.rint(block.T * np.float32(32767)).astype("<i2").tobytes()
