"""Processes that work on files for this one, and end with it."""

import contextlib
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import resource_tracker
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from maestrokit.errors import warn_of, with_doubts

Item = TypeVar("Item")
Result = TypeVar("Result")

MANAGER = "_ExecutorManagerThread"  # joblib's class of the thread that hands out work
WATCH = 0.2  # seconds from one look at the parent process to the next


def workers(jobs: int, **options: Any) -> Parallel:
    """Return joblib's pool of so many processes, each of which ends when this one has died, by ``kill -9`` too.

    By itself a process of joblib ends its task first, and then waits some minutes for another one.
    """
    _ignore_comments()
    return Parallel(n_jobs=jobs, initializer=_end_with, initargs=(os.getpid(),), **options)


def each(work: Callable[[Item], Result], items: Iterable[Item], *, jobs: int, **options: Any) -> Iterator[Result]:
    """Yield what is made of each item, in order and as soon as may be; its DataWarnings are given in this process.

    The work is a function of module level, or a partial of one.
    """
    for result, doubts in done_by(jobs, (delayed(with_doubts)(work, item) for item in items), **options):
        warn_of(doubts)
        yield result


def done_by(jobs: int, calls: Iterable[Any], **options: Any) -> Iterator[Any]:
    """Yield the results of joblib's delayed calls by so many processes, in order and as soon as may be."""
    resource_tracker.ensure_running()  # it and joblib's own one would let SIGINT through
    with workers(jobs, return_as="generator", **options) as pool:
        results: Any = None
        try:
            with _holding_interrupts():
                results = pool(calls)
            for result in results:  # noqa: UP028 - by `yield from` it would be closed before the comments are ignored
                yield result
        finally:
            _ignore_comments()  # again: filters may have been reset since, where an error is on its way
            if results is not None:
                with _ignoring_work_that_is_gone():
                    results.close()


def release() -> None:
    """End the processes that wait for more work, and so give back what they hold; later work starts new ones."""
    with _holding_interrupts():
        get_reusable_executor(reuse=True).shutdown(wait=True)


def _ignore_comments() -> None:
    """Ignore what joblib writes about processes that it replaces, and about results that nobody takes."""
    for message in ("A worker stopped while some jobs", r"\d+ tasks (have been successfully|which were still being)"):
        warnings.filterwarnings("ignore", message=message, category=UserWarning)


@contextlib.contextmanager
def _ignoring_work_that_is_gone() -> Iterator[None]:
    """Print nothing where a thread of joblib hands out a piece of work while all that is left is given up."""
    old = threading.excepthook

    def hook(error: threading.ExceptHookArgs) -> None:
        is_gone = issubclass(error.exc_type, KeyError) and type(error.thread).__name__ == MANAGER
        if not is_gone:
            old(error)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = old


@contextlib.contextmanager
def _holding_interrupts() -> Iterator[None]:
    """Let processes that begin meanwhile know no SIGINT, which a terminal sends to them, too; this one gets it after.

    They end with this one, and print nothing.
    """
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def _end_with(parent: int) -> None:
    """Let this process end when its parent has died."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
