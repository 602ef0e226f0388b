"""Every error that a user can cause, and the exit status each one ends in."""

import re
import warnings
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import TypeVar

Result = TypeVar("Result")
PARAMETER = re.compile(r"`([a-z][a-z0-9_]*)`")
"""A parameter in a fact or a hint."""


class ExitStatus(IntEnum):
    """Exit statuses of all commands, after ``sysexits.h`` and the shell's 128 + signal."""

    OK = 0
    NO = 1
    USAGE = 2
    BAD_DATA = 65
    NO_INPUT = 66
    BUG = 70
    CANNOT_WRITE = 73
    LOCKED = 75
    BAD_CONFIG = 78
    HUNG_UP = 129
    INTERRUPTED = 130
    CLOSED_PIPE = 141
    TERMINATED = 143


class MaestrokitError(Exception):
    """A mistake that is not the program's own.

    Parameters
    ----------
    fact : str
        The fact in one line, lower case, no full stop, values in single quotes:
        ``cannot read 'a.mid': not a MIDI file (MThd not found)``. Parameters are named in backquotes, by their Python
        names, so that a front end can put its own names for them: ```strength` must be in 0..1, not 3``.
    hint : str or None
        One more line that helps, marked up alike: what to change, how to find its value.
    path : str or None
        The file at fault, if the fact names it.
    parameter : str or None
        The parameter whose value is at fault.
    """

    status = ExitStatus.BUG

    def __init__(
        self, fact: str, hint: str | None = None, *, path: str | None = None, parameter: str | None = None
    ) -> None:
        super().__init__(fact, hint)  # both are arguments, so that the error survives a process pool
        self.fact, self.hint = fact, hint
        self.path, self.parameter = path, parameter

    def __str__(self) -> str:
        return PARAMETER.sub(r"\1", self.fact)


class ClosedPipe(BaseException):
    """Standard output was closed by its reader: no error, so raised past everything that handles errors."""


class UsageError(MaestrokitError):
    """The command line, or an argument of a public function, is wrong."""

    status = ExitStatus.USAGE


class BadDataError(MaestrokitError):
    """An input exists and can be read, but is not what it should be."""

    status = ExitStatus.BAD_DATA


class NoInputError(MaestrokitError):
    """An input does not exist or cannot be opened."""

    status = ExitStatus.NO_INPUT


class DataWarning(UserWarning):
    """An input was read, but something about it is in doubt; in one line, worded as :class:`MaestrokitError` is."""


def with_doubts(work: Callable[..., Result], *arguments: object) -> tuple[Result, tuple[str, ...]]:
    """Return what a function makes of its arguments, and the texts of its DataWarnings, each once.

    The warnings can thus be given where the result is used: after another process, or a cache.
    """
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", DataWarning)
        result = work(*arguments)
    doubts: dict[str, None] = {}
    for warning in warned:
        if issubclass(warning.category, DataWarning):
            doubts[str(warning.message)] = None
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    return result, tuple(doubts)


def warn_of(doubts: Iterable[str]) -> None:
    """Give each text as a DataWarning."""
    for doubt in doubts:
        warnings.warn(doubt, DataWarning, stacklevel=3)


class CannotWriteError(MaestrokitError):
    """An output cannot be written: no permission, no space, or it would overwrite its own input."""

    status = ExitStatus.CANNOT_WRITE


class LockedError(MaestrokitError):
    """Another process holds a lock that is needed; the same command may succeed later."""

    status = ExitStatus.LOCKED


class BadConfigError(MaestrokitError):
    """A configuration file or environment variable is wrong."""

    status = ExitStatus.BAD_CONFIG


def reason(error: OSError) -> str:
    """Return the operating system's explanation of an error, in lower case.

    >>> reason(FileNotFoundError(2, "No such file or directory"))
    'no such file or directory'
    """
    return (error.strerror or str(error)).lower()


def unreadable(path: object, fact: str, hint: str | None = None) -> BadDataError:
    """Return the error of a file that can be opened, but is not what it should be."""
    return BadDataError(f"cannot read '{path}': {fact}", hint, path=str(path))


def check_choice(kind: str, name: str, known: Iterable[str], *, parameter: str) -> None:
    """Raise UsageError for a name that is none of those known.

    >>> check_choice("device", "cpu", ["cpu", "cuda"], parameter="device")
    """
    names = list(known)
    if name not in names:
        raise UsageError(f"no {kind} '{name}'", choices_hint(name, names), parameter=parameter)


def choices_hint(word: str, known: Iterable[str]) -> str:
    """Return the hint for an unknown name: the nearest of those known, if one is near, and all of them.

    >>> choices_hint("temop", ["key", "tempo"])
    "did you mean 'tempo'? choose from key, tempo"
    >>> choices_hint("loudness", ["key", "tempo"])
    'choose from key, tempo'
    """
    names = list(known)
    nearest = nearest_name(word, names)
    question = f"did you mean '{nearest}'? " if nearest else ""
    return f"{question}choose from {', '.join(names)}"


def nearest_name(word: str, known: Iterable[str]) -> str | None:
    """Return the name that a mistyped one is nearest to; None if it is near none."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word.lower(), list(known), n=1)), None)
