"""The public names exist, are documented, and are those that the README uses."""

import re
from pathlib import Path

import pytest

import maestrokit

README = Path(__file__).resolve().parents[1] / "README.md"


@pytest.mark.parametrize("name", [name for name in maestrokit.__all__ if name != "__version__"])
def test_public_names_exist_and_are_documented(name: str) -> None:
    assert getattr(maestrokit, name).__doc__


def test_no_other_name_is_invented() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        maestrokit.no_such_name  # noqa: B018


def test_the_python_of_the_readme_runs(demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "take.mid").write_bytes((demo_folder / "satie-gymnopedie.mid").read_bytes())
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, str(README), "exec"), {})
    assert maestrokit.find_key(maestrokit.read_midi("take-in-C.mid")).key.name == "C major"
