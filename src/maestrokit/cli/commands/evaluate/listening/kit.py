"""The work of ``evaluate --listening-kit``: clips of systems, a page for browsers, and the key beside it."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from maestrokit.cli import batch, report
from maestrokit.cli.commands.evaluate.listening.sounds import playable, sounds_of_files
from maestrokit.cli.commands.evaluate.options import GENERATED, Settings
from maestrokit.cli.commands.evaluate.system_plan import generated, sources_of
from maestrokit.cli.declare import state
from maestrokit.errors import BadDataError, UsageError
from maestrokit.files import streams, walk
from maestrokit.listening.assembly import USUAL_SECONDS, human_of, rated_systems
from maestrokit.listening.design import Clip, Design, make_design
from maestrokit.listening.folder import usual_key, write_listening_kit
from maestrokit.listening.kit import SourceSound, check_address, make_kit, minutes_of
from maestrokit.listening.scales import Scale, parse_scales


def write_kit(settings: Settings, folder: str, *, made_by: str | None) -> None:
    """Write a listening kit and its key, both or none.

    Raises
    ------
    UsageError
        If options contradict each other, or a system has too few pieces.
    CannotWriteError
        If the folder or the key is there already.
    """
    design_name, key = settings.listening.design, key_path(settings, folder)
    _check(settings, folder, key)
    scales = _scales(settings)
    information = _text(settings.listening.consent)
    sources = sources_of(
        settings.systems.system or (), settings.inputs, settings.running,
        suffixes=(*walk.MIDI_SUFFIXES, *walk.SOUND_SUFFIXES),
    )  # fmt: skip
    state(GENERATED if sources.models else None)
    names = list(sources.order)
    human = human_of(names, design_name)
    if settings.running.dry_run:
        tasks = [task.source for plan in sources.paths.values() for task in plan.tasks]
        batch.print_plan((origin, folder) for origin in (*sources.models.values(), *tasks))
        return
    rated = rated_systems(names, design_name)
    design = make_design(design_name, rated, clips=settings.listening.clips, scales=scales, seed=settings.seed)
    seconds = settings.systems.seconds or USUAL_SECONDS
    with tempfile.TemporaryDirectory() as scratch:
        count = settings.listening.clips + 1
        plans = {name: playable(name, plan, settings.listening.clips) for name, plan in sources.paths.items()} | {
            name: generated(name, model, Path(scratch), settings, count=count, seconds=seconds)
            for name, model in sources.models.items()
        }
        sounds = sounds_of_files({name: plans[name] for name in names}, human or names[0], design, settings, seconds)
    kit = make_kit(
        design, sounds, seed=settings.seed, human=human, information=information, post=settings.listening.post,
        made_by=made_by,
    )  # fmt: skip
    write_listening_kit(kit, folder, key=key)
    if not settings.running.quiet:
        report.say(f"note: {described(design, sounds, folder)}")
        report.say(f"note: the key that unblinds it is '{key}'; keep it from listeners")


def key_path(settings: Settings, folder: str) -> str:
    """Return where the key of a kit is."""
    return settings.listening.key or usual_key(folder)


def described(design: Design, sounds: Mapping[Clip, SourceSound], folder: str) -> str:
    """Return in a line what listeners are to do."""
    return (
        f"'{folder}': {len(design.sequences[0])} trials, about {minutes_of(design, sounds)} minutes each listener; "
        f"orders are balanced over {len(design.sequences)} listeners"
    )


def _check(settings: Settings, folder: str, key: str) -> None:
    if not settings.systems.system:
        raise UsageError("a listening kit needs clips", "name sets of music with `system`", parameter="listening_kit")
    if settings.inputs.inputs:
        fact = "`system` names what is heard, and there are inputs, too"
        raise UsageError(fact, "write NAME=PATH for each set", parameter="system")
    check_address(settings.listening.post)
    own = Path(os.path.realpath(folder))
    if Path(os.path.realpath(key)).is_relative_to(own):
        raise UsageError("the key would be in the folder that listeners see", "write it elsewhere", parameter="key")
    for path in (folder, key):
        if Path(path).exists() or Path(path).is_symlink():
            raise UsageError(
                f"'{path}' is there already", "a kit is always new; name another", parameter="listening_kit"
            )


def _scales(settings: Settings) -> tuple[Scale, ...] | None:
    path = settings.listening.scales
    if path is None:
        return None
    if settings.listening.design == "turing":
        raise UsageError("the design turing asks one question", "use the design mos", parameter="scales")
    return parse_scales(_text(path) or "", name=path, design=settings.listening.design)


def _text(path: str | None) -> str | None:
    """Return the text of a file.

    Raises
    ------
    BadDataError
        If it is not text.
    """
    if path is None:
        return None
    try:
        return streams.decoded(streams.read_bytes(path))
    except UnicodeDecodeError:
        raise BadDataError(f"cannot read '{path}': not text in UTF-8", path=path) from None
