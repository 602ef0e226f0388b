"""The sounds of a listening kit, cut from the files of its systems."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from maestrokit.audio.loudness import SAMPLE_RATE
from maestrokit.cli import batch, planning
from maestrokit.cli.commands.evaluate.options import Settings
from maestrokit.cli.performances import read_performance
from maestrokit.files import walk
from maestrokit.files.sound.read import read_sound
from maestrokit.listening.assembly import anchors_refused, check_pieces, clip_of, sounds_of
from maestrokit.listening.design import Clip, Design
from maestrokit.listening.kit import PRACTICE, SourceSound


@dataclass(frozen=True)
class ClipWork:
    """The clip of one file; a class, so that it can be sent to other processes."""

    seconds: float
    seed: int
    repair: bool
    is_anchor: bool = False

    def __call__(self, task: planning.Task) -> SourceSound:
        """Return a clip from somewhere in the piece."""
        music = (
            read_performance(task.source, repair=self.repair)
            if walk.has_suffix(task.source, walk.MIDI_SUFFIXES)
            else read_sound(task.source, sample_rate=SAMPLE_RATE, repair=self.repair).samples
        )
        name = f"{task.relative} {task.target}"
        return clip_of(
            music, piece=task.target, name=name, seconds=self.seconds, seed=self.seed, is_anchor=self.is_anchor
        )


def playable(name: str, plan: planning.Plan, clips: int) -> planning.Plan:
    """Return the performances of a system; if there are none, its recordings.

    Raises
    ------
    UsageError
        If there are fewer than clips.
    """
    performances = [task for task in plan.tasks if walk.has_suffix(task.source, walk.MIDI_SUFFIXES)]
    tasks = [replace(task, target=task.relative) for task in performances or plan.tasks]
    check_pieces(name, len(tasks), clips)
    return planning.Plan(tasks, [])


def sounds_of_files(
    plans: Mapping[str, planning.Plan], human: str, design: Design, settings: Settings, seconds: float
) -> dict[Clip, SourceSound]:
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
    work = ClipWork(seconds, settings.seed, settings.repair)

    def cut(tasks: Mapping[Clip, planning.Task], work: ClipWork = work) -> dict[Clip, SourceSound]:
        tasks = {
            clip: replace(task, relative=f"{task.relative} for practice") if clip.system == PRACTICE else task
            for clip, task in tasks.items()
        }
        results = batch.results("evaluate", work, planning.Plan(list(tasks.values()), []), settings.running)
        return dict(zip(tasks, [sound for _, sound in results], strict=True))

    def cut_anchors(tasks: Mapping[Clip, planning.Task]) -> dict[Clip, SourceSound]:
        if not all(walk.has_suffix(task.source, walk.MIDI_SUFFIXES) for task in tasks.values()):
            raise anchors_refused()
        return cut(tasks, replace(work, is_anchor=True))

    pieces = {name: plan.tasks for name, plan in plans.items()}
    return sounds_of(pieces, human, design, cut=cut, cut_anchors=cut_anchors, seed=settings.seed)
