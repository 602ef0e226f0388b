"""Recordings: FLAC, WAV, OGG, MP3 and whatever else libsndfile reads, at any rate, with any number of channels."""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maestrokit.audio.mixdown import Channels, Mixdown
from maestrokit.audio.resample import resample_stream
from maestrokit.audio.spectra.frames import Samples
from maestrokit.errors import DataWarning, UsageError, unreadable
from maestrokit.files import progress
from maestrokit.files.atomic import write_bytes
from maestrokit.files.sound.containers import sound_layout
from maestrokit.files.sound.layout import Layout, opened
from maestrokit.files.sound.part import SoundPart, open_part, reject

SPARE = 4  # samples more than expected that a resampler may make
LARGEST_BUFFER = 1 << 28  # samples for which a header is trusted beforehand: 4.6 hours at 16 kHz
FORMATS = {".flac": "FLAC", ".wav": "WAV"}
SUBTYPES = {16: "PCM_16", 24: "PCM_24", 32: "FLOAT"}


@dataclass(frozen=True)
class Sound:
    """Samples of one channel, and their rate.

    Parameters
    ----------
    samples : float32, shape (samples,)
        Full scale is -1..1.
    sample_rate : int, in Hz
        Samples in a second.
    """

    samples: NDArray[np.float32]
    sample_rate: int

    @property
    def duration(self) -> float:
        """In seconds."""
        return len(self.samples) / self.sample_rate


def read_sound(
    source: str | Path | bytes, *, sample_rate: int | None = None, name: str = "", repair: bool = False
) -> Sound:
    """Return a recording as one channel.

    Parameters
    ----------
    source : str, Path or bytes
        A file, or its content.
    sample_rate : int, in Hz, optional
        To be resampled to. Default is the recording's own.
    name : str
        Stands for the recording in messages. Default is the path.
    repair : bool
        Read what is good of a damaged recording, with a warning, instead of refusing it.

    Returns
    -------
    Sound
        The mean of the channels.

    Raises
    ------
    NoInputError
        If the file cannot be opened.
    BadDataError
        If it is empty, of no known format, without samples, or holds samples that are no finite numbers; without
        `repair`, if it is truncated or damaged.

    Warns
    -----
    DataWarning
        If something about it is in doubt.
    """
    with open_sound(source, name=name, repair=repair) as stream:
        rate = sample_rate or stream.sample_rate
        return Sound(stream.whole(sample_rate=rate), rate)


@dataclass(frozen=True)
class SoundStream:
    """An open recording, to be read once, in blocks.

    Parameters
    ----------
    sample_rate : int, in Hz
        Samples in a second.
    channels : int
        Number of channels.
    frames : int or None
        Length in samples of each channel; None where it shows only in reading.
    comment : str
        Text in the recording; ``maestrokit render`` writes there what made it.
    name : str
        How messages call the recording.
    """

    sample_rate: int
    channels: int
    frames: int | None
    comment: str
    name: str
    _parts: Callable[[], Iterator["SoundPart"]]

    def blocks(self, *, sample_rate: int) -> Iterator[Samples]:
        """Yield the recording as one channel at the given rate, in blocks of a second or two.

        BadDataError says that it ends early, cannot be decoded, or holds samples that are no finite numbers.
        """
        blocks = self._reported(block for part in self._parts() for block in self._mixed_part(part))
        return resample_stream(blocks, from_rate=self.sample_rate, to_rate=sample_rate)

    def channel_blocks(self, *, sample_rate: int) -> Iterator[Channels]:
        """Yield all channels at the given rate, shape (samples, channels); see :meth:`blocks` for errors."""
        blocks = self._reported(block for part in self._parts() for block in self._channels_of(part))
        return resample_stream(blocks, from_rate=self.sample_rate, to_rate=sample_rate)

    def whole(self, *, sample_rate: int) -> Samples:
        """Return the recording as one channel at the given rate; see :meth:`blocks` for errors."""
        if self.frames is None or self.frames > LARGEST_BUFFER:
            return np.concatenate(list(self.blocks(sample_rate=sample_rate)))
        if self.channels == 1 and sample_rate == self.sample_rate:
            buffer = np.empty((self.frames, 1), np.float32)
            for part in self._parts():
                buffer = buffer[: sum(map(len, self._reported(part.blocks(buffer))))]
            return buffer[:, 0]
        samples, end = np.empty(-(-self.frames * sample_rate // self.sample_rate) + SPARE, np.float32), 0
        for block in self.blocks(sample_rate=sample_rate):
            samples[end : end + len(block)] = block
            end += len(block)
        return samples[:end]

    def _mixed_part(self, part: SoundPart) -> Iterator[Samples]:
        mixdown = Mixdown(part.sample_rate)
        mixed = (block[:, 0] for block in part.blocks()) if part.channels == 1 else mixdown.through(part.blocks())
        yield from resample_stream(mixed, from_rate=part.sample_rate, to_rate=self.sample_rate)
        if mixdown.inverted:
            seconds = max(mixdown.inverted / part.sample_rate, 0.1)
            which = "left and right" if part.channels == 2 else f"some of its {part.channels} channels"
            fact = f"{which} are opposite for {seconds:.1f} s and would cancel in mono, so one is inverted there"
            warnings.warn(f"'{self.name}': {fact}", DataWarning, stacklevel=2)

    def _channels_of(self, part: SoundPart) -> Iterator[Channels]:
        """Yield all channels of a part; if it has another number of them than the first part, its mean in each."""
        if part.channels == self.channels:
            yield from resample_stream(part.blocks(), from_rate=part.sample_rate, to_rate=self.sample_rate)
            return
        for block in self._mixed_part(part):
            yield np.repeat(block[:, None], self.channels, axis=1)

    def _reported(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """Yield blocks, and report progress; BadDataError if there is none."""
        total = None if self.frames is None else self.frames / self.sample_rate
        received = 0
        for block in blocks:
            received += len(block)
            yield block
            progress.report(received / self.sample_rate, total)
        if not received:
            raise unreadable(self.name, "it holds no samples")


def find_layout(source: str | Path | bytes, *, name: str = "") -> tuple[str, Layout]:
    """Return the kind of a recording and its parts; see :func:`read_sound` for parameters and errors."""
    name = name or _name_of(source)
    with opened(source, name) as raw:
        return sound_layout(raw, name)


@contextlib.contextmanager
def open_sound(
    source: str | Path | bytes, *, name: str = "", repair: bool = False, known_layout: tuple[str, Layout] | None = None
) -> Iterator[SoundStream]:
    """Open a recording for streaming; see :func:`read_sound` for other parameters, errors and warnings.

    Parameters
    ----------
    source : str, Path or bytes
        A file, or its content.
    name : str
        Stands for the recording in messages. Default is the path.
    repair : bool
        Read what is good of a damaged recording, with a warning, instead of refusing it.
    known_layout : (str, Layout), optional
        From :func:`find_layout`, which reads some recordings whole; for one that is opened again and again.

    Yields
    ------
    SoundStream
        To be read once, within the ``with`` block.
    """
    name = name or _name_of(source)
    with contextlib.ExitStack() as stack:
        raw = stack.enter_context(opened(source, name))
        kind, layout = known_layout or sound_layout(raw, name)
        for doubt in layout.doubts:
            warnings.warn(f"'{name}': {doubt}", DataWarning, stacklevel=3)
        if layout.fault:
            reject(layout.fault, name, repair)
        first = stack.enter_context(open_part(raw, layout.parts[0], kind, name, repair=repair))

        def parts() -> Iterator[SoundPart]:
            yield first
            for part in layout.parts[1:]:
                with open_part(raw, part, kind, name, repair=repair) as opened_part:
                    yield opened_part

        frames = None if repair or len(layout.parts) > 1 else first.frames
        yield SoundStream(first.sample_rate, first.channels, frames, first.comment, name, parts)


def _name_of(source: str | Path | bytes) -> str:
    return "standard input" if isinstance(source, bytes) else str(source)


def write_sound(path: str | Path, samples: NDArray[np.float32], *, sample_rate: int, bits: int = 16) -> None:
    """Write a recording, whole or not at all; the suffix decides between FLAC and WAV. See :func:`dump_sound`.

    Parameters
    ----------
    path : str or Path
        The file, ``.flac`` or ``.wav``.
    samples : float32, shape (samples,) or (samples, channels)
        Full scale is -1..1.
    sample_rate : int, in Hz
        Samples in a second.
    bits : {16, 24, 32}
        Bits per sample; 32 are floating point, in WAV only. Default is 16.
    """
    write_bytes(Path(path), dump_sound(samples, sample_rate=sample_rate, suffix=Path(path).suffix, bits=bits))


def dump_sound(samples: NDArray[np.float32], *, sample_rate: int, suffix: str, bits: int = 16) -> bytes:
    """Return a recording as the bytes of a ``.flac`` or ``.wav`` file; see :func:`write_sound` for the parameters.

    The same samples give the same bytes. UsageError says that suffix and bits make no format, or that a sample is not a
    number or beyond full scale: it would be clipped.
    """
    import soundfile

    if suffix.lower() not in FORMATS or bits not in SUBTYPES or (bits == 32 and suffix.lower() == ".flac"):
        raise UsageError(f"cannot write {bits}-bit '{suffix}' sound", "use .flac or .wav, with 16 or 24 bits")
    loudest = float(np.abs(samples).max(initial=0))
    if not loudest <= 1 and bits != 32:
        raise UsageError(f"cannot write a sample of {loudest:g}, full scale is 1", "lower the gain")
    buffer, data = io.BytesIO(), samples
    if bits < 32:  # the nearest integers, in the upper bits of 32 as libsndfile takes them
        scaled = np.rint(samples.astype(np.float64) * (2 ** (bits - 1) - 1))
        data = scaled.astype(np.int32) << (32 - bits)
    soundfile.write(buffer, data, sample_rate, format=FORMATS[suffix.lower()], subtype=SUBTYPES[bits])
    return buffer.getvalue()
