"""Progress of reading or writing a recording, for display."""

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

Listener = Callable[[float, float | None], None]
"""Takes the seconds done, and the seconds in all where they are known."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def reported_to(listener: Listener) -> Iterator[None]:
    """Call a function with all progress within the block, in this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(seconds: float, total: float | None) -> None:
    """Report how many seconds of a recording are done, and how many there are, None where that is unknown.

    >>> seen = []
    >>> with reported_to(lambda seconds, total: seen.append((seconds, total))):
    ...     report(1.5, None)
    >>> report(2.0, 3.0)
    >>> seen
    [(1.5, None)]
    """
    if (listener := _listener.get()) is not None:
        listener(seconds, total)
