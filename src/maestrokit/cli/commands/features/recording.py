"""Recordings that ``maestrokit features`` reads repeatedly, and which files are recordings."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING

from maestrokit.files.streams import first_bytes, named

if TYPE_CHECKING:
    from maestrokit.audio.mixdown import Channels
    from maestrokit.audio.spectra.frames import Samples
    from maestrokit.files.sound.layout import Layout
    from maestrokit.files.sound.read import SoundStream

STORED_SECONDS = 900.0  # shorter recordings are decoded once, longer ones again for each analysis
STORED_RATE = 16000  # Hz


class RecordingReader:
    """A recording that can be read repeatedly, in blocks, at any sample rate."""

    def __init__(self, source: str, data: bytes | None, *, repair: bool) -> None:
        self._source: str | bytes = source if data is None else data
        self._name = "" if data is None else named(source).strip("'")
        self._repair = repair

    def channels(self, sample_rate: int) -> "Iterator[Channels]":
        """Yield all channels at a rate in Hz."""
        with self._opened() as stream:
            yield from stream.channel_blocks(sample_rate=sample_rate)

    def __call__(self, sample_rate: int) -> "Iterator[Samples]":
        """Yield the recording at a rate in Hz."""
        if sample_rate == STORED_RATE and self.length <= STORED_SECONDS:
            yield from self._stored_blocks()
        else:
            yield from self._decoded(sample_rate)

    @cached_property
    def length(self) -> float:
        """In seconds; counted where the header does not say."""
        with self._opened() as stream:
            if stream.frames is not None:
                return stream.frames / stream.sample_rate
            return sum(len(block) for block in stream.blocks(sample_rate=stream.sample_rate)) / stream.sample_rate

    @cached_property
    def commands(self) -> list[str]:
        """The commands that made the recording, from its comment."""
        from maestrokit.provenance import command_lines

        with self._opened() as stream:
            return command_lines(stream.comment)

    def _stored_blocks(self) -> "Iterator[Samples]":
        from maestrokit.files import progress

        passed = 0
        for block in self._stored:
            yield block
            passed += len(block)
            progress.report(passed / STORED_RATE, self.length)

    @cached_property
    def _stored(self) -> "list[Samples]":
        return list(self._decoded(STORED_RATE))

    def _decoded(self, sample_rate: int) -> "Iterator[Samples]":
        with self._opened() as stream:
            yield from stream.blocks(sample_rate=sample_rate)

    def _opened(self) -> "AbstractContextManager[SoundStream]":
        from maestrokit.files.sound.read import open_sound

        return open_sound(self._source, name=self._name, repair=self._repair, known_layout=self._layout)

    @cached_property
    def _layout(self) -> "tuple[str, Layout]":
        from maestrokit.files.sound.read import find_layout

        return find_layout(self._source, name=self._name)


def is_sound(path: str) -> bool:
    """Return whether a file is a recording: by its name, or by its first bytes where its name says neither.

    The bytes of a pipe are not examined, since they can be read only once.

    >>> is_sound("take.FLAC"), is_sound("take.mid"), is_sound("-")
    (True, False, False)
    """
    from maestrokit.files.sound.containers import HEAD_BYTES, is_recording
    from maestrokit.files.walk import SOUND_SUFFIXES, has_suffix

    if has_suffix(path, SOUND_SUFFIXES) or is_performance(path):
        return has_suffix(path, SOUND_SUFFIXES)
    return is_recording(first_bytes(path, count=HEAD_BYTES))


def is_performance(path: str) -> bool:
    """Return whether a name is that of a MIDI file."""
    from maestrokit.files.walk import MIDI_SUFFIXES, has_suffix

    return has_suffix(path, MIDI_SUFFIXES)


def is_of_unknown_kind(path: str) -> bool:
    """Return whether neither the name nor the first bytes of an input say what it is, as with a pipe."""
    return not (is_performance(path) or is_sound(path) or first_bytes(path))
