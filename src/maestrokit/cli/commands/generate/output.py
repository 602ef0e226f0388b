"""What ``maestrokit generate`` writes, whatever makes the performances."""

from collections.abc import Callable, Sequence

from maestrokit.cli import report
from maestrokit.cli.commands.generate.options import GenerateOptions
from maestrokit.cli.options import Common
from maestrokit.cli.performances import write_performance
from maestrokit.cli.planning import protect_files, refuse_terminal
from maestrokit.errors import UsageError
from maestrokit.files import streams
from maestrokit.files.formats import MUSIC, chosen_format
from maestrokit.music.performance import Performance

NOTE_BY_NOTE = "jsonl"


def format_of(options: GenerateOptions, *, whole: str = "") -> str:
    """Return what is written; where a `whole` is named, something that is not made note by note.

    Raises
    ------
    UsageError
        If that is to be written note by note.
    """
    format = chosen_format(options.format_, options.output, MUSIC, default="mid")
    if whole and format == NOTE_BY_NOTE:
        raise UsageError(f"{whole} is not made note by note", "choose mid", parameter="format")
    return format


def targets_of(options: GenerateOptions, format: str, *, reads: Sequence[str | None]) -> list[str]:
    """Return the files to write.

    Raises
    ------
    CannotWriteError
        If one of them is read.
    """
    targets = [options.output or streams.STANDARD]
    if options.directory is not None:
        targets = [f"{options.directory}/{number + 1}.{format}" for number in range(options.count)]
    protect_files(reads, *targets)
    return targets


def written(
    make: Callable[[], Sequence[Performance]], targets: Sequence[str], running: Common, *, format: str, repair: bool,
    made_by: str | None,
) -> None:  # fmt: skip
    """Make a performance for each target while the progress of one input is shown, and write them."""
    is_lines = format == NOTE_BY_NOTE  # which are written as they are made
    if not is_lines:
        refuse_terminal(targets, "MIDI" if format == "mid" else format)
    results = (make() for _ in range(1))
    (performances,) = report.with_progress(results, names=targets[:1], label="generate", quiet=running.quiet)
    for target, performance in zip(targets, performances, strict=True) if not is_lines else ():
        _write(performance, target, format=format, repair=repair, made_by=made_by)
    if running.verbose:
        report.say(report.counted(sum(len(performance.notes) for performance in performances), "note"))


def _write(performance: Performance, target: str, *, format: str, repair: bool, made_by: str | None) -> None:
    """Write a performance as MIDI or as audio."""
    if format == "mid":
        write_performance(performance, target, made_by=made_by)
        return
    from maestrokit.cli.commands.render.options import RenderOptions
    from maestrokit.cli.commands.render.work import Rendering

    Rendering(RenderOptions(), format, repair, made_by).render(performance, target)
