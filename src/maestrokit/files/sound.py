"""Recordings: FLAC, WAV, OGG, MP3 and whatever else libsndfile reads, at any rate, with any number of channels."""

import contextlib
import io
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.resample import mono, resample_stream
from maestrokit.errors import BadDataError, NoInputError, UsageError
from maestrokit.files import progress
from maestrokit.files.atomic import write_bytes
from maestrokit.files.sound_containers import check_whole, sound_kind

BLOCK_FRAMES = 1 << 16  # decoded at a time: 1.5 s at 44.1 kHz
ROOM_FRAMES = 1 << 18  # the same where the whole is wanted: libsndfile seeks after each block
LARGEST_ROOM = 1 << 28  # samples that a header is believed in beforehand: 4.6 hours at 16 kHz
FORMATS = {".flac": "FLAC", ".wav": "WAV"}
SUBTYPES = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}
UNKNOWN_LENGTH = 1 << 62  # libsndfile's answer where a header does not say how long the recording is
NOISY_FORMATS = ("MP3", "MPEG")
LARGEST_SAMPLE = 1000.0  # 60 dB above full scale: no recording


@dataclass(frozen=True)
class Sound:
    """Samples of one channel, and their rate.

    Parameters
    ----------
    samples : float32, shape (samples,)
        Full scale is -1..1.
    sample_rate : int, in Hz
    """

    samples: NDArray[np.float32]
    sample_rate: int

    @property
    def duration(self) -> float:
        """In seconds."""
        return len(self.samples) / self.sample_rate


def read_sound(source: str | Path | bytes, *, sample_rate: int | None = None, name: str = "") -> Sound:
    """Return a recording as one channel.

    Parameters
    ----------
    source : path or bytes
        A file, or what was in one (standard input).
    sample_rate : int, in Hz, optional
        To be resampled to. Default is the recording's own.
    name : str
        Stands for the recording in messages. Default is the path.

    Raises
    ------
    NoInputError
        If the file cannot be opened.
    BadDataError
        If it is empty, truncated, of no known format, without samples, or holds samples that are no finite numbers.
    """
    with open_sound(source, name=name) as stream:
        rate = sample_rate or stream.sample_rate
        samples = (
            stream.whole() if rate == stream.sample_rate else np.concatenate(list(stream.blocks(sample_rate=rate)))
        )
    return Sound(samples, rate)


@dataclass(frozen=True)
class SoundStream:
    """An open recording, to be read once, in blocks.

    Parameters
    ----------
    sample_rate : int, in Hz
    channels : int
    frames : int or None
        Length in samples of each channel; None where the header does not say.
    comment : str
        Text in the recording; ``maestrokit render`` writes there what made it.
    """

    sample_rate: int
    channels: int
    frames: int | None
    comment: str
    name: str
    _file: Any

    def blocks(self, *, sample_rate: int) -> Iterator[NDArray[np.float32]]:
        """Yield the recording as one channel at the given rate, in blocks of a second or two.

        Raises
        ------
        BadDataError
            If the recording ends early, cannot be decoded, or holds samples that are no finite numbers.
        """
        return resample_stream(self._decoded(), from_rate=self.sample_rate, to_rate=sample_rate)

    def whole(self) -> NDArray[np.float32]:
        """Return the recording as one channel at its own rate; see :meth:`blocks` for errors."""
        if self.channels > 1 or self.frames is None or self.frames > LARGEST_ROOM:
            return np.concatenate(list(self._decoded()))
        room = np.empty((self.frames, 1), np.float32)
        received = sum(map(len, self._decoded(room)))
        return room[:received, 0]

    def _decoded(self, room: NDArray[np.float32] | None = None) -> Iterator[NDArray[np.float32]]:
        """Yield blocks of one channel; with room for the whole, they lie in it one after the other."""
        buffer = np.empty((BLOCK_FRAMES, self.channels), np.float32)
        has_floats = self._file.subtype in ("FLOAT", "DOUBLE")
        whole = None if self.frames is None else self.frames / self.sample_rate
        received = 0
        while len(block := self._read(buffer if room is None else room[received:][:ROOM_FRAMES], received)):
            if self.channels == 1 and room is None:
                buffer = np.empty_like(buffer)  # the old one is given away, which spares a copy
            if has_floats and not np.abs(block).max() <= LARGEST_SAMPLE:
                raise self._unsound(block, received)
            received += len(block)
            yield block[:, 0] if self.channels == 1 else mono(block)
            progress.report(received / self.sample_rate, whole)
        if received == 0:
            raise BadDataError(f"cannot read '{self.name}': it holds no samples")
        if self.frames is not None and received < self.frames:
            raise BadDataError(
                f"cannot read '{self.name}': truncated ({self._place(received)})", "copy or record it again"
            )

    def _read(self, buffer: NDArray[np.float32], received: int) -> NDArray[np.float32]:
        import soundfile

        try:
            with quiet_standard_error(self._file.format in NOISY_FORMATS):
                return np.asarray(self._file.read(out=buffer), np.float32)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise BadDataError(
                f"cannot read '{self.name}': damaged ({self._place(received)}; {_fact(error)})", "copy it again"
            ) from error

    def _place(self, received: int) -> str:
        whole = "" if self.frames is None else f" of {self.frames / self.sample_rate:.1f} s"
        return f"good to {received / self.sample_rate:.1f} s{whole}"

    def _unsound(self, block: NDArray[np.float32], before: int) -> BadDataError:
        place, channel = np.argwhere(~(np.abs(block) <= LARGEST_SAMPLE))[0]
        fact = "not a number" if math.isnan(block[place, channel]) else f"{block[place, channel]:g}"
        second = (before + place) / self.sample_rate
        return BadDataError(f"cannot read '{self.name}': the sample at {second:.3f} s is {fact}", "full scale is -1..1")


@contextlib.contextmanager
def open_sound(source: str | Path | bytes, *, name: str = "") -> Iterator[SoundStream]:
    """Open a recording for streaming; see :func:`read_sound` for parameters and errors."""
    import soundfile

    name = name or ("standard input" if isinstance(source, bytes) else str(source))
    with contextlib.ExitStack() as opened:
        raw = opened.enter_context(_opened(source, name))
        kind = sound_kind(raw.read(16), name)
        check_whole(raw, kind, name)
        try:
            with quiet_standard_error(kind in NOISY_FORMATS):
                file = opened.enter_context(soundfile.SoundFile(*_handle(raw)))
        except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
            raise _unreadable(kind, name, error) from error
        frames = None if file.frames >= UNKNOWN_LENGTH else int(file.frames)
        yield SoundStream(int(file.samplerate), int(file.channels), frames, file.comment, name, file)


def _opened(source: str | Path | bytes, name: str) -> BinaryIO:
    """Open a recording so that one can move about in it: what comes through a pipe is read whole."""
    if isinstance(source, bytes):
        return _Bytes(source)
    try:
        file = Path(source).open("rb", buffering=0)  # noqa: SIM115 - the caller closes it
        if file.seekable():
            return file
        with file:
            return _Bytes(file.read())
    except OSError as error:
        raise NoInputError(f"cannot read '{name}': {(error.strerror or str(error)).lower()}") from error


def _handle(raw: BinaryIO) -> tuple[Any, ...]:
    """Return the arguments of ``SoundFile``: a descriptor of a real file, which spares a call into Python each read."""
    return (raw,) if isinstance(raw, _Bytes) else (raw.fileno(), "r", None, None, None, None, None, False)


class _Bytes(io.BytesIO):
    """Bytes as a file. libsndfile seeks before the start of damaged files, and cannot be told by an exception."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        origin = (0, self.tell(), self.getbuffer().nbytes)[whence]
        return super().seek(max(0, origin + offset))


@contextlib.contextmanager
def quiet_standard_error(active: bool) -> Iterator[None]:
    """Send what C code writes to standard error nowhere: the decoder of MP3 comments on every oddity."""
    if not active:
        yield
        return
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def write_sound(path: str | Path, samples: NDArray[np.float32], *, sample_rate: int, bits: int = 16) -> None:
    """Write a recording, whole or not at all; the suffix decides between FLAC and WAV. See :func:`dump_sound`."""
    write_bytes(Path(path), dump_sound(samples, sample_rate=sample_rate, suffix=Path(path).suffix, bits=bits))


def dump_sound(samples: NDArray[np.float32], *, sample_rate: int, suffix: str, bits: int = 16) -> bytes:
    """Return a recording as the bytes of a file; the same samples give the same bytes.

    Parameters
    ----------
    samples : float32, shape (samples,) or (samples, channels)
        Full scale is -1..1.
    sample_rate : int, in Hz
    suffix : {'.flac', '.wav'}
    bits : {16, 24, 32}
        Per sample; 32 are floating point, in WAV only.

    Raises
    ------
    UsageError
        If suffix and bits make no format, or a sample is not a number or beyond full scale (it would be clipped).
    """
    import soundfile

    if suffix.lower() not in FORMATS or bits not in SUBTYPES or (bits == 32 and suffix.lower() == ".flac"):
        raise UsageError(f"cannot write {bits}-bit '{suffix}' sound", "use .flac or .wav, with 16 or 24 bits")
    loudest = float(np.abs(samples).max(initial=0))
    if not loudest <= 1 and bits != 32:
        raise UsageError(f"cannot write a sample of {loudest:g}, full scale is 1", "lower the gain")
    buffer = io.BytesIO()
    data = samples if bits == 32 else _integers(samples, bits)
    soundfile.write(buffer, data, sample_rate, format=FORMATS[suffix.lower()], subtype=SUBTYPES[bits])
    return buffer.getvalue()


def _integers(samples: NDArray[np.float32], bits: int) -> NDArray[np.int32]:
    """Return the nearest integers of so many bits, in the upper ones of 32 as libsndfile takes them."""
    scaled = np.rint(samples.astype(np.float64) * (2 ** (bits - 1) - 1))
    return np.asarray(scaled, np.int32) << (32 - bits)


def _unreadable(kind: str, name: str, error: Exception) -> BadDataError:
    """Return the clearest error for what libsndfile would not open."""
    if not kind:
        return BadDataError(
            f"cannot read '{name}': not a recording (no FLAC, WAV, OGG or MP3 header)", "convert it to FLAC first"
        )
    return BadDataError(
        f"cannot read '{name}': damaged {kind}, or an unknown codec in it ({_fact(error)})",
        "copy it again, or convert it to FLAC first",
    )


def _fact(error: Exception) -> str:
    """Return what libsndfile says, without its own mention of the file."""
    text = str(getattr(error, "error_string", "") or error).rstrip(".").split(": ")[-1].lower()
    return "it ends too soon" if text.startswith("file does not exist") else text  # so an MP3 of a few bytes is called
