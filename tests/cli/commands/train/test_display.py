"""A person at a terminal sees how far training is; nobody else sees anything unasked."""

import io
import sys

import pytest

from maestrokit.cli import report
from maestrokit.cli.commands.train.display import Display
from maestrokit.cli.options import Jobs

RECORD = {"step": 5, "seconds": 10.0, "done": 0.5, "part": "validation", "loss": 1.25, "best": True}
SPEED = {"step": 5, "seconds": 10.0, "done": 0.5, "part": "train", "loss": 1.5, "batches_per_second": 12.345}


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, is_first: bool = True, **running: object) -> str:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(report, "is_terminal", lambda: terminal)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich looks at the stream itself
    monkeypatch.setenv("COLUMNS", "150")
    with Display(Jobs(**running), is_first=is_first) as display:
        display.report(SPEED)
        display.report(RECORD)
        display.tick(0.5, {"loss": 1.234567})
        display.say("note: one line")
    return stream.getvalue()


def test_a_terminal_shows_share_loss_best_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, terminal=True)
    for word in ("50%", "loss 1.235", "best 1.250", "12.3 batches/s", "10s left", "note: one line"):
        assert word in text
    assert "part validation" not in text


def test_elsewhere_only_what_is_asked_for_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, terminal=False) == "note: one line\n"
    lines = shown(monkeypatch, terminal=False, verbose=1).splitlines()
    assert len(lines) == 3 and "part validation" in lines[1]
    assert shown(monkeypatch, terminal=False, verbose=1, is_first=False) == "note: one line\n"


def test_quiet_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, terminal=True, quiet=True) == "note: one line\n"
