"""Start-up is quick because nothing heavy is imported: judged by the list of modules, not by a clock."""

import subprocess
import sys
from pathlib import Path

import pytest

from maestrokit import registry

HEAVY = {"numpy", "scipy", "torch", "librosa", "rich", "mido", "soundfile", "joblib", "matplotlib", "numba", "pydantic"}
HEAVY |= {"jinja2", "scipy.signal", "scipy.stats", "scipy.optimize", "torch._dynamo"}
COMMANDS = registry.names("maestrokit.cli.commands")
PROBE = """
import sys
from maestrokit.cli.main import run_command_line
status = run_command_line({arguments!r})
loaded = sorted(sys.modules.keys() & {heavy!r})
print("loaded:", *loaded, file=sys.stderr)
sys.exit(status)
"""


def loaded_by(arguments: list[str]) -> set[str]:
    """Return which heavy packages and modules a command line imports; it must succeed."""
    probe = PROBE.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return set(done.stderr.decode().rpartition("loaded:")[2].split())


@pytest.mark.parametrize(
    "command", [[], *([name] for name in COMMANDS)], ids=lambda words: " ".join(words) or "program"
)
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    assert loaded_by([*command, "--help"]) == set()


@pytest.mark.parametrize("command", [["quantize", "--step", "10ms"], ["transpose"]], ids=lambda words: words[0])
def test_midi_filters_import_numpy_and_nothing_heavier(command: list[str], demo_folder: Path, tmp_path: Path) -> None:
    arguments = [*command, str(demo_folder / "satie-gymnopedie.mid"), "-o", str(tmp_path / "out.mid")]
    assert loaded_by(arguments) == {"numpy"}


@pytest.mark.parametrize("command", ["features"])
def test_symbolic_features_import_neither_torch_nor_librosa(command: str, demo_folder: Path) -> None:
    assert not loaded_by([command, str(demo_folder / "satie-gymnopedie.mid")]) & {"torch", "librosa", "numba"}


def test_rendering_with_the_shipped_piano_imports_no_slow_part_of_scipy(demo_folder: Path, tmp_path: Path) -> None:
    loaded = loaded_by(["render", str(demo_folder / "satie-gymnopedie.mid"), "-o", str(tmp_path / "out.wav")])
    assert loaded == {"numpy", "scipy", "soundfile"}


@pytest.mark.parametrize("model", ["lstm", "transformer"])
def test_shipped_models_generate_without_torch(model: str, demo_folder: Path, tmp_path: Path) -> None:
    words = [
        "generate",
        "--model",
        model,
        "--duration",
        "0.5s",
        "-o",
        str(tmp_path / "new.mid"),
        "--composer",
        "Chopin",
    ]
    assert loaded_by(words) == {"numpy"}
    assert loaded_by([*words, "--prompt-seconds", "3s", str(demo_folder / "satie-gymnopedie.mid")]) == {"numpy"}


def test_candidates_are_ranked_by_the_shipped_critic_without_torch(tmp_path: Path) -> None:
    ranked = ["generate", "--duration", "1s", "--best-of", "2", "--rank-by", "critic", "-o", str(tmp_path / "new.mid")]
    assert not loaded_by(ranked) & {"torch", "librosa"}


def test_the_package_itself_imports_nothing_heavy() -> None:
    assert loaded_by(["--version"]) == set()


def test_the_stub_of_public_names_is_read_when_a_name_is_needed() -> None:
    probe = "import sys, maestrokit; print('lazy_loader' in sys.modules, maestrokit.Key, 'Key' in dir(maestrokit))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True)
    assert done.stdout.decode().split() == ["False", "<class", "'maestrokit.music.keys.Key'>", "True"]
