"""What all kinds of evaluation share: what is to be scored, and the scores."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from maestrokit.cli import batch, report
from maestrokit.cli.options import Batch
from maestrokit.cli.planning import Plan, Task
from maestrokit.errors import ExitStatus
from maestrokit.metrics.contract import Row

if TYPE_CHECKING:
    from maestrokit.cli.commands.evaluate.report.contents import Section
    from maestrokit.metrics.score_systems import Comparison, SystemScores

Result = TypeVar("Result")


@dataclass(frozen=True)
class SystemTable:
    """The scores of several systems, by their names, their comparisons, and sentences on what was compared."""

    systems: "dict[str, SystemScores]"
    comparisons: "list[Comparison]"
    sentences: list[str]


@dataclass(frozen=True)
class Scores:
    """The rows of each file, by its name, and those of all together."""

    files: list[tuple[str, list[Row]]]
    whole: list[Row]
    status: int
    """0, or that of the inputs that could not be scored."""
    table: SystemTable | None = None
    """Where several systems were scored, all that there is to say."""
    sections: "Sequence[Section]" = ()
    """What a page shows beyond the scores."""


@dataclass(frozen=True)
class Evaluation:
    """What is to be scored: a title for people, the work, and the names of the scores that it may give."""

    title: str
    score: Callable[[], Scores]
    names: Sequence[str]


def with_learning(scores: Scores, folder: Path) -> Scores:
    """Return the scores of a model with the learning curves of its run before all else."""
    from maestrokit.cli.commands.evaluate.report.learning import learning_sections

    return replace(scores, sections=[*learning_sections(folder), *scores.sections])


def all_results(work: Callable[[Task], Result], plan: Plan, running: Batch) -> tuple[list[tuple[Task, Result]], int]:
    """Return the results of a plan, and the exit status of the inputs that failed."""
    done: list[tuple[Task, Result]] = []
    try:
        for task, result in batch.results("evaluate", work, plan, running):
            done.append((task, result))
            if running.verbose:
                report.say(f"{task.target or task.source}: scored")
    except typer.Exit as leave:
        if not running.keep_going:
            raise
        return done, leave.exit_code
    return done, int(ExitStatus.OK)


def release_workers(running: Batch) -> None:
    """Give back the memory of the processes that read the inputs, before they are compared in this one."""
    if running.workers > 1:
        from maestrokit.files.workers import release

        release()


def transcribing(model: str) -> Path | None:
    """Return the folder of a model if it is one that transcribes.

    Raises
    ------
    NoInputError
        If there is no such model.
    """
    from maestrokit.files.checkpoint import model_folder, read_config

    folder = model_folder(model)
    return folder if read_config(folder).get("task") == "transcription" else None
