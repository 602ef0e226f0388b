"""The list of commands shows the first sentence of each, though it imports none."""

import pytest

from maestrokit import registry
from maestrokit.cli import main
from maestrokit.cli.main import COMMANDS, summary
from maestrokit.errors import ExitStatus


@pytest.mark.parametrize("name", registry.names(COMMANDS))
def test_a_command_is_listed_with_the_first_sentence_of_its_help(name: str) -> None:
    first = registry.load(COMMANDS, name).run.__doc__.split("\n\n")[0]
    assert summary(name) == " ".join(first.split()) != ""


@pytest.mark.parametrize(("words", "shown"), [(("-v",), False), (("-vv",), True), (("-v", "-v"), True),
                                              (("--verbose", "-qv"), True), (("--verbose",), False)])  # fmt: skip
def test_verbose_twice_however_it_is_written_shows_a_traceback(words, shown, monkeypatch, capsys):
    def broken(arguments):
        raise KeyError("a fault")

    monkeypatch.setattr(main, "_run", broken)
    assert main.run_command_line(["quantize", *words]) == ExitStatus.BUG
    assert ("Traceback" in capsys.readouterr().err) == shown
