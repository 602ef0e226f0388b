"""From the options of ``maestrokit features`` to its groups and its plan."""

from collections.abc import Mapping, Sequence
from typing import Any

from maestrokit.cli.errors import about
from maestrokit.cli.options import Batch, Inputs, Outputs
from maestrokit.errors import UsageError, choices_hint


def check_f0(name: str) -> None:
    """Raise UsageError unless there is such an f0 method, with its weights."""
    from maestrokit.analysis.crepe import SIZES
    from maestrokit.analysis.f0 import METHODS

    if name in SIZES:
        from maestrokit.files.cache.crepe import find_crepe

        find_crepe(name)
    elif name not in METHODS:
        raise UsageError(f"no f0 method '{name}'", choices_hint(name, [*METHODS, *SIZES]), parameter="f0")


def group_names(groups: str | None, without: str | None, sources: Sequence[str]) -> tuple[str, ...]:
    """Return the groups to describe; by default those for notes, for sound or for both, by the inputs."""
    from maestrokit import features
    from maestrokit.cli.commands.features.recording import is_of_unknown_kind, is_sound

    kinds = {"audio" if is_sound(source) else "notes" for source in sources}
    needs = kinds.pop() if len(kinds) == 1 and not any(map(is_of_unknown_kind, sources)) else None
    included = features.group_names(needs) if groups is None else features.check_groups(_words(groups))
    with about("without"):
        excluded = features.check_groups(_words(without or ""))
    names = tuple(name for name in included if name not in excluded)
    if not names:
        raise UsageError("no group of descriptors is left", "groups: " + " ".join(features.group_names()))
    return names


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def planned(inputs: Inputs, outputs: Outputs, running: Batch, frames: str | None, partners: Any) -> Any:
    """Return the plan: tasks have a target if frames are to be written."""
    from maestrokit.cli import plan as streams
    from maestrokit.files.formats import FRAMES, format_by_name
    from maestrokit.files.walk import MIDI_SUFFIXES, SOUND_SUFFIXES

    suffixes = MIDI_SUFFIXES + SOUND_SUFFIXES
    if frames is None:
        if outputs.directory is not None:
            fact = "`directory` is for the frames, which need `frames`"
            raise UsageError(fact, "add `frames` .npz", parameter="directory")
        return streams.gather(inputs, running, suffixes=suffixes, chosen=partners.set_apart)
    suffix = f".{format_by_name(f'frames{frames}' if outputs.directory else frames, FRAMES) or 'npz'}"
    frames_outputs = Outputs(output=None if outputs.directory else frames, directory=outputs.directory)
    return streams.convert(inputs, frames_outputs, running, suffixes=suffixes, suffix=suffix, chosen=partners.set_apart)


def is_done(plan: Any, output: str | None, recordings: Mapping[str, str]) -> bool:
    """Return whether all outputs are newer than all inputs."""
    from maestrokit.cli.plan import is_newer

    if output is None or plan.missing:
        return False
    targets = [
        (target, source)
        for task in plan.tasks
        for target in (output, task.target)
        for source in (task.source, recordings.get(task.source, task.source))
        if target != ""
    ]
    return all(is_newer(target, source) for target, source in targets)
