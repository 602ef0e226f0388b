"""What commands do with notes that no note-off ends, and what they say of it."""

from pathlib import Path

import pytest

from command_line import CommandLine
from maestrokit.files.midi import read_midi
from maestrokit.music.performance import NOTE_ON_ENDS_IT
from strategies import END_OF_TRACK, file_bytes, track_bytes


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """A performance of eight notes without note-offs, half a second apart."""
    notes = [(480 * (pitch > 60), bytes([0x90, pitch, 100])) for pitch in range(60, 68)]
    path = tmp_path / "take.mid"
    path.write_bytes(file_bytes([track_bytes(notes, end=(480, END_OF_TRACK))]))
    return path


def warning(path: Path) -> str:
    return f"note: '{path}': 8 notes without a note-off last to the end of their track"


@pytest.mark.parametrize(
    "command",
    [
        ["features", "--groups", "pitch"],
        ["quantize", "--grid", "1/16"],
        ["quantize", "--grid", "1/16", "--normalize-velocity", "corpus"],
        ["transpose", "--semitones", "2"],
        ["transpose", "--to", "D"],
        ["evaluate"],
    ],
)
def test_they_are_counted_once_unless_quiet(maestrokit: CommandLine, take: Path, command: list[str]) -> None:
    done = maestrokit(*command, take)
    assert done.status == 0 and done.lines == [warning(take)]
    assert maestrokit(*command, take, "-q").err == ""


def test_they_are_counted_once_when_the_input_is_drawn_too(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    done = maestrokit("features", take, "--groups", "pitch", "--plot", tmp_path / "roll.png")
    assert done.lines == [warning(take)]


def test_they_are_counted_for_each_file_in_any_process(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mid"
    other.write_bytes(take.read_bytes())
    done = maestrokit("quantize", other, take, "--grid", "1/16", "--jobs", "2", "-d", tmp_path / "out")
    assert done.lines == [warning(other), warning(take)]


def test_a_filter_writes_what_came_in_and_repairing_adds_note_offs(
    maestrokit: CommandLine, take: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mid"
    assert maestrokit("quantize", take, "--grid", "1/16", "--no-provenance", "-o", out).status == 0
    assert out.read_bytes() == take.read_bytes()
    done = maestrokit("quantize", take, "--grid", "1/16", "--no-provenance", "--repair", "-o", out)
    assert done.lines == [warning(take)]
    notes = read_midi(out).notes
    assert notes.offset_tick.tolist() == [3840] * 8
    assert set(notes.release_velocity) == {NOTE_ON_ENDS_IT}


def test_sequences_of_different_tempos_are_refused(maestrokit: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "two.mid"
    note = [(0, b"\x90\x3c\x40"), (480, b"\x80\x3c\x40")]
    tracks = [track_bytes([(0, b"\xff\x51\x03" + tempo), *note]) for tempo in (b"\x07\xa1\x20", b"\x0f\x42\x40")]
    path.write_bytes(file_bytes(tracks, midi_format=2))
    done = maestrokit("features", path)
    assert done.status == 65
    assert done.lines == [
        f"maestrokit features: '{path}': its sequences (MIDI type 2) have different tempos, so there is no time that "
        "all share",
        "  save each sequence as a file of its own",
    ]
    assert maestrokit("transpose", path, "--semitones", "2").status == 0
