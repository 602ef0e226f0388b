"""What is printed reads well: one thing is no plural, times and reasons are in plain English."""

import json
from pathlib import Path

import pytest

from command_line import CommandLine
from maestrokit.cli.commands.train.work import REASONS
from maestrokit.cli.main import command
from maestrokit.cli.variables import SHARED
from maestrokit.errors import ExitStatus


@pytest.fixture
def take(demo_folder: Path) -> Path:
    return demo_folder / "petzold-minuet.mid"


def test_one_estimate_is_no_plural(maestrokit: CommandLine, take: Path) -> None:
    done = maestrokit("evaluate", take, "--reference", take, "--format", "table")
    assert done.out.decode().startswith("1 estimate against references\n")


def test_a_metric_of_the_other_mode_is_not_blamed_on_the_reference(maestrokit: CommandLine, take: Path) -> None:
    done = maestrokit("evaluate", take, "--reference", take, "--metric", "onset_f1", "--sets")
    assert done.status == ExitStatus.USAGE
    assert done.lines[0].endswith("'onset_f1' is a metric of pairs, and these are sets")
    done = maestrokit("evaluate", take, "--reference", take, "--fail-under", "grooving=0.5")
    assert done.status == ExitStatus.USAGE and done.lines[-2].endswith(
        "'grooving' is a metric of sets, and these are pairs"
    )
    done = maestrokit("evaluate", take, "--reference", take, "--pairs", "--metric", "grooving")
    assert done.lines[0] == "maestrokit evaluate: --metric works only with a set or a scored --system"


def test_keys_are_spelt_alike_in_reports_and_descriptions(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    maestrokit("transpose", take, "--report", tmp_path / "keys.json", "-o", tmp_path / "out.mid")
    (record,) = json.loads((tmp_path / "keys.json").read_text())
    maestrokit("features", take, "--groups", "audio_key,key", "-o", tmp_path / "a.json")
    assert {"C major", "C# minor"} <= set(record["scores"]) and record["key"] in record["scores"]


@pytest.mark.parametrize("mode", ["quantize", "features"])
def test_files_that_are_up_to_date_are_counted(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path, mode: str
) -> None:
    takes = sorted(demo_folder.glob("*.mid"))
    if mode == "features":
        line = ("features", *takes, "--groups", "pitch", "-o", tmp_path / "a.jsonl", "-u", "-v")
        said = f"{len(takes)} of {len(takes)} inputs passed over: up to date"
    else:
        line = ("quantize", *takes, "--step", "10ms", "-d", tmp_path / "d", "-u", "-v")
        said = f"{len(takes) - 1} of {len(takes)} inputs passed over: up to date"
    assert f"0 of {len(takes)} inputs passed over: up to date" in maestrokit(*line).lines
    if mode == "quantize":
        (tmp_path / "d" / takes[0].name).unlink()
    assert said in maestrokit(*line).lines


def test_frames_of_several_inputs_are_shown_how_to_be_written(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    done = maestrokit("features", demo_folder, "--frames", tmp_path / "a.npz")
    assert done.status == ExitStatus.USAGE
    assert done.lines[-1] == "  --frames .npz -d DIR writes one file of frames an input"


def test_variables_that_no_option_reads_are_named_with_the_nearest(
    maestrokit: CommandLine, take: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTROKIT_QUANTISE_STEP", "10ms")
    monkeypatch.setenv("MAESTROKIT_TRANSPOSE_SEMITONE", "1")  # of another command, which says so itself
    line = ("quantize", take, "--grid", "none", "-n")
    note = "note: the variable MAESTROKIT_QUANTISE_STEP stands for no option (did you mean MAESTROKIT_QUANTIZE_STEP?)"
    assert maestrokit(*line).lines == [note]
    assert maestrokit(*line, "-q").lines == []
    monkeypatch.delenv("MAESTROKIT_QUANTISE_STEP")
    assert maestrokit(*line).lines == []
    (said,) = maestrokit("transpose", take, "-n").lines
    assert "MAESTROKIT_TRANSPOSE_SEMITONE " in said
    assert said.endswith("(did you mean MAESTROKIT_TRANSPOSE_SEMITONES?)")


def test_a_variable_of_an_opposite_is_named_with_what_means_the_same(
    maestrokit: CommandLine, take: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTROKIT_QUANTIZE_KEEP_DUPLICATES", "1")
    (said,) = maestrokit("quantize", take, "--grid", "none", "-n").lines
    assert said.endswith("(did you mean MAESTROKIT_QUANTIZE_REMOVE_DUPLICATES=false?)")


def test_the_variables_that_commands_share_are_those_that_options_name() -> None:
    own = {name for command_name in ("melspec", "train") for option in command(command_name).params
           for name in (option.envvar if isinstance(option.envvar, list) else [])}  # fmt: skip
    assert set(SHARED) == {name for name in own if name.count("_") == 1}


def test_every_reason_to_end_a_training_has_words() -> None:
    assert set(REASONS) == {"steps", "time", "patience", "signal"}
