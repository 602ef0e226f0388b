"""One piece of work over many tasks: in this process, in others, or on a cluster; results in input order."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import typer

from maestrokit.cli import report
from maestrokit.cli.errors import TALLY, Tally, common_status, failed, running_command
from maestrokit.cli.options import Batch
from maestrokit.cli.planning import Plan, Task
from maestrokit.errors import BadDataError, MaestrokitError, UsageError, warn_of, with_doubts
from maestrokit.files import streams

Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Result]):
    """The end of one task: a result, or an error."""

    task: Task
    result: Result | None = None
    error: MaestrokitError | None = None
    notes: tuple[str, ...] = ()
    """Warnings about its input, each once."""


class InternalError(MaestrokitError):
    """An internal error met in a task; a plain value, so that it can be sent between processes."""


def results(command: str, work: Callable[[Task], Result], plan: Plan, running: Batch) -> Iterator[tuple[Task, Result]]:
    """Yield each task with its result, in the order of the inputs, and report the errors of the others.

    After the last one, a run in which anything failed ends with the exit status of the failures: their common one, or
    65 (73 if something could not be written, 70 if the program itself failed) where they differ.

    Parameters
    ----------
    work : function
        Of module level, or a partial of one, so that it can be sent to other processes. If it has a method
        ``rehearse``, a dry run calls that with each task: it raises what stands against the work, but for the input.

    Raises
    ------
    typer.Exit
        At the end, if anything failed; at the first failure without ``running.keep_going``.
    """
    if running.dry_run:
        print_plan((task.source, task.target) for task in plan.tasks)
    failures = [failed(command, error, running) for error in plan.missing]
    attempts: Iterable[Outcome[Any]] = outcomes(work, [] if running.dry_run else plan.tasks, running)
    if running.dry_run:
        attempts = (_attempt(getattr(work, "rehearse", _unchecked), task, running.verbose) for task in plan.tasks)
    names = [task.source for task in plan.tasks]
    tally = Tally(len(names))
    if (context := running_command()) is not None and plan.is_batch and not running.dry_run:
        context.meta[TALLY] = tally
    for outcome in report.with_progress(attempts, names=names, label=command, quiet=running.quiet or running.dry_run):
        warn_of(outcome.notes)
        tally.done += outcome.error is None
        if outcome.error is None and not running.dry_run:
            yield outcome.task, outcome.result  # type: ignore[misc]
        elif outcome.error is not None:
            failures.append(failed(command, outcome.error, running))
    if failures:
        if plan.is_batch and not running.quiet:
            report.say(f"maestrokit {command}: {len(failures)} of {len(plan.tasks) + len(plan.missing)} inputs failed")
        raise typer.Exit(common_status(failures))


def _unchecked(task: Task) -> None:
    """Find nothing against a task."""


def print_plan(pairs: Iterable[tuple[str, str]]) -> None:
    """Print for ``--dry-run`` what would be read and what would be written, a line each."""
    for source, target in pairs:
        line = source if not target else f"{source} -> {target}"
        streams.write_bytes(streams.STANDARD, os.fsencode(report.printable(line) + "\n"))


@dataclass(frozen=True)
class Messages:
    """What to print about one input."""

    done: tuple[str, ...] = ()
    """What was done to it, for ``-v``."""
    warnings: tuple[str, ...] = ()
    """What is printed unless ``-q`` is given."""


def run(command: str, work: Callable[[Task], Messages], plan: Plan, running: Batch) -> None:
    """Do tasks that write their own outputs, and print the messages that they return."""
    for task, messages in results(command, work, plan, running):
        say(task, messages, running)


def say(task: Task, messages: Messages, running: Batch) -> None:
    """Print the messages about an input, a line each."""
    for note in messages.done if running.verbose else ():
        report.say(f"{task.source}: {note}")
    for warning in messages.warnings if not running.quiet else ():
        report.say(f"note: {streams.named(task.source)}: {warning}")


def outcomes(work: Callable[[Task], Result], tasks: Sequence[Task], running: Batch) -> Iterable[Outcome[Result]]:
    """Yield the outcome of each task, good or bad, in the order of the tasks, and report nothing."""
    jobs = min(running.workers, len(tasks))
    if running.cluster is None and jobs < 2:
        return (_attempt(work, task, running.verbose) for task in tasks)
    return _in_parallel(work, tasks, running, jobs)


def _in_parallel(
    work: Callable[[Task], Result], tasks: Sequence[Task], running: Batch, jobs: int
) -> Iterator[Outcome[Result]]:
    import joblib

    from maestrokit.files.workers import done_by

    folder = str(Path.cwd())
    calls = [joblib.delayed(_attempt_elsewhere)(work, task, running.verbose, folder) for task in tasks]
    if running.cluster is None and running.keep_going:
        yield from done_by(jobs, calls)
        return
    if running.cluster is None:  # so many at a time, and no more once one has failed
        for first in range(0, len(calls), jobs):
            yield from list(done_by(jobs, calls[first : first + jobs]))
        return
    with _cluster(running.cluster):
        yield from joblib.Parallel(n_jobs=-1, return_as="generator")(calls)


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[None]:
    """Make joblib work on a Dask cluster.

    Raises
    ------
    UsageError
        If Dask is not installed, or there is no scheduler at the address.
    """
    import joblib

    try:
        from distributed import Client
    except ImportError:
        raise UsageError("--cluster needs Dask", "pip install 'maestrokit[cluster]'", parameter="cluster") from None
    try:
        client = Client(scheduler_file=address) if Path(address).exists() else Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"no Dask scheduler at '{address}' ({error})",
            "it prints its address when it starts",
            parameter="cluster",
        ) from None
    with client, joblib.parallel_config(backend="dask", wait_for_workers_timeout=60):
        yield


def _attempt_elsewhere(work: Callable[[Task], Result], task: Task, verbose: int, folder: str) -> Outcome[Result]:
    """Do a task in another process, in the folder that names are relative to."""
    with contextlib.suppress(OSError):  # a folder that is not there shows in the error of the first file
        os.chdir(folder)
    return _attempt(work, task, verbose)


def _attempt(work: Callable[[Task], Result], task: Task, verbose: int) -> Outcome[Result]:
    outcome, notes = with_doubts(_outcome, work, task, verbose)
    return replace(outcome, notes=notes)


def _outcome(work: Callable[[Task], Result], task: Task, verbose: int) -> Outcome[Result]:
    try:
        return Outcome(task, result=work(task))
    except BrokenPipeError:
        raise
    except BadDataError as error:
        return Outcome(task, error=located(error, task.source))
    except MaestrokitError as error:
        return Outcome(task, error=error)
    except Exception as error:  # a fault in one task must not end the others
        if verbose > 1:
            report.say_traceback(error)
        hint = "this is a fault in maestrokit; run again with -vv for the traceback to report"
        return Outcome(
            task, error=InternalError(f"internal error on '{task.source}': {type(error).__name__}: {error}", hint)
        )


def located(error: BadDataError, path: str) -> BadDataError:
    """Return an error that names its file: what music and features refuse, they cannot name."""
    if error.path is not None:
        return error
    fact = f"{streams.named(path)}: {error.fact}"
    return BadDataError(fact, error.hint, path=path, parameter=error.parameter)
