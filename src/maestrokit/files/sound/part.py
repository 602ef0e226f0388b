"""One part of a recording, decoded by libsndfile."""

import contextlib
import math
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from maestrokit.errors import BadDataError, DataWarning, unreadable
from maestrokit.files.sound.containers import KINDS
from maestrokit.files.sound.layout import Part, PartFile, SeekableBytes

BLOCK_FRAMES = 1 << 16  # decoded at a time: of two channels half a megabyte, which stays in the processor's cache
REPAIR_FRAMES = 1 << 9  # the same of a damaged recording: what is decoded with the damage is lost
UNKNOWN_LENGTH = 1 << 62  # libsndfile's answer where a header does not give the length of the recording
NOISY_FORMATS = ("MP3", "MPEG")
LARGEST_SAMPLE = 1000.0  # 60 dB above full scale: no recording
LEAST_RATE, GREATEST_RATE = 1000, 1_000_000  # Hz, of recordings


@dataclass(frozen=True)
class SoundPart:
    """An open part of a recording, to be read once."""

    sample_rate: int
    channels: int
    frames: int | None
    """Length in samples of each channel; None where the header does not give it."""
    comment: str
    name: str
    repair: bool
    """Whether damage ends the part, with a warning, and is no error."""
    _file: Any

    def blocks(self, out: NDArray[np.float32] | None = None) -> Iterator[NDArray[np.float32]]:
        """Yield blocks, shape (samples, channels); if `out`, of the same shape, is given, each is a part of it.

        BadDataError says that it ends early, cannot be decoded, or holds samples that are no finite numbers.
        """
        has_floats = self._file.subtype in ("FLOAT", "DOUBLE")
        received, fault = 0, ""
        while not fault:
            buffer = np.empty((BLOCK_FRAMES, self.channels), np.float32) if out is None else out[received:]
            block, fault = self._read(buffer[:BLOCK_FRAMES], received)
            if has_floats and not np.abs(block).max(initial=0) <= LARGEST_SAMPLE:
                block, fault = self._checked(block, received)
            if not len(block):
                break
            received += len(block)
            yield block
        if not fault and self.frames is not None and received < self.frames:
            fault = f"truncated ({self._extent(received)})"
        if fault:
            reject(fault, self.name, self.repair and received > 0)

    def _read(self, buffer: NDArray[np.float32], received: int) -> tuple[NDArray[np.float32], str]:
        """Return what could be decoded into a buffer, and what is wrong with the rest."""
        import soundfile

        if self.frames is not None:
            buffer = buffer[: max(0, self.frames - received)]  # behind the end may be anything
        step, filled = REPAIR_FRAMES if self.repair else len(buffer), 0
        try:
            with quiet_standard_error(self._file.format in NOISY_FORMATS):
                while filled < len(buffer) and (count := len(self._file.read(out=buffer[filled : filled + step]))):
                    filled += count
                    if count < step:
                        break
        except (soundfile.LibsndfileError, RuntimeError) as error:
            extent = self._extent(max(received + filled, self._file.tell()))
            return buffer[:filled], f"damaged ({extent}; {_fact(error)})"
        return buffer[:filled], ""

    def _extent(self, received: int) -> str:
        total = "" if self.frames is None else f" of {self.frames / self.sample_rate:.1f} s"
        return f"good to {received / self.sample_rate:.1f} s{total}"

    def _checked(self, block: NDArray[np.float32], before: int) -> tuple[NDArray[np.float32], str]:
        """Return the samples before the first that cannot be one, and what is wrong with that one."""
        row, channel = np.argwhere(~(np.abs(block) <= LARGEST_SAMPLE))[0]
        fact = "not a number" if math.isnan(block[row, channel]) else f"{block[row, channel]:g}"
        return block[:row], f"the sample at {(before + row) / self.sample_rate:.3f} s is {fact}"


@contextlib.contextmanager
def open_part(raw: BinaryIO, part: Part, kind: str, name: str, *, repair: bool) -> Iterator[SoundPart]:
    """Open a part of a file; BadDataError if libsndfile does not know it, or its rate is that of no recording."""
    import soundfile

    try:
        with quiet_standard_error(kind in NOISY_FORMATS):
            file = _forward_file()(*_handle(raw, part))
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        raise _unreadable(kind, name, error) from error
    with file:
        rate = int(file.samplerate)
        if not LEAST_RATE <= rate <= GREATEST_RATE:
            raise unreadable(name, f"its header says {rate} Hz", "no recording has this sample rate")
        frames = None if file.frames >= UNKNOWN_LENGTH else int(file.frames)
        yield SoundPart(rate, int(file.channels), frames, file.comment, name, repair, file)


def reject(fault: str, name: str, repair: bool) -> None:
    """Raise the error that a recording is not whole; with `repair`, warn of it."""
    if not repair:
        raise unreadable(name, fault, "copy or record it again, or read what is good of it by `repair`")
    warnings.warn(f"'{name}': {fault}", DataWarning, stacklevel=3)


@lru_cache(maxsize=1)
def _forward_file() -> Any:
    """Return soundfile's class without its seeks: after each block it seeks to where it is, which not all can."""
    import soundfile

    class ForwardFile(soundfile.SoundFile):  # type: ignore[misc] # without types, it is Any
        def seekable(self) -> bool:
            return False

    return ForwardFile


def _handle(raw: BinaryIO, part: Part) -> tuple[Any, ...]:
    """Return the arguments of ``SoundFile``: a descriptor of a real file, which spares a call into Python each read."""
    size = raw.seek(0, 2)
    raw.seek(0)
    if part != Part(0, size):
        return (PartFile(raw, part),)
    return (raw,) if isinstance(raw, SeekableBytes) else (raw.fileno(), "r", None, None, None, None, None, False)


@contextlib.contextmanager
def quiet_standard_error(active: bool) -> Iterator[None]:
    """Discard what C code writes to standard error: the decoder of MP3 comments on every oddity."""
    if not active:
        yield
        return
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


def _unreadable(kind: str, name: str, error: Exception) -> BadDataError:
    """Return the clearest error for what libsndfile would not open."""
    if not kind:
        *others, last = dict.fromkeys(KINDS.values())
        fact = f"not a recording (no {', '.join(others)} or {last} header)"
        return unreadable(name, fact, "convert it to FLAC first")
    fact = f"damaged {kind}, or an unknown codec in it ({_fact(error)})"
    return unreadable(name, fact, "copy it again, or convert it to FLAC first")


def _fact(error: Exception) -> str:
    """Return libsndfile's message, without its own mention of the file."""
    text = str(getattr(error, "error_string", "") or error).rstrip(".").split(": ")[-1].lower()
    return "it ends too soon" if text.startswith("file does not exist") else text  # so an MP3 of a few bytes is called
