"""How far the reading or writing of a recording is, for whoever wants to show it."""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

Listener = Callable[[float, float | None], None]
"""Takes the seconds done, and the seconds in all where they are known."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def reported_to(listener: Listener) -> Iterator[None]:
    """Let a function hear of all progress within the block, in this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(seconds: float, total: float | None) -> None:
    """Say how many seconds of a recording are done, and how many there are, None where nobody knows.

    >>> seen = []
    >>> with reported_to(lambda seconds, total: seen.append((seconds, total))):
    ...     report(1.5, None)
    >>> report(2.0, 3.0)
    >>> seen
    [(1.5, None)]
    """
    if (listener := _listener.get()) is not None:
        listener(seconds, total)
