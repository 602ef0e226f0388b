"""A person at a terminal sees how far a command is; a pipe, a log and --quiet see nothing."""

import os
import re
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from maestrokit.cli import report
from maestrokit.cli.main import run_command_line
from maestrokit.files.sound.read import write_sound
from small_models import saved_lstm

SECONDS = 7
END = b"the end of the test"


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """A folder with two recordings."""
    noise = np.random.default_rng(0).normal(0, 0.1, 16000 * SECONDS).astype(np.float32)
    (tmp_path / "takes").mkdir()
    for name in ("first.wav", "second[red].wav"):
        write_sound(tmp_path / "takes" / name, noise, sample_rate=16000)
    return tmp_path / "takes"


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> str:
    """Return what a command line writes to a standard error that is a pseudo terminal, without its control codes."""
    terminal, end = os.openpty()
    received = bytearray()

    def receive() -> None:
        while not received.endswith(END):  # joblib's processes keep the terminal open
            received.extend(os.read(terminal, 1 << 16))

    reader = threading.Thread(target=receive, daemon=True)
    reader.start()
    monkeypatch.setattr(report, "PATIENCE", 0.0)
    for name, value in {"TERM": "xterm", "COLUMNS": "150", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    with monkeypatch.context() as patch, os.fdopen(end, "w") as stream:
        patch.setattr(sys, "stderr", stream)
        try:
            status = run_command_line([str(argument) for argument in arguments])
        finally:
            os.write(end, END)
            reader.join(timeout=10)
    assert status == 0 and not reader.is_alive()
    os.close(terminal)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", received.removesuffix(END).decode())


def test_one_recording_shows_its_seconds_and_the_rate(
    monkeypatch: pytest.MonkeyPatch, takes: Path, tmp_path: Path
) -> None:
    text = at_a_terminal(monkeypatch, "melspec", takes / "first.wav", "-o", tmp_path / "a.npz")
    assert re.search(r"melspec .*first\.wav 7 of 7 s [\d.e+]+ x real time", text)
    assert "1 of 1" not in text


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_are_counted_and_named(monkeypatch: pytest.MonkeyPatch, takes: Path, tmp_path: Path, jobs: int) -> None:
    loudness = ("--groups", "audio_loudness", "--jobs", jobs, "-o", tmp_path / "a.jsonl")
    text = at_a_terminal(monkeypatch, "features", takes, *loudness)
    assert re.search(r"1 of 2 first\.wav", text)
    assert re.search(r"2 of 2 second\[red\]\.wav" + " 7 of 7 s" * (jobs == 1), text)


def test_a_performance_that_is_rendered_shows_the_seconds_it_lasts(
    monkeypatch: pytest.MonkeyPatch, demo_folder: Path, tmp_path: Path
) -> None:
    piece = demo_folder / "petzold-minuet.mid"
    text = at_a_terminal(monkeypatch, "render", piece, "--sample-rate", 8000, "--channels", 1, "-o", tmp_path / "a.wav")
    done = re.findall(r"petzold-minuet\.mid (\d+) of (\d+) s", text)
    assert done and done[-1][0] == done[-1][1]


def test_quick_work_and_quiet_show_nothing(monkeypatch: pytest.MonkeyPatch, takes: Path, tmp_path: Path) -> None:
    assert at_a_terminal(monkeypatch, "melspec", takes / "first.wav", "-q", "-o", tmp_path / "a.npz") == ""
    monkeypatch.setattr(report, "is_terminal", None)  # would fail if it were asked for a terminal
    assert list(report.with_progress([1, 2], names=["a", "b"], label="x", quiet=True)) == [1, 2]


def test_no_terminal_no_progress(takes: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["melspec", str(takes), "-d", str(tmp_path / "out")]) == 0
    assert capfd.readouterr() == ("", "")


def test_generation_shows_its_seconds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = saved_lstm(tmp_path / "model")
    words = ("generate", "--model", model, "--duration", "2s", "-o", tmp_path / "new.mid")
    assert re.search(r"generate .*new\.mid \d of 2 s", at_a_terminal(monkeypatch, *words))
    assert at_a_terminal(monkeypatch, *words, "-q") == ""
