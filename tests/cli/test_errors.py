"""Errors know their subject: the library names parameters, and the command line the options that set them."""

import ast
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from command_line import CommandLine
from maestrokit import registry
from maestrokit.cli.main import COMMANDS, command
from maestrokit.errors import BadDataError, ExitStatus, UsageError
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.quantization.quantize import Quantization

SOURCE = Path(__file__).resolve().parents[2] / "src" / "maestrokit"
BELOW = sorted(path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] != "cli")
NAMES = registry.names(COMMANDS)
OPTION = re.compile(r"""(?:^|[ '"(])(--[a-z][a-z0-9-]*)""")


def options_of(name: str) -> set[str]:
    """Return how the options of a command are written."""
    return {word for option in command(name).params for word in (*option.opts, *option.secondary_opts)} | {"--help"}


ALL_OPTIONS = {word for name in NAMES for word in options_of(name) if word.startswith("--")}


@pytest.mark.parametrize("path", BELOW, ids=lambda path: str(path.relative_to(SOURCE)))
def test_nothing_below_the_command_line_knows_an_option(path: Path) -> None:
    if path.name == "provenance.py":
        pytest.skip("its subject is command lines")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not ALL_OPTIONS & set(OPTION.findall(node.value.replace("`", " "))), node.lineno


def test_a_fact_reads_without_marks_and_survives_a_process_pool() -> None:
    error = BadDataError("`strength` of 'a.mid' is odd", "change `strength`", path="a.mid", parameter="strength")
    assert str(error) == "strength of 'a.mid' is odd"
    other = pickle.loads(pickle.dumps(error))
    assert (other.fact, other.hint, other.path, other.parameter) == (error.fact, error.hint, "a.mid", "strength")


def test_the_library_names_the_parameter() -> None:
    with pytest.raises(UsageError) as caught:
        Quantization(strength=3)
    assert (str(caught.value), caught.value.parameter) == ("strength must be in 0..1, not 3", "strength")


@pytest.fixture
def take(demo_folder: Path) -> Path:
    return demo_folder / "petzold-minuet.mid"


def test_a_parameter_of_another_name_becomes_its_option(maestrokit: CommandLine, take: Path) -> None:
    done = maestrokit("quantize", take, "--step", "10ms", "--grid", "1/16")
    assert done.lines[0] == "maestrokit quantize: --step and --grid exclude each other"


def test_a_setting_becomes_what_sets_it(maestrokit: CommandLine, tmp_path: Path, demo_folder: Path) -> None:
    for words, option in ((("--dropout", "7"), "--dropout"), (("--set", "width=0"), "--set width")):
        done = maestrokit("train", "lstm", demo_folder, "-o", tmp_path / "run", *words)
        assert done.status == ExitStatus.USAGE and done.lines[0].startswith(f"maestrokit train: {option} must be ")


def test_a_setting_from_the_environment_is_found_where_it_was_set(
    maestrokit: CommandLine, tmp_path: Path, demo_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTROKIT_TRAIN_SET", "dropout=7")
    done = maestrokit("train", "lstm", demo_folder, "-o", tmp_path / "run")
    assert done.status == ExitStatus.BAD_CONFIG and done.lines[0].endswith("(from MAESTROKIT_TRAIN_SET)")


def test_a_variable_is_not_blamed_for_the_value_of_another_option(
    maestrokit: CommandLine, take: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTROKIT_JOBS", "1")
    for words in (("--limit", "0"), ("--limit", "1", "--reference", str(take))):
        done = maestrokit("evaluate", "--model", "lstm", take, *words)
        assert done.status == ExitStatus.USAGE and "MAESTROKIT_JOBS" not in done.err


def test_two_options_at_odds_are_of_the_environment_only_if_both_are(
    maestrokit: CommandLine, take: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAESTROKIT_QUANTIZE_STEP", "10ms")
    monkeypatch.setenv("MAESTROKIT_QUANTIZE_GRID", "1/16")
    done = maestrokit("quantize", take)
    assert done.status == ExitStatus.BAD_CONFIG and done.lines[0].endswith("(from MAESTROKIT_QUANTIZE_STEP)")
    assert maestrokit("quantize", take, "--grid", "1/16", "--step", "1s").status == ExitStatus.USAGE


@pytest.mark.parametrize(("name", "words"), [("generate", ("-o",)), ("melspec", ("--gain=1..6", "-o"))])
def test_a_seed_is_read_from_one_variable_by_all_commands(
    maestrokit: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("MAESTROKIT_SEED", "-3")
    done = maestrokit(name, *words, tmp_path / "out.npz")
    assert done.status == ExitStatus.BAD_CONFIG and "(from MAESTROKIT_SEED)" in done.lines[0]
    monkeypatch.setenv("MAESTROKIT_SEED", "some")
    assert maestrokit(name, *words, tmp_path / "out.npz").lines[0].endswith("(from MAESTROKIT_SEED)")
    monkeypatch.setenv("MAESTROKIT_SEED", "-3")
    monkeypatch.setenv(f"MAESTROKIT_{name.upper()}_SEED", "-4")
    assert f"(from MAESTROKIT_{name.upper()}_SEED)" in maestrokit(name, *words, tmp_path / "out.npz").lines[0]


def test_all_commands_with_a_seed_read_its_variable() -> None:
    seeds = [option for name in NAMES for option in command(name).params if option.name == "seed"]
    assert len(seeds) == 4 and all("MAESTROKIT_SEED" in option.envvar for option in seeds)


def broken(folder: Path, take: Path) -> list[tuple[str, tuple[object, ...]]]:
    """Return command lines that fail, most of them deep in the library."""
    (folder / "cut.mid").write_bytes(take.read_bytes()[:-9])
    (folder / "none.csv").write_text("")
    cut = folder / "cut.mid"
    lines: list[tuple[str, tuple[object, ...]]] = [
        (name, (cut, "-d", folder / "d")) for name in ("transpose", "render")
    ]
    lines += [("quantize", (cut, "--step", "10ms")), ("features", (cut,)), ("evaluate", (cut,)), ("generate", (cut,))]
    lines += [("train", ("lstm", cut, "-o", folder / "run", "--cache", folder / "cache"))]
    lines += [(name, (take, "--split", "train")) for name in ("quantize", "features", "evaluate", "transcribe")]
    lines += [("generate", ("--top-p", "0")), ("generate", ("--count", "3")), ("melspec", (take, "--mels", "900"))]
    lines += [
        ("train", ("lstm", take, "-o", folder / "run", *words))
        for words in (
            ("--set", "validate_every=0"),
            ("--tune", "2"),
            ("--device", "cuda:77"),
            ("--set", "encoding=pitches"),
        )
    ]
    lines += [("evaluate", (take, *words)) for words in (("--pairs",), ("--sweep", "x=1"), ("--reference-split", "x"))]
    return lines  # fmt: skip


def test_hints_name_options_of_the_running_command(maestrokit: CommandLine, tmp_path: Path, take: Path) -> None:
    for name, words in broken(tmp_path, take):
        done = maestrokit(name, *words)
        assert done.status not in (ExitStatus.OK, ExitStatus.BUG), (name, words)
        for line in done.lines:
            if "maestrokit quantize --repair" not in line:  # a whole command line for another command
                assert set(OPTION.findall(line)) <= options_of(name), line
            assert "`" not in line


def test_a_hint_that_the_command_cannot_follow_leads_elsewhere(
    maestrokit: CommandLine, tmp_path: Path, take: Path
) -> None:
    (tmp_path / "cut.mid").write_bytes(take.read_bytes()[:-9])
    done = maestrokit("train", "lstm", tmp_path, "-o", tmp_path / "run", "--cache", tmp_path / "cache")
    assert "  maestrokit quantize --repair --grid none keeps what can be salvaged of it" in done.lines


def test_of_a_hint_the_command_gives_what_it_can_follow(
    maestrokit: CommandLine, tmp_path: Path, take: Path, demo_folder: Path
) -> None:
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    for number in range(2):
        (sounds / f"{number}.mid").write_bytes(take.read_bytes())
    soundfile.write(sounds / "cut.wav", np.zeros(1600, np.float32), 16000)
    (sounds / "cut.wav").write_bytes((sounds / "cut.wav").read_bytes()[:-100])
    (sounds / "cut.tsv").write_bytes((demo_folder / "petzold-opening.tsv").read_bytes())
    quick = ("--steps", 1, "--batch", 1, "--set", "channels=2", "--set", "depth=1", "--no-keep-going")
    done = maestrokit("train", "cnn", sounds, "-o", tmp_path / "run", "--cache", tmp_path / "cache", *quick)
    fact, hint, *_ = done.lines
    assert fact == f"maestrokit train: cannot read '{sounds / 'cut.wav'}': truncated (WAV without its end)"
    assert hint == "  copy or record it again"
    done = maestrokit("transcribe", sounds / "cut.wav")
    assert done.lines[1] == "  copy or record it again, or read what is good of it by --repair"


def test_what_a_file_does_not_allow_names_the_file(maestrokit: CommandLine, tmp_path: Path, take: Path) -> None:
    performance = read_midi(take)
    write_midi(performance.replace(division=-25 * 256 + 40), tmp_path / "take.mid")
    soundfile.write(tmp_path / "take.wav", np.zeros(1600, np.float32), 16000)
    done = maestrokit("melspec", tmp_path / "take.wav", "--midi", "--time-stretch", "1.1", "-o", tmp_path / "out.npz")
    assert done.status == ExitStatus.BAD_DATA
    assert done.lines[0] == (
        f"maestrokit melspec: '{tmp_path / 'take.mid'}': cannot stretch a performance with SMPTE division"
    )


def test_a_tolerance_in_milliseconds_is_refused(maestrokit: CommandLine, take: Path) -> None:
    done = maestrokit("evaluate", take, "--reference", take, "--onset-tolerance", "50s")
    assert done.status == ExitStatus.USAGE and done.lines[0].endswith("--onset-tolerance must be in 0..10 s, not 50 s")


@pytest.mark.parametrize("words", [("--help",), ("quantize", "--help")])
def test_help_into_a_closed_pipe_ends_silently_with_141(words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "maestrokit", *words], stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (ExitStatus.CLOSED_PIPE, b"")
