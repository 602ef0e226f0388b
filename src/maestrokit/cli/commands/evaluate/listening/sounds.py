"""The sounds of a listening kit: a clip of each piece, for practice one more, and single notes to be counted."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from maestrokit.audio.loudness import SAMPLE_RATE
from maestrokit.cli import batch
from maestrokit.cli import plan as streams
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.commands.evaluate.sequence_models import limited
from maestrokit.cli.performances import read_performance
from maestrokit.errors import UsageError
from maestrokit.files import walk
from maestrokit.files.pianos.find import default_piano
from maestrokit.files.sound.read import read_sound
from maestrokit.listening import clips as cut
from maestrokit.listening.design import ATTENTION, Clip, Design
from maestrokit.listening.kit import PRACTICE, REFERENCE, Sound
from maestrokit.listening.scales import COUNT
from maestrokit.metrics.score_systems import FLOOR
from maestrokit.synth.piano import Piano


@dataclass(frozen=True)
class ClipWork:
    """The clip of one file; a class, so that it can be sent to other processes."""

    seconds: float
    seed: int
    repair: bool
    is_anchor: bool = False

    def __call__(self, task: streams.Task) -> Sound:
        """Return a clip from somewhere in the piece."""
        name = f"{task.relative} {task.target}".encode("utf-8", "surrogateescape")
        generator = np.random.default_rng([self.seed, zlib.crc32(name)])
        if walk.has_suffix(task.source, walk.MIDI_SUFFIXES):
            performance = read_performance(task.source, repair=self.repair)
            if self.is_anchor:
                performance = cut.without_music(performance, generator=generator)
            samples, start = cut.clip_of_performance(performance, piano(), seconds=self.seconds, generator=generator)
        else:
            sound = read_sound(task.source, sample_rate=SAMPLE_RATE, repair=self.repair)
            samples, start = cut.clip_of_sound(sound.samples, seconds=self.seconds, generator=generator)
        return Sound(samples, task.target, start)


@cache
def piano() -> Piano:
    """Return the piano that ships, read once in each process."""
    return default_piano()


def playable(name: str, plan: streams.Plan, clips: int) -> streams.Plan:
    """Return the performances of a system; if there are none, its recordings.

    Raises
    ------
    UsageError
        If there are fewer than clips.
    """
    performances = [task for task in plan.tasks if walk.has_suffix(task.source, walk.MIDI_SUFFIXES)]
    tasks = [replace(task, target=task.relative) for task in performances or plan.tasks]
    if len(tasks) < clips:
        fact = f"'{name}' has {len(tasks)} pieces, and {clips} clips are wanted"
        raise UsageError(fact, "give fewer `clips`", parameter="clips")
    return streams.Plan(tasks, [])


def sounds_of(
    plans: Mapping[str, streams.Plan], human: str, design: Design, settings: Settings, seconds: float
) -> dict[Clip, Sound]:
    """Return the sound of every clip of a kit.

    Parameters
    ----------
    human : str
        The system that a clip for practice is from, and in mushra the references.

    Raises
    ------
    UsageError
        If the anchors of mushra would be those of recordings.
    """
    count, tasks = settings.listening.clips, dict[Clip, streams.Task]()
    for name, plan in plans.items():
        chosen = limited(plan, count).tasks
        tasks |= {Clip(name, index): task for index, task in enumerate(chosen)}
    spare = [task for task in plans[human].tasks if task not in tasks.values()]
    practice = (spare or plans[human].tasks)[0]
    tasks[Clip(PRACTICE, 0)] = replace(practice, relative=f"{practice.relative} for practice")
    sounds = _clips(tasks, ClipWork(seconds, settings.seed, settings.repair), settings)
    if design.name == "mushra":
        sounds |= {Clip(REFERENCE, index): sounds[Clip(human, index)] for index in range(count)}
        anchors = {Clip(FLOOR, index): tasks[Clip(human, index)] for index in range(count)}
        if not all(walk.has_suffix(task.source, walk.MIDI_SUFFIXES) for task in anchors.values()):
            fact = f"the anchors of mushra are made from notes, and '{human}' has recordings"
            raise UsageError(fact, "give its performances as MIDI", parameter="system")
        sounds |= _clips(anchors, ClipWork(seconds, settings.seed, settings.repair, is_anchor=True), settings)
    generator = np.random.default_rng([settings.seed, 2])
    for index, notes in enumerate(generator.choice(np.arange(COUNT.low, COUNT.high + 1), ATTENTION, replace=False)):
        sounds[Clip("", index)] = Sound(cut.single_notes(int(notes), piano(), generator=generator), notes=int(notes))
    return sounds


def _clips(tasks: Mapping[Clip, streams.Task], work: ClipWork, settings: Settings) -> dict[Clip, Sound]:
    plan = streams.Plan(list(tasks.values()), [])
    results = batch.results("evaluate", work, plan, settings.running)
    return dict(zip(tasks, [sound for _, sound in results], strict=True))
