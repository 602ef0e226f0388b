"""What ``maestrokit features --plot`` draws."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maestrokit.cli.commands.features.recording import RecordingReader, is_sound
from maestrokit.cli.commands.features.work import Describing, crepe_weights
from maestrokit.cli.planning import Task
from maestrokit.errors import MaestrokitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from maestrokit.audio.spectra.frames import Samples
    from maestrokit.music.performance import Performance
    from maestrokit.plots.class_evidence import ClassPanel
    from maestrokit.plots.description import PlotItem

MOST_DRAWN = 8


def draw(tasks: Sequence[Task], plot: str, work: Describing) -> None:
    """Draw inputs into a file; inputs that cannot be read are left to the description, which reports them.

    Raises
    ------
    UsageError
        If they are more than 8, one is a pipe, or there is no such format of pictures.
    """
    from maestrokit.files import streams
    from maestrokit.files.formats import PICTURE, format_by_name
    from maestrokit.plots.description import description_picture

    format = format_by_name(plot, PICTURE) or "png"

    has_pipe = any(task.source == streams.STANDARD or streams.is_pipe(task.source) for task in tasks)
    if len(tasks) > MOST_DRAWN or has_pipe:
        raise UsageError(f"`plot` draws files, at most {MOST_DRAWN}", "name those to be drawn", parameter="plot")
    drawings, chain_of_inputs = [], list[str]()
    for task in tasks:
        try:
            drawing, chain = _drawing(task.source, work)
            drawings.append(drawing)
            chain_of_inputs += chain
        except MaestrokitError as error:
            if isinstance(error, UsageError):
                raise
    if drawings:
        made_by = [] if work.made_by is None else [*dict.fromkeys([*chain_of_inputs, work.made_by])]
        streams.write_bytes(plot, description_picture(drawings, format=format, provenance=made_by))


def _drawing(source: str, work: Describing) -> "tuple[PlotItem, list[str]]":
    """Return the drawing of an input, and the commands that made the input."""
    from maestrokit.cli.performances import read_performance
    from maestrokit.music.keys import find_key
    from maestrokit.music.provenance_events import commands
    from maestrokit.plots.description import PlotItem

    performance = None if is_sound(source) else read_performance(source, repair=work.repair)
    recording = source if is_sound(source) else work.recording_of.get(source)
    sound = None if recording is None else _recording_features(recording, work)
    if performance is not None:
        key = find_key(performance).key.name if len(performance.notes) else None
    else:
        key = sound.record["audio_key"]["name"] if sound is not None else None
    chain = RecordingReader(source, None, repair=work.repair).commands if performance is None else commands(performance)
    classes = None if work.options.classes is None else _classes(performance, recording, work)
    return PlotItem(f"{key}: {source}" if key else source, performance, sound, classes), chain


def _classes(performance: "Performance | None", recording: str | None, work: Describing) -> "ClassPanel | None":
    """Return the most probable class and what says so; None if the model reads neither, or nothing sounds."""
    from maestrokit import features
    from maestrokit.analysis.class_evidence import class_evidence
    from maestrokit.inference.classes import load_classifier
    from maestrokit.plots.class_evidence import ClassPanel
    from maestrokit.plots.description import LONGEST_PICTURE

    classifier = load_classifier(work.options.classes or "")
    if classifier.needs == "audio" and recording is not None:
        sound = RecordingReader(recording, None, repair=work.repair)
        view = features.class_view(features.audio_view(sound, length=sound.length), classifier)
    elif classifier.needs == "notes" and performance is not None:
        view = features.class_view(features.note_view(performance), classifier)
    else:
        return None
    result = view.classification
    if result is None:
        return None
    best = classifier.names[int(result.probability.argmax())]
    title = best if result.name == best else f"{result.name}; most like {best}"
    evidence = class_evidence(view.read, classifier, best, end=LONGEST_PICTURE)
    return ClassPanel(f"{title} ({result.probability.max():.2f})", view.read, evidence)


def _recording_features(source: str, work: Describing) -> Any:
    from maestrokit import features
    from maestrokit.inference.chords import load_chord_network
    from maestrokit.plots.description import LONGEST_PICTURE
    from maestrokit.plots.recording import recording_features

    recording = RecordingReader(source, None, repair=work.repair)
    length = min(recording.length, LONGEST_PICTURE)
    weights = crepe_weights(work.options.f0)
    return recording_features(
        features.audio_view(
            _Beginning(recording, length),
            length=length,
            channels=_Beginning(recording.channels, length),
            f0=work.options.f0,
            weights=weights,
            chord_network=load_chord_network(work.options.chords),
        )
    )


@dataclass
class _Beginning:
    """The first seconds of a recording, at any sample rate; stored at each rate, since several analyses read them."""

    recording: "Callable[[int], Iterator[Samples]]"
    length: float
    _stored: "dict[int, list[Samples]]" = field(default_factory=dict)

    def __call__(self, sample_rate: int) -> "Iterator[Samples]":
        if sample_rate not in self._stored:
            self._stored[sample_rate] = list(self._read(sample_rate))
        return iter(self._stored[sample_rate])

    def _read(self, sample_rate: int) -> "Iterator[Samples]":
        left = max(round(self.length * sample_rate), 1)
        for block in self.recording(sample_rate):
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return
