"""Benchmarks and cards: each table is what the command above it prints."""

from pathlib import Path

import pytest

import run_benchmarks
from maestrokit.files import checkpoint

CARD = """# a model

```sh
maestrokit train lstm corpus -o run
```

```sh
maestrokit --version
```

```
not yet evaluated
```
"""


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "CARD.md"
    path.write_text(CARD, encoding="utf-8")
    monkeypatch.setattr(run_benchmarks, "DATA", tmp_path)
    return path


def test_a_card_gets_the_table_of_its_command_and_trains_nothing(card: Path) -> None:
    run_benchmarks.update_page(card, "")
    assert run_benchmarks.output_of("maestrokit --version").startswith("maestrokit ")
    assert card.read_text() == CARD.replace("not yet evaluated\n", run_benchmarks.output_of("maestrokit --version"))
    assert not (card.parent / "run").exists()


def test_other_commands_and_failures_leave_a_table_as_it_was(card: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_benchmarks.update_page(card, "evaluate")
    assert (card.read_text(), capsys.readouterr().out) == (CARD, "")
    card.write_text(CARD.replace("--version", "nonsense"))
    run_benchmarks.update_page(card, "nonsense")
    assert "not run: it ended with 2" in capsys.readouterr().out
    assert "not yet evaluated" in card.read_text()


@pytest.mark.parametrize("path", sorted(checkpoint.SHIPPED.glob("*/CARD.md")), ids=lambda path: path.parent.name)
def test_the_card_of_a_shipped_model_holds_tables_of_commands(path: Path) -> None:
    blocks = list(run_benchmarks.BLOCK.finditer(path.read_text(encoding="utf-8")))
    tables = [block for block in blocks if block["table"] is not None]
    assert tables and all(block["commands"].count("\n") == 1 for block in tables)
    assert not any("not yet" in block["table"] for block in tables)
