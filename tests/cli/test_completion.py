"""Completion by the protocol of the shells: the line in variables of the environment, the offers on standard output."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from command_line import CommandLine
from maestrokit import registry
from maestrokit.cli import choices
from maestrokit.cli.main import COMMANDS, command, run_command_line
from maestrokit.metrics import score_sets

Offers = Callable[[str], list[str]]
TAKES_A_NAME = {"NAME", "NAMES", "WAY", "KIND", "FAMILY", "NAME=VALUE", "NAME=VALUES", "METRIC=VALUE", "COLUMN=TEXT"}


def variables(line: str) -> dict[str, str]:
    """Return what bash sets when the tabulator key is struck at the end of a line."""
    return {"_MAESTROKIT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Offers:
    """What is offered at the end of a line."""

    def offered(line: str) -> list[str]:
        for name, value in variables(line).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit):
            run_command_line([])
        return capsys.readouterr().out.split()

    return offered


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("maestrokit tr", ["train", "transcribe", "transpose"]),
        ("maestrokit quantize --dur", ["--durations"]),
        ("maestrokit quantize --durations ", ["keep", "grid", "offsets"]),
        ("maestrokit quantize root --split v", ["validation"]),
        ("maestrokit quantize root --where com", ["composer="]),
        ("maestrokit transpose --profile k", ["krumhansl-kessler", "kostka-payne"]),
        ("maestrokit transpose --out-of-range f", ["fold"]),
        ("maestrokit melspec --spectrum ", ["stft", "power", "mel", "logmel", "cqt"]),
        ("maestrokit melspec --window h", ["hann", "hamming"]),
        ("maestrokit melspec --format n", ["npz", "npy"]),
        ("maestrokit features --groups tempo,k", ["tempo,key"]),
        ("maestrokit features --without audio_c", ["audio_chords", "audio_chroma"]),
        ("maestrokit features --f0 crepe", ["crepe", "crepe-full"]),
        ("maestrokit evaluate --metric groo", ["grooving"]),
        ("maestrokit evaluate --fail-under onset_f", ["onset_f1="]),
        ("maestrokit evaluate --fail-over pitch_range.", ["pitch_range.overlapped_area=", "pitch_range.kl="]),
        ("maestrokit evaluate --format t", ["tsv", "table", "tex"]),
        ("maestrokit evaluate --reference-split te", ["test"]),
        ("maestrokit evaluate --model tr", ["transcription", "transformer"]),
        ("maestrokit generate --model ", ["gan", "lstm", "transformer", "style", "performer"]),
        ("maestrokit generate take.mid --style c", ["chopin"]),
        ("maestrokit transcribe --model ", ["transcription"]),
        ("maestrokit transcribe --pedal ", ["cc64", "extend", "none"]),
        ("maestrokit render --room ", ["none", "small", "hall"]),
        ("maestrokit train ", ["cnn", "gan", "lstm", "transformer"]),
        (
            "maestrokit train lstm data --task ",
            ["chords", "classes", "critic", "events", "improvise", "latent", "performance", "style", "transcription"],
        ),
        ("maestrokit train lstm data --device c", ["cpu", "cuda"]),
        ("maestrokit train lstm data --set kv", ["kv_heads="]),
        ("maestrokit quantize ", []),  # nothing, so that the shell offers files
    ],
)
def test_names_are_completed(offers: Offers, line: str, offered: list[str]) -> None:
    assert offers(line) == offered


@pytest.mark.parametrize("name", registry.names(COMMANDS))
def test_every_option_that_takes_a_name_completes_it(offers: Offers, name: str) -> None:
    for parameter in command(name).params:
        if parameter.metavar in TAKES_A_NAME and parameter.opts[0].startswith("-"):
            assert offers(f"maestrokit {name} {parameter.opts[0]} "), parameter.opts[0]


def test_a_shell_is_answered_by_the_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "maestrokit"], env={**os.environ, **variables("maestrokit generate --model l")},
        capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"lstm\n", b"")


def test_metrics_of_sets_are_known_by_their_sources() -> None:
    assert choices.set_metrics() == list(score_sets.metrics(choices.set_metrics()))
    assert set(choices.set_metrics()) - set(score_sets.metrics()) == {"frechet_lstm"}  # only where it is named


@pytest.mark.parametrize(("name", "listed"), [("features", choices.feature_groups), ("evaluate", choices.set_metrics)])
def test_help_lists_the_names(maestrokit: CommandLine, name: str, listed: choices.Names) -> None:
    words = set(maestrokit(name, "--help").out.decode().replace(",", " ").replace(".", " ").split())
    assert set(listed()) <= words
