"""From the options of ``maestrokit features`` to its groups and its plan."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from maestrokit.cli import report
from maestrokit.cli.commands.features.options import CHORDS_OF_RECORDING, F0_OF_RECORDING, DescriptionOptions
from maestrokit.cli.declare import state
from maestrokit.cli.errors import about, is_typed
from maestrokit.cli.options import Batch, Inputs, Outputs
from maestrokit.errors import UsageError, choices_hint

if TYPE_CHECKING:
    from maestrokit.analysis.classes import Classifier


def check_f0(name: str) -> None:
    """Raise UsageError unless there is such an f0 method, with its weights."""
    from maestrokit.analysis.crepe import SIZES
    from maestrokit.analysis.f0 import METHODS

    if name in SIZES:
        from maestrokit.files.cache.crepe import find_crepe

        find_crepe(name)
    elif name not in METHODS:
        raise UsageError(f"no f0 method '{name}'", choices_hint(name, [*METHODS, *SIZES]), parameter="f0")


def check_classes(name: str | None) -> "Classifier | None":
    """Return the model of that name, if one is given; raise an error unless there is such a one, and it classifies."""
    if name is None:
        return None
    from maestrokit.inference.classes import load_classifier

    with about("classes"):
        return load_classifier(name)


def note_unread(classifier: "Classifier | None", sources: Sequence[str], recordings: Mapping[str, str]) -> None:
    """Print how many inputs the model of classes does not read, beside those that it reads."""
    from maestrokit.cli.commands.features.recording import is_of_unknown_kind, is_sound

    if classifier is None:
        return
    kinds = [
        {"audio" if is_sound(name) else "notes" for name in (path, recordings.get(path, path))} for path in sources
    ]
    unread = [path for path, kind in zip(sources, kinds, strict=True) if classifier.needs not in kind]
    count = sum(not is_of_unknown_kind(path) for path in unread)
    if count:
        share = f"{count} of {report.counted(len(sources), 'input')}"
        report.say(f"note: --classes reads {classifier.reads}, so {share} get no classes")


def check_chords(way: str) -> None:
    """Raise an error unless there is such a way to tell chords, or such a model that does."""
    from maestrokit.inference.chords import WAYS, load_chord_network

    if way not in WAYS:
        with about("chords"):
            load_chord_network(way)


def group_names(options: DescriptionOptions, sources: Sequence[str]) -> tuple[str, ...]:
    """Return the groups to describe; by default those for notes, for sound or for both, by the inputs.

    Raises
    ------
    UsageError
        If a group is unknown, or is typed and describes what no input has, or if none is left.
    """
    from maestrokit import features
    from maestrokit.cli.commands.features.recording import is_of_unknown_kind, is_sound

    kinds = {"audio" if is_sound(source) else "notes" for source in sources}
    needs = kinds.pop() if len(kinds) == 1 and not any(map(is_of_unknown_kind, sources)) else None
    fitting = _fitting(needs, check_classes(options.classes))
    included = fitting if options.groups is None else _chosen(options)
    with about("without"):
        excluded = features.check_groups(_words(options.without or ""))
    names = tuple(name for name in included if name not in excluded)
    if not names:
        raise UsageError("no group of descriptors is left", "groups: " + " ".join(features.group_names()))
    idle = [name for name in names if name not in fitting]
    if idle and is_typed("groups"):
        fact = f"no input has what the group '{idle[0]}' describes, {'notes' if needs == 'audio' else 'sound'}"
        raise UsageError(fact, "groups: " + " ".join(fitting), parameter="groups")
    if sources:
        described = [name for name in names if name not in idle]
        facts = {"audio_f0": F0_OF_RECORDING, "audio_chords": CHORDS_OF_RECORDING}
        state(*(fact for group, fact in facts.items() if group in described))
    return names


def _fitting(needs: str | None, classifier: "Classifier | None") -> list[str]:
    """Return the groups for inputs of one kind, or of both; that of classes if there is a model for it."""
    from maestrokit import features

    if classifier is not None and needs not in (None, classifier.needs):
        hint = ("recordings become performances by 'maestrokit transcribe'" if needs == "audio" else
                "performances become recordings by 'maestrokit render'")  # fmt: skip
        fact = f"`classes` is a model that reads {classifier.reads}, and there are none"
        raise UsageError(fact, hint, parameter="classes")
    kinds = [*([needs] if needs else ["notes", "audio"]), *(["classes"] if classifier is not None else [])]
    return sorted(name for kind in kinds for name in features.group_names(kind))


def _chosen(options: DescriptionOptions) -> list[str]:
    """Return the groups that are asked for, and that of classes if there is a model for it."""
    from maestrokit import features

    of_classes = features.group_names("classes")
    chosen = features.check_groups(_words(options.groups or ""))
    if options.classes is not None:
        return features.check_groups([*chosen, *of_classes])
    for name in chosen:
        if name in of_classes:
            hint = "give one by `classes`, such as composers"
            raise UsageError(f"the group '{name}' needs a model", hint, parameter="groups")
    return chosen


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def planned(inputs: Inputs, outputs: Outputs, running: Batch, frames: str | None, partners: Any) -> Any:
    """Return the plan: tasks have a target if frames are to be written."""
    from maestrokit.cli import planning
    from maestrokit.files.formats import FRAMES, format_by_name
    from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES

    suffixes = MIDI_SUFFIXES + SOUND_SUFFIXES
    if frames is None:
        return planning.gather(inputs, running, suffixes=suffixes, chosen=partners.set_apart)
    suffix = f".{format_by_name(f'frames{frames}' if outputs.directory else frames, FRAMES) or 'npz'}"
    frames_outputs = Outputs(output=None if outputs.directory else frames, directory=outputs.directory)
    return planning.convert(
        inputs, frames_outputs, running, suffixes=suffixes, suffix=suffix, chosen=partners.set_apart,
        hint="`frames` .npz -d DIR writes one file of frames an input",
    )  # fmt: skip


def is_done(plan: Any, output: str | None, form: str, recordings: Mapping[str, str], running: Batch) -> bool:
    """Return whether all outputs are newer than all inputs, and the table has just these; say so with ``-v``."""
    from maestrokit.cli.planning import is_newer, say_up_to_date
    from maestrokit.files.tables import listed_files

    if output is None or plan.missing:
        return False
    targets = [
        (target, source)
        for task in plan.tasks
        for target in (output, task.target)
        for source in (task.source, recordings.get(task.source, task.source))
        if target != ""
    ]
    is_done = all(is_newer(target, source) for target, source in targets)
    is_done = is_done and {task.source for task in plan.tasks} == listed_files(output, format=form)
    say_up_to_date(len(plan.tasks) if is_done else 0, len(plan.tasks), running)
    return is_done
