"""The work of ``maestrokit features`` on one performance, one recording, or a performance with its recording."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from maestrokit.cli.plan import Task
from maestrokit.files.streams import first_bytes, named

if TYPE_CHECKING:
    from maestrokit.analysis.crepe import Weights
    from maestrokit.audio.mixdown import Channels
    from maestrokit.audio.spectra.frames import Samples
    from maestrokit.features import View
    from maestrokit.files.sound.layout import Layout
    from maestrokit.files.sound.read import SoundStream
    from maestrokit.files.walk import Source

STORED_SECONDS = 900.0  # shorter recordings are decoded once, longer ones again for each analysis
STORED_RATE = 16000  # Hz


@dataclass
class Partners:
    """Recordings that come with a performance of the same name in the same folder, and are described with it."""

    recording_of: dict[str, str] = field(default_factory=dict)

    def set_apart(self, sources: Sequence["Source"]) -> "list[Source]":
        """Return the sources without such recordings, each performance where the first of the two was."""
        of_stem: dict[tuple[str, bool], Source] = {}
        for source in sources:
            of_stem.setdefault((_stem(source.path), is_sound(source.path)), source)
        remaining = []
        for source in sources:
            stem = _stem(source.path)
            notes, sound = of_stem.get((stem, False)), of_stem.get((stem, True))
            if notes is None or sound is None or source not in (notes, sound):
                remaining.append(source)
            elif notes.path not in self.recording_of:
                self.recording_of[notes.path] = sound.path
                remaining.append(notes)
        return remaining


@dataclass(frozen=True)
class FeatureOptions:
    """How each input is described."""

    groups: tuple[str, ...]
    hop: float
    f0: str
    repair: bool
    made_by: str | None


@dataclass(frozen=True)
class Describing:
    """The work on one input; a class, so that it can be sent to other processes."""

    options: FeatureOptions
    recording_of: Mapping[str, str]

    def __call__(self, task: Task) -> dict[str, Any]:
        """Return the record of an input, and write its frames if it has a target."""
        from maestrokit import features

        views, chain = self.views(task)
        if task.target:
            self.write_frames(views, task.target, chain)
        partner = self.recording_of.get(task.source)
        record: dict[str, Any] = {"file": task.source, **({"recording": partner} if partner else {})}
        groups: dict[str, Any] = {}
        for view in views:
            groups.update(features.describe(view, names=self.options.groups))
        return {**record, **{name: groups[name] for name in self.options.groups if name in groups}}

    def views(self, task: Task) -> "tuple[list[View], list[str]]":
        """Return the views of an input, and the commands that made it."""
        from maestrokit import features
        from maestrokit.files import streams
        from maestrokit.files.midi import parse_midi
        from maestrokit.files.sound.containers import is_recording
        from maestrokit.music.provenance_events import commands

        source, views, chain = task.source, list[Any](), list[str]()
        data = streams.read_bytes(source) if not is_sound(source) or streams.is_pipe(source) else b""
        sounds = [self.recording_of[source]] if source in self.recording_of else []
        if is_sound(source) or (not is_performance(source) and is_recording(data)):
            sounds = [source]
        else:
            name = streams.named(source).strip("'")
            performance = parse_midi(data, name=name, repair=self.options.repair)
            views, chain = [features.note_view(performance)], commands(performance)
        for sound in sounds:
            recording = Recording(sound, data if sound == source and data else None, repair=self.options.repair)
            views.append(
                features.audio_view(
                    recording,
                    length=recording.length,
                    channels=recording.channels,
                    f0=self.options.f0,
                    weights=crepe_weights(self.options.f0),
                )
            )
            chain = chain or recording.commands
        return views, chain

    def write_frames(self, views: "Sequence[View]", target: str, chain: list[str]) -> None:
        """Write the series of all views on one time base."""
        from maestrokit import features
        from maestrokit.files import streams
        from maestrokit.files.arrays import dump_arrays
        from maestrokit.files.formats import FRAMES, format_by_name
        from maestrokit.provenance import extended

        options = self.options
        series: dict[str, Any] = {}
        for view in views:
            length = max(view.length for view in views)
            series.update(features.frames(view, names=options.groups, hop=options.hop, length=length))
        units = {"time": "s"}
        for group in options.groups:
            declared = features.frame_fields(group).items()
            units.update({name: field.unit for name, field in declared if name in series})
        metadata: dict[str, Any] = {"hop": options.hop, "units": units}
        if options.made_by is not None:
            metadata["provenance"] = extended(chain, options.made_by)
        suffix = f".{format_by_name(target, FRAMES) or 'npz'}"
        streams.write_bytes(target, dump_arrays(series, suffix=suffix, metadata=metadata, compress=True))


def crepe_weights(f0: str) -> "Weights | None":
    """Return the weights of CREPE, where it is the way to find f0."""
    from maestrokit.analysis.crepe import SIZES

    if f0 not in SIZES:
        return None
    from maestrokit.files.cache.crepe import read_crepe

    return read_crepe(f0)


class Recording:
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
        from maestrokit.provenance import is_command_line

        with self._opened() as stream:
            return [line for line in stream.comment.splitlines() if is_command_line(line)]

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

        return open_sound(self._source, name=self._name, repair=self._repair, found=self._layout)

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


def _stem(path: str) -> str:
    return str(PurePath(path).with_suffix("")) if path != "-" else path
