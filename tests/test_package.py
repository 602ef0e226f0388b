"""What the wheel claims: the versions of Python that it was run on, and that it installs and runs on each."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CLAIMED = [
    match[1]
    for classifier in PROJECT["classifiers"]
    if (match := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", classifier))
]


def interpreter(version: str) -> str | None:
    """Return the interpreter of a version, on the path or among those of pyenv; None if there is none."""
    pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    return shutil.which(f"python{version}") or (str(pyenv[-1]) if pyenv else None)


def test_every_claimed_version_is_allowed_and_the_oldest_is_where_the_allowed_begin() -> None:
    allowed = SpecifierSet(PROJECT["requires-python"])
    assert [version for version in CLAIMED if version not in allowed] == []
    assert f">={CLAIMED[0]}" == PROJECT["requires-python"]
    assert f"3.{int(CLAIMED[0].split('.')[1]) - 1}" not in allowed


def test_the_running_version_is_claimed() -> None:
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in CLAIMED


@pytest.mark.slow
@pytest.mark.parametrize("version", CLAIMED)
def test_the_wheel_installs_and_runs(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")

    def run(*words: str | Path) -> None:
        done = subprocess.run([str(word) for word in words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    shutil.copytree(ROOT, tmp_path / "tree", ignore=shutil.ignore_patterns(".*", "build", "dist", "runs", "demo-out"))
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, tmp_path / "tree")
    (wheel,) = tmp_path.glob("*.whl")
    run(python, "-m", "venv", "venv")
    run("venv/bin/python", "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel)
    take = ROOT / "src" / "maestrokit" / "demo" / "bach-prelude.mid"
    run("venv/bin/maestrokit", "quantize", take, "--grid", "1/16", "-o", "quantized.mid")
    run("venv/bin/maestrokit", "generate", "--duration", "1s", "--seed", "1", "-o", "new.mid")
    run("venv/bin/maestrokit", "render", "new.mid", "-o", "new.wav")
    run("venv/bin/maestrokit", "transcribe", "new.wav", "-o", "transcribed.mid")
    run("venv/bin/python", "-c", "import maestrokit; maestrokit.read('transcribed.mid')")
