"""The list of commands shows the first sentence of each, though it imports none."""

import pytest

from maestrokit import registry
from maestrokit.cli.main import COMMANDS, summary


@pytest.mark.parametrize("name", registry.names(COMMANDS))
def test_a_command_is_listed_with_the_first_sentence_of_its_help(name: str) -> None:
    first = registry.load(COMMANDS, name).run.__doc__.split("\n\n")[0]
    assert summary(name) == " ".join(first.split()) != ""
