"""Fixtures that every folder of tests shares."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from command_line import CommandLine

# Before torch is imported: a library that shares sums among threads takes fewer of them on a busy machine, and then the
# last digits differ, on which no test of exact resuming may depend.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

# Clocks judge the machine, not the program. Each run has the same examples, so that none fails by chance; with
# HYPOTHESIS_PROFILE=new they are new ones each time, in every test that has examples.
COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("maestrokit", **COMMON, derandomize=True)
settings.register_profile("new", **COMMON, derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "maestrokit"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real corpora: ``MAESTROKIT_TEST_DATA``, or ``shared/data`` beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MAESTROKIT_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no corpora at '{folder}'; set MAESTROKIT_TEST_DATA")
    return folder


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """The folder of the performances that ship with the project."""
    return Path(__file__).resolve().parents[1] / "src" / "maestrokit" / "demo"


@pytest.fixture
def maestrokit(monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Runs command lines: ``maestrokit("quantize", path, stdin=b"")`` gives status, out and err."""
    return CommandLine(monkeypatch)


@pytest.fixture
def maestro_root(tmp_path: Path, demo_folder: Path) -> Path:
    """A small MAESTRO root of the demonstration performances: two train, one validation, one test row without file."""
    root = tmp_path / "maestro-v3.0.0"
    rows = ["canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration"]
    for name, composer, split in (
        ("bach-prelude", "Johann Sebastian Bach", "train"),
        ("petzold-minuet", "Christian Petzold", "train"),
        ("beethoven-elise", "Ludwig van Beethoven", "validation"),
        ("satie-gymnopedie", "Erik Satie", "test"),
    ):
        rows.append(f"{composer},{name},{split},2004,2004/{name}.midi,2004/{name}.wav,30.5")
        if split != "test":
            (root / "2004").mkdir(parents=True, exist_ok=True)
            shutil.copy(demo_folder / f"{name}.mid", root / "2004" / f"{name}.midi")
    (root / "maestro-v3.0.0.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root
