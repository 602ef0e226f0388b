"""Pictures carry the commands that made them, unless nobody wants that."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import CommandLine
from maestrokit import __version__
from maestrokit.files.sound import write_sound
from small_models import saved_transcriber


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a recording and a model, and where the command runs."""
    noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    write_sound(tmp_path / "take.wav", noise, sample_rate=16000)
    saved_transcriber(tmp_path / "model", pedal=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("melspec take.wav --mels 40 -o a.png", "melspec --mels 40"),
        ("transcribe take.wav --model ./model --tempo 90 -o a.mid --plot a.png", "transcribe "),
        ("features take.wav --groups audio_loudness --plot a.png -o a.jsonl", "features --groups audio_loudness"),
    ],
    ids=lambda value: value.split()[0],
)
def test_a_picture_says_what_made_it(maestrokit: CommandLine, work: Path, arguments: str, line: str) -> None:
    assert str(text_of(maestrokit, work, arguments.split())).startswith(f"maestrokit {__version__}: {line}")
    first = (work / "a.png").read_bytes()
    text_of(maestrokit, work, arguments.split())
    assert (work / "a.png").read_bytes() == first
    assert text_of(maestrokit, work, [*arguments.split(), "--no-provenance"]) is None


def test_a_picture_of_a_made_performance_names_the_whole_chain(
    maestrokit: CommandLine, work: Path, demo_folder: Path
) -> None:
    maestrokit("transpose", demo_folder / "petzold-minuet.mid", "--semitones", "2", "-o", "up.mid")
    text = text_of(maestrokit, work, ["features", "up.mid", "--groups", "pitch", "--plot", "a.png", "-o", "a.jsonl"])
    assert [line.split(": ")[1] for line in str(text).splitlines()] == [
        "transpose --semitones 2", "features --groups pitch",
    ]  # fmt: skip


def text_of(maestrokit: CommandLine, folder: Path, arguments: Sequence[str]) -> str | None:
    """Return the provenance that the picture of a command carries."""
    done = maestrokit(*arguments)
    assert done.status == 0, done.err
    with Image.open(folder / "a.png") as picture:
        return picture.text.get("provenance")
