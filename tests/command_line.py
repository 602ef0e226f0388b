"""Running command lines in the process of the tests, which is quick, with their streams as bytes."""

import io
import sys
from dataclasses import dataclass

import pytest

from maestrokit.cli.main import run_command_line


@dataclass(frozen=True)
class Done:
    """What a command line left behind."""

    status: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()


class CommandLine:
    """Runs command lines; made by the fixture ``maestrokit``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Done:
        """Run one command line and return its status and streams."""
        out, err = _Text(), _Text(errors="backslashreplace")  # as the interpreter has them
        with self._monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            status = run_command_line([str(argument) for argument in arguments])
        return Done(status, out.content(), err.content().decode())


class _Text(io.TextIOWrapper):
    """A text stream over bytes that stay readable."""

    def __init__(self, errors: str = "strict") -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors=errors, write_through=True)

    def content(self) -> bytes:
        """Return all that was written."""
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue()
