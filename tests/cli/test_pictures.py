"""Pictures carry the commands that made them, unless nobody wants that."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import CommandLine
from maestrokit import __version__
from maestrokit.cli.main import command
from maestrokit.cli.man.formats import PICTURES
from maestrokit.files.formats import SPECTRUM
from maestrokit.files.sound.read import write_sound
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


@pytest.mark.parametrize(("suffix", "place"), [("svg", b"<dc:description>"), ("pdf", b"/Subject (")])
def test_other_pictures_say_it_where_the_manual_has_it(
    maestrokit: CommandLine, work: Path, suffix: str, place: bytes
) -> None:
    command = ("melspec", "take.wav", "--mels", 40, "-o", f"a.{suffix}")
    for options, times in (((), 1), (("--no-provenance",), 0)):
        assert maestrokit(*command, *options).status == 0
        data = (work / f"a.{suffix}").read_bytes()
        assert data.count(place + f"maestrokit {__version__}: melspec --mels 40".encode()) == times
    assert suffix.upper() in PICTURES and place.strip(b"</> (").decode() in PICTURES


def test_the_manual_names_every_format_that_an_option_takes() -> None:
    helps = {p.name: p.help for p in command("melspec").params}
    assert all(name in helps["format_"] for name in SPECTRUM.formats)


def text_of(maestrokit: CommandLine, folder: Path, arguments: Sequence[str]) -> str | None:
    """Return the provenance that the picture of a command carries."""
    done = maestrokit(*arguments)
    assert done.status == 0, done.err
    with Image.open(folder / "a.png") as picture:
        return picture.text.get("provenance")


def test_a_picture_that_is_missing_is_made_though_its_notes_are_there(maestrokit: CommandLine, work: Path) -> None:
    line = ["transcribe", "take.wav", "--model", "./model", "-o", "a.mid", "--plot", "a.png", "--update", "-v"]
    assert maestrokit(*line).status == 0
    (work / "a.png").unlink()
    again = maestrokit(*line)
    assert again.status == 0 and (work / "a.png").exists()
    assert "1 of 1 input passed over" in maestrokit(*line).err
