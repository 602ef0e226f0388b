"""A wrong value from the environment or a file is bad configuration, and the message says where it is from."""

from pathlib import Path

import pytest

from command_line import CommandLine
from maestrokit.cli.main import command
from maestrokit.errors import ExitStatus

CASES = {
    "MAESTROKIT_JOBS=some": ("quantize", "--step", "10ms"),
    "MAESTROKIT_QUANTIZE_STRENGTH=high": ("quantize", "--step", "10ms"),
    "MAESTROKIT_QUANTIZE_STRENGTH=7": ("quantize", "--step", "10ms"),
    "MAESTROKIT_QUANTIZE_STEP=banana": ("quantize",),
    "MAESTROKIT_TRANSPOSE_TO=H": ("transpose",),
    "MAESTROKIT_EVALUATE_FAIL_UNDER=zork": ("evaluate",),
    "MAESTROKIT_EVALUATE_FORMAT=poem": ("evaluate",),
}


@pytest.mark.parametrize("variable", CASES)
def test_a_wrong_variable_is_named(
    variable: str, maestrokit: CommandLine, demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _, value = variable.partition("=")
    monkeypatch.setenv(name, value)
    done = maestrokit(*CASES[variable], demo_folder / "petzold-minuet.mid")
    assert done.status == ExitStatus.BAD_CONFIG
    assert name in done.lines[0]
    assert done.out == b""


@pytest.mark.parametrize(("variable", "value"), [("TEMPERATURE", "-1"), ("COUNT", "0"), ("MODEL", "zork")])
def test_values_out_of_range_and_models_that_are_not_there_are_named(
    variable: str, value: str, maestrokit: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"MAESTROKIT_GENERATE_{variable}", value)
    done = maestrokit("generate", "-o", tmp_path / "new.mid")
    assert done.status == ExitStatus.BAD_CONFIG and f"(from MAESTROKIT_GENERATE_{variable})" in done.lines[0]


def test_a_wrong_value_of_a_file_is_named(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[quantize]\nstrength = 7\n")
    take = demo_folder / "petzold-minuet.mid"
    done = maestrokit("quantize", "--step", "10ms", "--config", tmp_path / "settings.toml", take)
    assert done.status == ExitStatus.BAD_CONFIG
    assert "(from strength in '" in done.lines[0] and "settings.toml" in done.lines[0]


def test_the_opposite_of_a_flag_in_a_file_means_the_opposite(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.toml").write_text("[evaluate]\nsets = true\n")
    take = demo_folder / "petzold-minuet.mid"
    done = maestrokit("evaluate", take, "--reference", take, "--config", tmp_path / "settings.toml", "-n")
    assert done.lines == ["note: sets: 1 performance compared with a corpus of 1"]


def test_what_is_wrong_on_the_command_line_is_not_blamed_on_the_environment(
    maestrokit: CommandLine, demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTROKIT_QUANTIZE_STRENGTH", "0.5")
    done = maestrokit("quantize", "--step", "banana", demo_folder / "petzold-minuet.mid")
    assert done.status == ExitStatus.USAGE and "MAESTROKIT" not in done.err


def test_variables_are_named_like_the_options() -> None:
    for name in ("train", "evaluate", "quantize"):
        for option in command(name).params:
            if long := [word[2:] for word in option.opts if word.startswith("--")]:
                names = [option.envvar] if isinstance(option.envvar, str) else option.envvar
                assert names[0] == f"MAESTROKIT_{name}_{long[0]}".replace("-", "_").upper()


def test_what_is_named_instead_of_a_wrong_variable_is_one(
    maestrokit: CommandLine, demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MAESTROKIT_QUANTIZE_INPUT", "MAESTROKIT_QUANTIZE_INPUTS"):
        monkeypatch.setenv(name, str(demo_folder))
        done = maestrokit("quantize", demo_folder / "petzold-minuet.mid", "--step", "10ms")
        assert f"the variable {name} stands for no option" in done.err
        assert "mean MAESTROKIT_QUANTIZE_INPUTS" not in done.err
        monkeypatch.delenv(name)
