"""Options that exclude each other, and groups of descriptors that no input can have."""

import ast
from pathlib import Path

import pytest

from command_line import CommandLine
from maestrokit import registry
from maestrokit.cli.declare import CASE, STRENGTH, Cases, Excludes, Fact, not_with, only_with
from maestrokit.cli.main import COMMANDS, command
from maestrokit.cli.parameters import marked
from maestrokit.errors import ExitStatus
from maestrokit.files.midi import read_midi

NAMES = registry.names(COMMANDS)
FOLDER = Path(__file__).resolve().parents[2] / "src" / "maestrokit" / "cli" / "commands"
EXCLUSIONS = [(name, option, other) for name in NAMES for option, mark in marked(registry.load(COMMANDS, name).run,
              Excludes).items() for other in mark.names]  # fmt: skip


@pytest.fixture
def take(demo_folder: Path) -> Path:
    return demo_folder / "petzold-minuet.mid"


def test_cases_read_as_in_messages() -> None:
    assert str(only_with("`spectrum` mel|logmel|cqt")) == "`spectrum` mel, logmel or cqt"
    assert str(not_with("`frames`", Fact("a plot"))) == "`frames` or a plot"
    assert only_with(Fact("a plot")).needs_facts and not only_with("`plot`").needs_facts


def test_facts_are_told_apart_as_objects_and_not_by_their_words() -> None:
    fact, other = Fact("a plot"), Fact("a plot")
    assert fact != other and fact in (other, fact)
    with pytest.raises(AssertionError):
        only_with("a plot")  # neither an option nor a fact


@pytest.mark.parametrize("name", NAMES)
def test_cases_and_exclusions_name_options_of_the_command(name: str) -> None:
    options = {str(parameter.name).rstrip("_") for parameter in command(name).params}
    run = registry.load(COMMANDS, name).run
    for mark in {**marked(run, Cases), **run.__globals__.get("CASES", {})}.values():
        names = {CASE.fullmatch(case)[1] for case in mark.cases if isinstance(case, str)}
        assert names <= options
    for option, mark in marked(run, Excludes).items():
        assert {option, *mark.names} <= options


def test_every_fact_that_an_option_depends_on_is_stated_by_its_command() -> None:
    for name in NAMES:
        run = registry.load(COMMANDS, name).run
        facts = {case for mark in marked(run, Cases).values() for case in mark.cases if isinstance(case, Fact)}
        module = registry.load(f"{COMMANDS}.{name}", "options") if facts else None
        constants = (
            {constant for constant, value in vars(module).items() if isinstance(value, Fact) and value in facts}
            if module
            else set()
        )
        assert len(constants) == len(facts)
        used = {node.id for path in (FOLDER / name).glob("*.py") if path.name != "options.py"
                for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}  # fmt: skip
        assert constants <= used


@pytest.mark.parametrize(("name", "first", "second"), EXCLUSIONS)
def test_two_typed_options_that_exclude_each_other_are_an_error(
    maestrokit: CommandLine, name: str, first: str, second: str
) -> None:
    options = {str(parameter.name): parameter for parameter in command(name).params}
    words = [word for option in (first, second) for word in (options[option].opts[-1], *value_of(options[option]))]
    done = maestrokit(name, *(["lstm", "x", "-o", "y"] if name == "train" else []), *words)
    assert done.status == ExitStatus.USAGE
    assert " exclude each other" in done.lines[0] and len(done.lines) == 2 and "`" not in done.err


def test_what_is_plainer_than_one_of_the_two_is_said(maestrokit: CommandLine) -> None:
    for line, hint in {
        "transpose x --to C --semitones 2": "--to finds the number of semitones itself",
        "quantize x --step 10ms --beats track": "beats are divided by --grid",
        "quantize x --step 10ms --grid 1/16": "--step is a time, --grid a share of a whole note",
        "render x -o a.wav -d b": "-o names one file, -d a folder for several",
        "generate x --infill 1s..2s --duration 3s": "the whole prompt is kept, and the music is as long as the span",
        "render x -q -v": "give one of the two",
        "features x -d out": "all records go to one file, -o FILE; add --frames .npz for files of frames",
    }.items():
        done = maestrokit(*line.split())
        assert (done.status, done.lines[1]) == (ExitStatus.USAGE, f"  {hint}"), done.err


def value_of(option) -> list[str]:
    return [] if option.is_flag or option.count else ["1"]


def test_a_typed_option_beats_the_variable_of_one_that_it_excludes(
    maestrokit: CommandLine, take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ("quantize", take, "--grid", "1/4", "-o")
    maestrokit(*line, tmp_path / "a.mid")
    monkeypatch.setenv("MAESTROKIT_QUANTIZE_STEP", "10ms")
    done = maestrokit(*line, tmp_path / "b.mid")
    assert (done.status, done.err) == (0, "")
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert b"--step" not in (tmp_path / "b.mid").read_bytes()
    monkeypatch.setenv("MAESTROKIT_QUANTIZE_DIRECTORY", str(tmp_path / "d"))
    assert maestrokit(*line, tmp_path / "c.mid").status == 0
    assert (tmp_path / "c.mid").exists() and not (tmp_path / "d").exists()


def test_a_variable_beats_a_file(
    maestrokit: CommandLine, take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text('[transpose]\nto = "D"\n')
    monkeypatch.setenv("MAESTROKIT_TRANSPOSE_SEMITONES", "3")
    done = maestrokit("transpose", take, "--config", tmp_path / "settings.toml", "-o", tmp_path / "a.mid")
    assert (done.status, done.err) == (0, "")
    assert (read_midi(tmp_path / "a.mid").notes.pitch - read_midi(take).notes.pitch == 3).all()
    assert STRENGTH.index("ENVIRONMENT") > STRENGTH.index("DEFAULT_MAP")


def test_quiet_and_verbose_exclude_each_other(maestrokit: CommandLine, take: Path) -> None:
    done = maestrokit("quantize", take, "--step", "10ms", "-q", "-v", "-n")
    assert done.status == ExitStatus.USAGE
    assert done.lines[0] == "maestrokit quantize: --quiet and --verbose exclude each other"


def test_a_typed_group_that_no_input_has_is_an_error(
    maestrokit: CommandLine, take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = maestrokit("features", take, "--groups", "pitch,audio_f0")
    assert done.status == ExitStatus.USAGE
    assert done.lines[0] == "maestrokit features: no input has what the group 'audio_f0' describes, sound"
    assert done.lines[1].startswith("  groups: ") and "audio" not in done.lines[1]
    monkeypatch.setenv("MAESTROKIT_FEATURES_GROUPS", "pitch,audio_f0")
    assert maestrokit("features", take).status == 0
    (tmp_path / "take.wav").write_bytes(b"")  # there is sound, though this one is empty
    monkeypatch.delenv("MAESTROKIT_FEATURES_GROUPS")
    done = maestrokit("features", take, tmp_path / "take.wav", "--groups", "pitch,audio_f0")
    assert done.status == ExitStatus.BAD_DATA


@pytest.mark.parametrize(
    ("line", "names"),
    [("features take.mid --plot -", "--output and --plot"), ("features take.mid --frames -", "--output and --frames"),
     ("features take.mid -o a.jsonl --frames - --plot -", "--frames and --plot"),
     ("features take.mid --frames - --plot -", "--output, --frames and --plot"),
     ("transcribe take.wav --plot -", "--output and --plot"),
     ("transpose take.mid --report -", "--output and --report"),
     ("transpose take.mid -o - --report - -n", "--output and --report")],
)  # fmt: skip
def test_two_outputs_are_not_mixed_on_standard_output(maestrokit: CommandLine, line: str, names: str) -> None:
    done = maestrokit(*line.split())
    assert (done.status, done.out) == (ExitStatus.USAGE, b"")
    assert done.lines[0].endswith(f": only one of {names} can be standard output")
