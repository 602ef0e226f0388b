"""Times, spans and numbers as they are written on a command line: one parser for all options."""

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from command_line import CommandLine
from maestrokit import registry
from maestrokit.bounds import Within
from maestrokit.cli.declare import TIME
from maestrokit.cli.main import COMMANDS, command
from maestrokit.cli.parameters import _annotations
from maestrokit.cli.parse import parse_span, parse_time, spelt_duration
from maestrokit.errors import ExitStatus, UsageError
from maestrokit.files.arrays import read_arrays
from maestrokit.files.sound.read import write_sound

NAMES = registry.names(COMMANDS)
# Where a time is read, with what else the option needs; each value must pass the reading of options.
TIMES = [
    ("quantize", "--step {}"),
    ("quantize", "--grid none --duplicate-window {}"),
    ("melspec", "--chunks {}"),
    ("melspec", "--reverb {}"),
    ("melspec", "--reverb 10ms..{}"),
    ("features", "--frames frames.npz --hop {}"),
    ("render", "--room {}"),
    ("generate", "--duration {} -n"),
    ("generate", "prompt.mid --prompt-seconds {} -n"),
    ("transcribe", "--min-note {}"),
    ("evaluate", "--reference gone.mid --onset-tolerance {}"),
    ("evaluate", "--reference gone.mid --onset-tolerance 10ms,{}"),
    ("evaluate", "--reference gone.mid --offset-min-tolerance {}"),
    ("evaluate", "--system a=gone.mid --reference gone.mid --seconds {}"),
    ("generate", "prompt.mid --infill 1ms..{} -n"),
    ("train", "lstm gone -o run --time-limit {}"),
]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10ms", "1/100"), ("0.5s", "1/2"), ("2s", "2"), (".25s", "1/4"), ("5us", "1/200000"), ("1m30s", "90"),
     ("1h30m", "5400"), ("2d", "172800"), ("0", "0"), ("0.0", "0"), ("1e-3s", "1/1000"), (" 3s ", "3")],
)  # fmt: skip
def test_times(text: str, seconds: str) -> None:
    assert parse_time(text) == Fraction(seconds)


@pytest.mark.parametrize("text", ["", "-1", "10 minutes", "nan", "inf", "1/16", "10 ms x", "1m30", "s", "1e9999", "x"])
def test_texts_that_are_no_times(text: str) -> None:
    with pytest.raises(UsageError, match="is no time") as caught:
        parse_time(text)
    assert caught.value.hint == "write 10ms, 2s or 1m30s"


@pytest.mark.parametrize("text", ["10", "0.01", ".5", "1e3"])
def test_a_time_needs_its_unit_unless_the_name_of_the_parameter_has_it(text: str) -> None:
    with pytest.raises(UsageError, match="without a unit"):
        parse_time(text, parameter="step")
    assert parse_time(text, parameter="prompt_seconds") == Fraction(text)


def test_a_time_outside_its_bounds_is_refused_with_the_name_of_its_parameter() -> None:
    with pytest.raises(UsageError, match=r"hop must be in 0\.\.10 s, not 60 s") as caught:
        parse_time("1m", parameter="hop", within=Within(0, 10))
    assert caught.value.parameter == "hop"


@pytest.mark.parametrize(("seconds", "text"), [(59.6, "1m00s"), (5400, "1h30m"), (90061, "1d1h"), (2.2, "2s")])
def test_times_for_people(seconds: float, text: str) -> None:
    assert spelt_duration(seconds) == text


@pytest.mark.parametrize("text", ["C2..C6", "3..-3", "1..", "..", "1.5..2", "inf", ""])
def test_a_bad_range_says_how_one_is_written(text: str) -> None:
    if text == "1..":
        assert parse_span(text, int, parameter="range", example="21..108") == (1, 1)
        return
    with pytest.raises(UsageError, match="must be a range of whole numbers") as caught:
        parse_span(text, int, parameter="range", example="21..108")
    assert caught.value.hint == "write LOW..HIGH, the lower bound first, as in `range`=21..108"


def test_a_range_of_pitches_by_name_is_answered_with_an_example(maestrokit: CommandLine) -> None:
    assert maestrokit("transpose", "take.mid", "--range", "C2..C6").lines == [
        "maestrokit transpose: --range must be a range of whole numbers, not 'C2..C6'",
        "  write LOW..HIGH, the lower bound first, as in --range=21..108",
    ]


def times(name: str) -> set[str]:
    """Return the options of a command that are marked as times."""
    annotations = _annotations(registry.load(COMMANDS, name).run)
    return {option for option, hint in annotations if TIME in getattr(hint, "__metadata__", ())}


@pytest.mark.parametrize("name", NAMES)
def test_every_option_that_is_a_time_is_called_so_and_is_tried_here(name: str) -> None:
    tried = {word[2:].replace("-", "_") for command_name, line in TIMES if command_name == name
             for word in line.split() if word.startswith("--")}  # fmt: skip
    for option in command(name).params:
        words = (option.metavar or "").split("|")
        assert "SECONDS" not in words, option.name
        if "TIME" in words or option.name in times(name):
            assert option.name in tried, option.name
        if option.name in times(name):
            assert "TIME" in words or option.metavar in ("LOW..HIGH", "FROM..TO"), option.name


@pytest.mark.parametrize(("name", "line"), TIMES)
def test_one_rule_says_of_every_time_whether_it_needs_its_unit(maestrokit: CommandLine, name: str, line: str) -> None:
    option = next(word for word in reversed(line[: line.index("{}")].split()) if word.startswith("--"))
    done = maestrokit(name, *line.format("1.5").split(), *([] if "gone" in line or name == "generate" else ["gone"]))
    is_refused = "'1.5' is a number without a unit of time" in done.err or "no room '1.5'" in done.err
    assert is_refused != option.endswith("seconds"), done.err
    assert (done.status == ExitStatus.USAGE) == is_refused


def test_a_time_in_a_line_of_provenance_can_be_given_again(maestrokit: CommandLine, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, 8000).astype(np.float32)
    write_sound(tmp_path / "noise.wav", noise, sample_rate=16000)
    frames = ("--groups", "audio_loudness", "--frames", tmp_path / "frames.npz", "--hop")
    assert maestrokit("features", tmp_path / "noise.wav", *frames, "100ms").status == 0
    (line,) = read_arrays(tmp_path / "frames.npz")[1]["provenance"]
    assert line.endswith(" --hop 100ms")


@pytest.mark.parametrize("text", ["20ms", "2s", "0.1m", "1m30s"])
@pytest.mark.parametrize(("name", "line"), TIMES)
def test_every_time_takes_the_same_units(
    maestrokit: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, line: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = maestrokit(
        name,
        *line.format(text).split(),
        *([] if "gone -o" in line or "--system" in line or name == "generate" else ["gone"]),
    )
    said = " ".join(done.lines)
    assert "no time" not in said and "number" not in said and "range of" not in said, said
    # Some of them are longer than what is sensible there, and are answered with the bounds; the rest is done.
    is_out = re.search(r"must be |50ms to 20s", said)
    assert done.status == ExitStatus.USAGE if is_out else done.status in (0, ExitStatus.NO_INPUT), said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("quantize x.mid --step 10ms --jobs some", "invalid value for '--jobs' / '-j': 'some' is no whole number"),
        ("quantize x.mid --step 10ms --strength high", "invalid value for '--strength': 'high' is no number"),
        ("transpose x.mid --semitones 1.5", "invalid value for '--semitones': '1.5' is no whole number"),
        ("generate x.mid --prompt-seconds soon",
         "invalid value for '--prompt-seconds': 'soon' is no time: write 10ms, 2s or 1m30s"),
        ("train lstm x -o y --dropout=", "invalid value for '--dropout': '' is no number"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_in_one_sentence(maestrokit: CommandLine, line: str, said: str) -> None:
    name = line.split(maxsplit=1)[0]
    done = maestrokit(*line.split())
    assert done.status == ExitStatus.USAGE
    assert done.lines == [f"maestrokit {name}: {said}", f"  maestrokit {name} --help lists the options"]


def test_numbers_of_a_file_are_read_alike(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    take = demo_folder / "petzold-minuet.mid"
    for value, is_good in (("0.5", True), ("1", True), ('"0.5"', True), ("true", False), ('"high"', False)):
        (tmp_path / "settings.toml").write_text(f"[quantize]\nstrength = {value}\n")
        done = maestrokit("quantize", take, "--step", "10ms", "--config", tmp_path / "settings.toml", "-n")
        assert done.status == (ExitStatus.OK if is_good else ExitStatus.BAD_CONFIG), done.err
