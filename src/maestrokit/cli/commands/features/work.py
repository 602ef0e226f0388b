"""The work of ``maestrokit features`` on one performance, one recording, or a performance with its recording."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from maestrokit.cli.commands.features.options import DescriptionOptions
from maestrokit.cli.commands.features.recording import RecordingReader, is_of_unknown_kind, is_performance, is_sound
from maestrokit.cli.planning import Task

if TYPE_CHECKING:
    from maestrokit.analysis.crepe import Weights
    from maestrokit.features import View
    from maestrokit.features.audio_views import AudioView
    from maestrokit.features.note_views import NoteView
    from maestrokit.files.walk import Source


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
class Describing:
    """The work on one input; a class, so that it can be sent to other processes."""

    options: DescriptionOptions
    groups: tuple[str, ...]
    repair: bool
    made_by: str | None
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
            groups.update(features.describe(view, names=self.groups))
        return {**record, **{name: groups[name] for name in self.groups if name in groups}}

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
            performance = parse_midi(data, name=name, repair=self.repair)
            notes = features.note_view(performance)
            views, chain = [notes], commands(performance)
        for sound in sounds:
            from maestrokit.inference.chords import load_chord_network

            recording = RecordingReader(sound, data if sound == source and data else None, repair=self.repair)
            views.append(
                features.audio_view(
                    recording,
                    length=recording.length,
                    channels=recording.channels,
                    f0=self.options.f0,
                    weights=crepe_weights(self.options.f0),
                    chord_network=load_chord_network(self.options.chords),
                )
            )
            chain = chain or recording.commands
        return [*views, *self._class_views(source, views)], chain

    def _class_views(self, source: str, views: "Sequence[NoteView | AudioView]") -> "list[View]":
        """Return the view of the classes of a performance or recording, if there is a model that reads it.

        UsageError says that the model does not read what came through a pipe, which nobody could tell before.
        """
        if self.options.classes is None:
            return []
        from maestrokit import features
        from maestrokit.inference.classes import load_classifier

        classifier = load_classifier(self.options.classes)
        readable = [view for view in views if view.kind == classifier.needs or is_of_unknown_kind(source)]
        return [features.class_view(view, classifier) for view in readable]

    def write_frames(self, views: "Sequence[View]", target: str, chain: list[str]) -> None:
        """Write the series of all views on one time base."""
        from maestrokit import features
        from maestrokit.files import streams
        from maestrokit.files.arrays import dump_arrays
        from maestrokit.files.formats import FRAMES, format_by_name
        from maestrokit.provenance import extended

        series: dict[str, Any] = {}
        for view in views:
            length = max(view.length for view in views)
            series.update(features.frames(view, names=self.groups, hop=self.options.hop, length=length))
        units = {"time": "s"}
        for group in self.groups:
            declared = features.frame_fields(group).items()
            units.update({name: field.unit for name, field in declared if name in series})
        metadata: dict[str, Any] = {"hop": self.options.hop, "units": units}
        if self.made_by is not None:
            metadata["provenance"] = extended(chain, self.made_by)
        suffix = f".{format_by_name(target, FRAMES) or 'npz'}"
        streams.write_bytes(target, dump_arrays(series, suffix=suffix, metadata=metadata, compress=True))


def crepe_weights(f0: str) -> "Weights | None":
    """Return the weights of CREPE, where it is the way to find f0."""
    from maestrokit.analysis.crepe import SIZES

    if f0 not in SIZES:
        return None
    from maestrokit.files.cache.crepe import read_crepe

    return read_crepe(f0)


def _stem(path: str) -> str:
    return str(PurePath(path).with_suffix("")) if path != "-" else path
