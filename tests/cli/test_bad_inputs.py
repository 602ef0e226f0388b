"""Every command meets the same bad inputs, and answers each with one clear line and the right status."""

import shutil
from pathlib import Path

import pytest

from command_line import CommandLine
from maestrokit import registry
from maestrokit.errors import ExitStatus

MIDI_COMMANDS = {
    "quantize": ("--step", "20ms"),
    "transpose": ("--to", "C"),
    "features": (),
    "evaluate": (),
    "render": (),
}
SOUND_COMMANDS = {"melspec": (), "transcribe": ()}
OUTPUTS = {"render": "out.wav", "melspec": "out.npz", "transcribe": "out.mid"}
OTHERS = {"train", "generate"}  # their own tests bring them the same
COMMANDS = [*((name, ".mid", options) for name, options in MIDI_COMMANDS.items()),
            *((name, ".wav", options) for name, options in SOUND_COMMANDS.items())]  # fmt: skip
EACH_COMMAND = pytest.mark.parametrize(("name", "suffix", "options"), COMMANDS, ids=[row[0] for row in COMMANDS])


def test_no_command_is_forgotten() -> None:
    known = {*MIDI_COMMANDS, *SOUND_COMMANDS, *OTHERS}
    assert set(registry.names("maestrokit.cli.commands")) <= known


def contents(kind: str, suffix: str, demo_folder: Path) -> bytes:
    """Return a bad file of a kind."""
    good = (demo_folder / "satie-gymnopedie.mid").read_bytes() if suffix == ".mid" else b"RIFF\x24\x00\x00\x00WAVEfmt "
    return {"empty": b"", "truncated": good[: len(good) // 2], "text": b"This is a letter.\n" * 9}[kind]


@EACH_COMMAND
@pytest.mark.parametrize("kind", ["empty", "truncated", "text"])
def test_bad_data_is_one_line_and_65(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path, name: str, suffix: str, options: tuple[str], kind: str
) -> None:
    bad = tmp_path / f"bad{suffix}"
    bad.write_bytes(contents(kind, suffix, demo_folder))
    done = maestrokit(name, bad, *options, "-o", tmp_path / OUTPUTS.get(name, "out"))
    assert done.status == ExitStatus.BAD_DATA, done.err
    assert done.lines[0].startswith(f"maestrokit {name}: ") and str(bad) in done.lines[0]
    assert len(done.lines) <= 2 and not list(tmp_path.glob("out*"))


@EACH_COMMAND
def test_bad_data_on_standard_input_is_named_so(
    maestrokit: CommandLine, tmp_path: Path, name: str, suffix: str, options: tuple[str]
) -> None:
    done = maestrokit(name, "-", *options, "-o", tmp_path / OUTPUTS.get(name, "out"), stdin=b"This is a letter.\n" * 9)
    assert done.status == ExitStatus.BAD_DATA, done.err
    assert "standard input" in done.lines[0] and len(done.lines) <= 2


@EACH_COMMAND
def test_absent_input_is_one_line_and_66(
    maestrokit: CommandLine, tmp_path: Path, name: str, suffix: str, options: tuple[str]
) -> None:
    done = maestrokit(name, tmp_path / f"gone{suffix}", *options, "-o", tmp_path / OUTPUTS.get(name, "out"))
    assert done.status == ExitStatus.NO_INPUT, done.err
    assert f"gone{suffix}': no such file" in done.lines[0] and len(done.lines) <= 2


@EACH_COMMAND
def test_folder_with_nothing_to_read_is_one_line_and_66(
    maestrokit: CommandLine, tmp_path: Path, name: str, suffix: str, options: tuple[str]
) -> None:
    (tmp_path / "in").mkdir()
    done = maestrokit(name, tmp_path / "in", *options, "-o", tmp_path / OUTPUTS.get(name, "out"))
    assert done.status == ExitStatus.NO_INPUT, done.err
    assert len(done.lines) <= 2


@pytest.mark.parametrize(("name", "options"), MIDI_COMMANDS.items(), ids=list(MIDI_COMMANDS))
def test_full_disk_is_one_line_and_73(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path, name: str, options: tuple[str]
) -> None:
    source = shutil.copy(demo_folder / "satie-gymnopedie.mid", tmp_path)
    extra = ("--format", "wav") if name == "render" else ()
    done = maestrokit(name, source, *options, *extra, "-o", "/dev/full")
    assert done.status == ExitStatus.CANNOT_WRITE, done.err
    assert "/dev/full" in done.lines[0] and len(done.lines) <= 2


@pytest.mark.parametrize(("name", "options"), MIDI_COMMANDS.items(), ids=list(MIDI_COMMANDS))
def test_output_equal_to_input_is_refused(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path, name: str, options: tuple[str]
) -> None:
    source = Path(shutil.copy(demo_folder / "satie-gymnopedie.mid", tmp_path))
    before = source.read_bytes()
    done = maestrokit(name, source, *options, "-o", source)
    assert done.status in (ExitStatus.CANNOT_WRITE, ExitStatus.USAGE), done.err
    assert source.read_bytes() == before and len(done.lines) <= 2
