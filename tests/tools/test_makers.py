"""Every maker in ``tools/`` says what it is for, shows an example, and prints its help."""

import runpy
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
MAKERS = sorted(path for path in TOOLS.glob("*.py") if "__main__" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", MAKERS, ids=lambda path: path.stem)
def test_help_says_what_it_is_for_and_gives_an_example(path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(path), "--help"])
    monkeypatch.setattr(sys, "path", [str(path.parent), *sys.path])  # as Python does for a script
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(path), run_name="__main__")
    text = capsys.readouterr().out
    assert ended.value.code == 0
    assert text.startswith(f"usage: {path.name}") and f"Example::\n\n    python tools/{path.name} " in text
