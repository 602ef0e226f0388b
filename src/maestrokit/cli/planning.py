"""From the names on a command line to tasks: what is read, and where its output goes."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from maestrokit.cli import report
from maestrokit.cli.errors import is_typed
from maestrokit.cli.options import Batch, Inputs, Outputs
from maestrokit.cli.report import counted
from maestrokit.errors import BadDataError, CannotWriteError, MaestrokitError, UsageError
from maestrokit.files import streams, walk
from maestrokit.files.streams import decoded

SourceFilter = Callable[[Sequence[walk.Source]], list[walk.Source]]


@dataclass(frozen=True)
class Task:
    """One input, and the output that it becomes.

    Parameters
    ----------
    source : str
        Path, or ``-``.
    target : str
        Path, or ``-``; empty where a command gathers the results of all inputs.
    relative : str
        The source's path below the folder that was given.
    """

    source: str
    target: str
    relative: str


@dataclass(frozen=True)
class Plan:
    """The tasks of a run, and the errors of inputs that cannot be read."""

    tasks: list[Task]
    missing: Sequence[MaestrokitError]

    @property
    def targets(self) -> list[str]:
        """The outputs of the tasks."""
        return [task.target for task in self.tasks]

    @property
    def is_batch(self) -> bool:
        """Whether there is more than one input, good or bad."""
        return len(self.tasks) + len(self.missing) > 1


def find(
    inputs: Inputs, running: Batch, *, suffixes: Sequence[str], beside: Sequence[str] = (), outputs: str | None = None
) -> walk.InputFiles:
    """Return the files that the inputs name, except those in a folder of outputs below them.

    Notes are printed on files that are skipped and on rows of MAESTRO roots without files.

    Raises
    ------
    UsageError
        If no input is named, or standard input twice, or if a part of a MAESTRO root is chosen and none is named.
    """
    names = [*(inputs.inputs or [])]
    if not names and inputs.files_from is None and inputs.files0_from is None:
        raise UsageError("no input", "name files, folders or a MAESTRO root, or - for standard input")
    names += _listed(inputs.files_from, "\n") + _listed(inputs.files0_from, "\0")
    if [*names, inputs.files_from, inputs.files0_from].count(streams.STANDARD) > 1:
        raise UsageError("standard input is named twice", "it can be read once")
    is_chosen = bool(inputs.split or inputs.where) and any(map(is_typed, ("split", "where", "reference_split")))
    if is_chosen and not any(map(walk.is_root, names)):
        hint = "a root is a folder with maestro-v*.csv or .json in it"
        raise UsageError("`split` and `where` choose from a MAESTRO root, and no input is one", hint)
    files = walk.walk(
        names, suffixes=suffixes, beside=beside, split=inputs.split, where=inputs.where or (), outputs=outputs
    )
    sources, repeated = _once(files.sources)
    if not running.quiet:
        for sentence in [*files.absent, *files.skipped, *repeated]:
            report.say(f"note: {sentence}")
    return replace(files, sources=sources)


def _once(sources: Iterable[walk.Source]) -> tuple[list[walk.Source], list[str]]:
    """Return each file once, where it is named first, and a sentence on those that are named again, if any are."""
    first: dict[str, walk.Source] = {}
    again: dict[str, None] = {}
    for source in sources:
        path = source.path if source.path == streams.STANDARD else os.path.normpath(Path.cwd() / source.path)
        if first.setdefault(path, source) is not source:
            again[first[path].path] = None
    name = next(iter(again), "")
    words = f"'{name}' is" if len(again) == 1 else f"{len(again)} inputs, the first of them '{name}', are"
    return list(first.values()), [f"{words} given more than once, and taken once"] if again else []


def gather(
    inputs: Inputs, running: Batch, *, suffixes: Sequence[str], beside: Sequence[str] = (), chosen: SourceFilter = list
) -> Plan:
    """Return a plan for a command that makes one result of all inputs; see :func:`convert` for the parameters."""
    files = find(inputs, running, suffixes=suffixes, beside=beside)
    return Plan([Task(source.path, "", source.relative) for source in chosen(files.sources)], files.missing)


def convert(
    inputs: Inputs,
    outputs: Outputs,
    running: Batch,
    *,
    suffixes: Sequence[str],
    beside: Sequence[str] = (),
    suffix: str | None = None,
    targets: Callable[[str], Sequence[str]] = lambda target: [target],
    chosen: SourceFilter = list,
    reads: Callable[[str], Sequence[str]] = lambda source: (),
    hint: str = "name it with -d DIR",
) -> Plan:
    """Return a plan for a command that makes an output of each input.

    Parameters
    ----------
    beside : sequence of str
        Suffixes of files that are read together with the inputs: in a folder they are not skipped.
    suffix : str or None
        Of the outputs under ``--directory``, with its dot; None keeps that of the input. Where inputs differ in nothing
        but their own suffix (take.flac, take.wav), their outputs keep it, too (take.flac.mid, take.wav.mid).
    targets : function
        From a task's target to the files that will really be written, where that is more than one.
    chosen : function
        From the files to those that are tasks of their own.
    reads : function
        From an input to the other files that are read for it, than which its output must not be older, either.
    hint : str
        What helps where several inputs have no folder for their outputs.

    Raises
    ------
    UsageError
        If several inputs are given and no folder for their outputs.
    CannotWriteError
        If an output is one of the inputs, or of what is read for one.
    """
    files = find(inputs, running, suffixes=suffixes, beside=beside, outputs=outputs.directory)
    files = replace(files, sources=chosen(files.sources))
    if outputs.directory is None:
        tasks = [Task(source.path, _single_target(files, outputs, hint), source.relative) for source in files.sources]
    else:
        tasks = _mirrored(files.sources, Path(outputs.directory), suffix)
    written = [target for task in tasks for target in targets(task.target)]
    read = {task.source: [task.source, *reads(task.source)] for task in tasks}
    protect_files([*chain(*read.values()), inputs.files_from, inputs.files0_from], *written)
    tasks, taken = _with_own_targets(tasks, targets)
    if outputs.update:
        due = [
            task for task in tasks
            if not all(is_newer(target, path) for target in targets(task.target) for path in read[task.source])
        ]  # fmt: skip
        say_up_to_date(len(tasks) - len(due), len(tasks), running)
        tasks = due
    return Plan(tasks, [*files.missing, *taken])


def say_up_to_date(done: int, inputs: int, running: Batch) -> None:
    """Print with ``-v`` how many inputs are passed over, since their outputs are not older."""
    if running.verbose:
        report.say(f"{done} of {counted(inputs, 'input')} passed over: up to date")


def protect_inputs(tasks: Iterable[Task], *outputs: str | None) -> None:
    """Raise if a file to write is one of the inputs.

    Raises
    ------
    CannotWriteError
        Also where the two are one file by different names.
    """
    protect_files((task.source for task in tasks), *outputs)


def protect_files(inputs: Iterable[str | None], *outputs: str | None) -> None:
    """Raise CannotWriteError if a file to write is one that is read; standard streams and None are no files."""
    none = (None, "", streams.STANDARD)
    sources = {os.path.realpath(str(name)) for name in inputs if name not in none}
    for output in outputs:
        if output not in none and os.path.realpath(str(output)) in sources:
            raise CannotWriteError(f"'{output}' is both input and output", "write elsewhere, then move it")


def check_standard_output(outputs: Mapping[str, str | None]) -> None:
    """Refuse several outputs, by the names of their parameters, that would be mixed on standard output.

    Raises
    ------
    UsageError
        If more than one of them is ``-``.
    """
    standard = [f"`{name}`" for name, output in outputs.items() if output == streams.STANDARD]
    if len(standard) > 1:
        fact = f"only one of {', '.join(standard[:-1])} and {standard[-1]} can be standard output"
        raise UsageError(fact, "write the others to files")


def refuse_terminal(targets: Iterable[str], content: str) -> None:
    """Raise a usage error if binary data would be printed on a terminal."""
    if streams.STANDARD in targets and sys.stdout is not None and sys.stdout.isatty():
        raise UsageError(f"will not print {content} on a terminal", "write to a file with -o FILE, or into a pipe")


def _listed(path: str | None, separator: str) -> list[str]:
    if path is None:
        return []
    try:
        text = decoded(streams.read_bytes(path), encoding=sys.getfilesystemencoding(), errors="surrogateescape")
    except UnicodeDecodeError:
        raise BadDataError(f"cannot read {streams.named(path)}: not a list of names", "write it in UTF-8") from None
    return [name.rstrip("\r") if separator == "\n" else name for name in text.split(separator) if name.strip("\r")]


def _single_target(files: walk.InputFiles, outputs: Outputs, hint: str) -> str:
    if (count := len(files.sources) + len(files.missing)) > 1:
        raise UsageError(f"{count} inputs need a folder for their outputs", hint)
    return outputs.output or streams.STANDARD


def _mirrored(sources: Sequence[walk.Source], directory: Path, suffix: str | None) -> list[Task]:
    if any(source.path == streams.STANDARD for source in sources):
        raise UsageError("standard input has no name to give its output", "use -o FILE instead of -d DIR")
    if suffix is None:
        return [Task(source.path, str(directory / source.relative), source.relative) for source in sources]
    plain = [Path(source.relative).with_suffix(suffix) for source in sources]
    uses = Counter(path for path, _ in {(path, source.relative) for path, source in zip(plain, sources, strict=True)})
    return [
        Task(
            source.path,
            str(directory / (path if uses[path] == 1 else f"{source.relative}{suffix}")),
            source.relative,
        )
        for source, path in zip(sources, plain, strict=True)
    ]


def _with_own_targets(
    tasks: Sequence[Task], targets: Callable[[str], Sequence[str]]
) -> tuple[list[Task], list[CannotWriteError]]:
    """Return the tasks whose outputs are of no task before them, and an error for each of the others."""
    owners: dict[str, str] = {}
    own, taken = [], []
    for task in tasks:
        paths = [os.path.realpath(target) for target in targets(task.target) if target != streams.STANDARD]
        owner = next((owners[path] for path in paths if path in owners), task.source)
        if owner == task.source:
            owners.update(dict.fromkeys(paths, task.source))
            own.append(task)
        else:
            taken.append(
                CannotWriteError(
                    f"'{owner}' and '{task.source}' would both become '{task.target}', and only the first is",
                    "give the folder above them, so that its tree is mirrored, or rename one",
                )
            )
    return own, taken


def is_newer(target: str, source: str) -> bool:
    """Return whether an output exists and is not older than its input; standard streams never are."""
    if streams.STANDARD in (target, source):
        return False
    try:
        return Path(target).stat().st_mtime_ns >= Path(source).stat().st_mtime_ns
    except OSError:
        return False
