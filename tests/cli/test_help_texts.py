"""What the help says of values, as a user reads it."""

import pytest
from tests.command_line import CommandLine

from maestrokit.cli.man.pages import CONFIGURATION, STATUS_MEANINGS
from maestrokit.errors import ExitStatus


def shown(maestrokit: CommandLine, name: str) -> str:
    return " ".join(maestrokit(name, "--help").out.decode().split())


@pytest.mark.parametrize("name", ["quantize", "train", "transcribe"])
def test_arguments_have_no_type_of_python(maestrokit: CommandLine, name: str) -> None:
    assert "<" not in shown(maestrokit, name).partition("Options:")[0]


def test_a_bound_is_said_once(maestrokit: CommandLine) -> None:
    assert shown(maestrokit, "transpose").count("-127..127") == 1


def test_a_default_time_is_in_the_unit_that_people_write(maestrokit: CommandLine) -> None:
    text = shown(maestrokit, "evaluate")
    assert "50ms" in text and "0.05s" not in text


def test_the_manual_names_both_limits_and_the_key_of_inputs() -> None:
    assert "--fail-under, --fail-over" in STATUS_MEANINGS[ExitStatus.NO]
    assert "called inputs" in CONFIGURATION


def test_several_performances_are_told_of_a_folder_alone(maestrokit: CommandLine) -> None:
    done = maestrokit("generate", "--format", "jsonl", "--count", "2")
    assert done.status == 2 and done.lines[1].strip() == "give -d DIR"


def test_a_duration_of_nothing_is_told_the_bounds(maestrokit: CommandLine) -> None:
    assert "above 0 and at most 86400 s" in maestrokit("generate", "--duration", "0", "-o", "a.mid").err
