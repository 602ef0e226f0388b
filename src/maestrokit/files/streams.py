"""Whole files and the standard streams, by name; ``-`` is standard input and standard output."""

import codecs
import os
import sys
from pathlib import Path

from maestrokit.errors import CannotWriteError, NoInputError, reason
from maestrokit.files import atomic

STANDARD = "-"
_MARKED = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_bytes(path: Path | str) -> bytes:
    """Return all bytes of a file, or of standard input; NoInputError if it cannot be opened or read.

    Only the text ``-`` is standard input: a ``Path`` is always a file.
    """
    return contents(path, most=-1)


def contents(path: Path | str, *, most: int) -> bytes:
    """Return no more bytes of a file than that, from its beginning; -1 is all. See :func:`read_bytes`."""
    try:
        if path == "":
            raise OSError(0, "the name is empty")
        if path != STANDARD:
            with Path(path).open("rb") as file:
                return file.read(most)
        if sys.stdin is None:
            raise OSError(0, "it is closed")
        return sys.stdin.buffer.read(most)
    except OSError as error:
        raise NoInputError(f"cannot read {named(path)}: {reason(error)}", path=str(path)) from None


def check_file(path: Path | str) -> None:
    """Raise NoInputError if there is no such file; standard input is taken to be there."""
    try:
        if path != STANDARD:
            Path(path).stat()
    except OSError as error:
        raise NoInputError(f"cannot read {named(path)}: {reason(error)}", path=str(path)) from None


def decoded(data: bytes, *, encoding: str = "utf-8", errors: str = "strict") -> str:
    r"""Return the text in the bytes of a file, without its byte order mark.

    Spreadsheets put one before UTF-8, and Windows' shell before UTF-16. The encoding is that of text without such a
    mark; ``errors`` says what happens to bytes that are no text, as in ``codecs``.

    >>> decoded(b"\xef\xbb\xbfonset"), decoded("onset".encode("utf-16")), decoded(b"onset")
    ('onset', 'onset', 'onset')
    """
    marked = next((name for mark, name in _MARKED.items() if data.startswith(mark)), encoding)
    return data.decode(marked, errors)


def first_bytes(path: str, *, count: int = 16) -> bytes:
    """Return the first bytes of an ordinary file; none of a pipe, which can be read once, or of what is not there.

    >>> first_bytes("-")
    b''
    """
    try:
        if path == STANDARD or not Path(path).is_file():
            return b""
        with Path(path).open("rb") as file:
            return file.read(count)
    except OSError:
        return b""


def is_pipe(path: str) -> bool:
    """Return whether a file is a named pipe or the like, whose bytes can be read once."""
    try:
        return path != STANDARD and Path(path).is_fifo()
    except OSError:  # where it may not look; whoever reads the file says so
        return False


def write_bytes(path: str, data: bytes) -> None:
    """Write a file whole or not at all, making its folder if needed; or write to standard output.

    Raises CannotWriteError, or BrokenPipeError if the reader of standard output has closed it.
    """
    if path != STANDARD:
        atomic.write_bytes(Path(path), data)
        return
    if sys.stdout is None:
        raise no_standard_output(OSError(0, "it is closed"))
    try:
        left = memoryview(data)
        while left:  # where Python does not buffer, a write may take a part only, as on a disk that is nearly full
            left = left[sys.stdout.buffer.write(left) :]
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        forget_standard_output()
        raise no_standard_output(error) from None


def named(path: Path | str) -> str:
    """Return how messages call a file.

    >>> named("a.mid"), named("-")
    ("'a.mid'", 'standard input')
    """
    return "standard input" if path == STANDARD else f"'{path}'"


def no_standard_output(error: OSError) -> CannotWriteError:
    """Return the error for a standard output that cannot be written."""
    return CannotWriteError(f"cannot write standard output: {reason(error)}")


def forget_standard_output() -> None:
    """Point standard output at nothing, so that the interpreter does not fail once more when it flushes at its end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
