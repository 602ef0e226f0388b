"""``maestrokit render``: files of every format, the pipe, and what it refuses."""

import contextlib
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from command_line import CommandLine
from strategies import file_bytes, track_bytes

TAKE = file_bytes(
    [
        track_bytes(
            [
                (0, bytes([0x90, 60, 80])),
                (480, bytes([0x80, 60, 64])),
                (0, bytes([0x90, 64, 90])),
                (480, bytes([0x80, 64, 64])),
            ]
        )
    ]
)
QUICK = ("--sample-rate", 8000, "--channels", 1, "--room", "none")


@pytest.fixture
def take(tmp_path: Path) -> Path:
    path = tmp_path / "take.mid"
    path.write_bytes(TAKE)
    return path


@pytest.mark.parametrize("suffix", ["flac", "wav", "ogg"])
def test_every_format_holds_the_same_sound_and_comes_again_to_the_byte(
    maestrokit: CommandLine, take: Path, tmp_path: Path, suffix: str
) -> None:
    target = tmp_path / f"out.{suffix}"
    assert maestrokit("render", take, "-o", target, *QUICK).status == 0
    first = target.read_bytes()
    sound, rate = soundfile.read(target)
    assert rate == 8000
    assert 1 < len(sound) / rate < 3
    onset = np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max())[0] / rate
    assert onset < 0.01
    assert maestrokit("render", take, "-o", target, *QUICK).status == 0
    assert target.read_bytes() == first
    assert "render" in soundfile.SoundFile(target).comment


def test_a_pipe_carries_a_wav_stream_equal_to_the_file(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    assert maestrokit("render", take, "-o", tmp_path / "out.wav", *QUICK).status == 0
    done = maestrokit("render", "-", *QUICK, stdin=TAKE)
    assert done.status == 0
    assert done.err == ""
    samples = np.frombuffer(done.out[44:], "<i2")
    file, _ = soundfile.read(tmp_path / "out.wav", dtype="int16")
    assert np.abs(samples.astype(int) - file).max() <= 1
    read, rate = soundfile.read(io.BytesIO(done.out))
    assert (len(read), rate) == (len(samples), 8000)


def test_a_performance_is_transposed_and_rendered_in_one_line(maestrokit: CommandLine, take: Path) -> None:
    moved = maestrokit("transpose", take, "--semitones", 12)
    done = maestrokit("render", "-", *QUICK, stdin=moved.out)
    assert (done.status, done.err) == (0, "")
    assert len(done.out) > 8000


def test_a_folder_is_mirrored(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    assert maestrokit("render", take.parent, "-d", tmp_path / "out", *QUICK, "--format", "wav").status == 0
    assert [path.name for path in sorted((tmp_path / "out").iterdir())] == ["take.wav"]


def test_two_jobs_give_the_bytes_of_one(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    (take.parent / "again.mid").write_bytes(TAKE)
    for jobs in (1, 2):
        out = tmp_path / f"out{jobs}"
        assert maestrokit("render", take, take.parent / "again.mid", "-d", out, *QUICK, "-j", jobs).status == 0
    first, second = (sorted((tmp_path / f"out{jobs}").iterdir()) for jobs in (1, 2))
    assert [path.name for path in first] == ["again.flac", "take.flac"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.3, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0])
def test_killed_at_any_moment_it_leaves_the_old_file_or_the_new_one(tmp_path: Path, seconds: float) -> None:
    notes = [(240, bytes([0x90, 40 + n % 40, 80])) for n in range(400)]
    (tmp_path / "long.mid").write_bytes(file_bytes([track_bytes(notes)]))
    (tmp_path / "out.flac").write_bytes(b"old")
    command = [sys.executable, "-m", "maestrokit", "render", tmp_path / "long.mid", "-o", tmp_path / "out.flac"]
    process = subprocess.Popen(command)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)
    process.kill()
    finished = process.wait() == 0
    if (tmp_path / "out.flac").read_bytes() != b"old" or finished:
        assert soundfile.info(tmp_path / "out.flac").duration > 90
    assert [path.name for path in sorted(tmp_path.glob("*.*")) if not path.name.startswith(".")] == [
        "long.mid",
        "out.flac",
    ]


def test_stereo_in_a_room_is_the_default(maestrokit: CommandLine, take: Path, tmp_path: Path) -> None:
    assert maestrokit("render", take, "-o", tmp_path / "out.flac", "--sample-rate", 8000).status == 0
    assert soundfile.info(tmp_path / "out.flac").channels == 2


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["-o", "out.mp3"], 2, "cannot write sound as 'out.mp3'"),
        (["-o", "out.flac", "--format", "wav"], 2, "the format wav contradicts the name 'out.flac'"),
        (["-o", "out.flac", "--room", "cave"], 2, "no room 'cave'"),
        (["-o", "out.flac", "--samples", "nowhere"], 66, "cannot read samples 'nowhere'"),
    ],
)
def test_mistakes_are_named_and_nothing_is_written(
    maestrokit: CommandLine,
    take: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    status: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (options, [*options, "-n"]):
        done = maestrokit("render", take.name, *words)
        assert done.status == status
        assert message in done.lines[0]
    assert "Traceback" not in done.err
    assert [path.name for path in tmp_path.iterdir()] == [take.name]


def test_what_is_not_midi_is_bad_data(maestrokit: CommandLine) -> None:
    done = maestrokit("render", "-", stdin=b"not midi")
    assert done.status == 65
    assert done.out == b""


def test_a_full_disk_is_one_line(maestrokit: CommandLine, take: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = maestrokit("render", take, "-o", "/dev/full", *QUICK, "--format", "wav")
    assert done.status == 73
    assert "Traceback" not in done.err


def test_a_performance_without_notes_is_silence_and_says_so(maestrokit: CommandLine, tmp_path: Path) -> None:
    drums = tmp_path / "drums.mid"
    drums.write_bytes(file_bytes([track_bytes([(0, bytes([0x99, 40, 80])), (480, bytes([0x89, 40, 64]))])]))
    done = maestrokit("render", drums, "-o", tmp_path / "out.wav", *QUICK)
    assert done.status == 0 and "no piano notes, so this is silence" in done.err
    assert not soundfile.read(tmp_path / "out.wav")[0].any()


def test_what_is_too_long_to_render_writes_nothing(maestrokit: CommandLine) -> None:
    events = [(0, bytes([0x90, 60, 80])), (480, bytes([0x80, 60, 64]))] + [(0x0FFFFFFF, b"\xff\x01\x00")] * 2
    late = file_bytes([track_bytes([*events, (0, bytes([0x90, 60, 80])), (480, bytes([0x80, 60, 64]))])])
    done = maestrokit("render", "-", *QUICK, stdin=late)
    assert done.status == 65 and "lasts" in done.err and done.out == b""
