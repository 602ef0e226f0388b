"""Processes that work on files for this one, and end with it."""

import os
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from joblib import Parallel, delayed

from maestrokit.errors import warn_of, with_doubts

Item = TypeVar("Item")
Result = TypeVar("Result")

WATCH = 0.2  # seconds from one look at the parent process to the next


def workers(jobs: int, **options: Any) -> Parallel:
    """Return joblib's pool of so many processes, each of which ends when this one has died, by ``kill -9`` too.

    By itself a process of joblib ends its task first, and then waits some minutes for another one. What joblib writes
    about a process that it replaces, because its memory has grown, is no matter of the user's.
    """
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs", category=UserWarning)
    return Parallel(n_jobs=jobs, initializer=_end_with, initargs=(os.getpid(),), **options)


def each(work: Callable[[Item], Result], items: Iterable[Item], *, jobs: int, **options: Any) -> Iterator[Result]:
    """Yield what is made of each item, in order and as soon as may be; its DataWarnings are given in this process.

    The work is a function of module level, or a partial of one.
    """
    pool = workers(jobs, return_as="generator", **options)
    for result, doubts in pool(delayed(with_doubts)(work, item) for item in items):
        warn_of(doubts)
        yield result


def _end_with(parent: int) -> None:
    """Let this process end when its parent has died."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
