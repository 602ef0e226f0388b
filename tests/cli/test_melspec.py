"""``maestrokit melspec``: command lines, and what they leave behind."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from command_line import CommandLine
from maestrokit.audio.spectra.frames import analyse
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.files.arrays import load_arrays, read_arrays
from maestrokit.files.midi import read_midi
from maestrokit.files.sound.read import dump_sound, read_sound, write_sound
from maestrokit.music.timing import tempo_map, tick2second
from strategies import file_bytes, track_bytes

VARIED = (
    "--pitch-shift",
    "-2..2",
    "--time-stretch",
    "0.8..0.9",
    "--reverb",
    "100ms..300ms",
    "--noise",
    "20..30",
    "--compress",
    "2..3",
    "--seed",
    "5",
)


def chord(sample_rate: int = 22050, seconds: float = 1.2) -> np.ndarray:
    time = np.arange(int(sample_rate * seconds)) / sample_rate
    tones = sum(np.sin(2 * np.pi * f * time) for f in (110, 440, 1320)) * np.exp(-2 * time)
    return (0.2 * tones).astype(np.float32)


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """A folder of two recordings and the MIDI file of one."""
    folder = tmp_path / "takes"
    (folder / "second").mkdir(parents=True)
    write_sound(folder / "a.flac", chord(), sample_rate=22050)
    write_sound(folder / "second" / "b.wav", np.stack([chord(16000), chord(16000)], axis=1), sample_rate=16000)
    events = [(0, b"\x90\x3c\x40"), (480, b"\x80\x3c\x40"), (0, b"\x90\x40\x40"), (480, b"\x80\x40\x40")]
    for name in ("a.mid", "second/b.mid"):
        (folder / name).write_bytes(file_bytes([track_bytes(events)]))
    return folder


def test_the_array_is_the_librarys(maestrokit: CommandLine, takes: Path) -> None:
    target = takes.parent / "a.npz"
    assert maestrokit("melspec", takes / "a.flac", "-o", target).status == 0
    arrays, metadata = read_arrays(target)
    samples = read_sound(takes / "a.flac", sample_rate=16000).samples
    assert np.array_equal(arrays["spectrum"], analyse(samples, SpectrumSettings().analysis()))
    assert np.allclose(np.diff(arrays["time"]), 512 / 16000)
    assert len(arrays["frequency"]) == 229
    assert metadata["settings"]["kind"] == "logmel"
    assert metadata["provenance"][-1].endswith(": melspec")


def test_constant_q_by_options(maestrokit: CommandLine, takes: Path) -> None:
    done = maestrokit(
        "melspec",
        takes / "a.flac",
        "--spectrum",
        "cqt",
        "--bins",
        100,
        "--bins-per-octave",
        12,
        "--gamma",
        0,
        "--hop-samples",
        320,
        "--minimum-frequency",
        20,
        "--format",
        "npy",
    )
    spectrum = np.load(io.BytesIO(done.out))
    samples = read_sound(takes / "a.flac", sample_rate=16000).samples
    settings = SpectrumSettings("cqt", hop_samples=320, minimum_frequency=20, bins=100, bins_per_octave=12, gamma=0.0)
    assert np.array_equal(spectrum, analyse(samples, settings.analysis()))


@pytest.mark.parametrize("kind", ["stft", "power", "mel", "logmel", "cqt"])
@pytest.mark.parametrize("suffix", ["npz", "npy", "safetensors"])
def test_chunks_change_nothing(maestrokit: CommandLine, takes: Path, kind: str, suffix: str) -> None:
    arguments = ("melspec", takes / "a.flac", "--spectrum", kind, "--format", suffix)
    whole, chunked = maestrokit(*arguments), maestrokit(*arguments, "--chunks", "300ms")
    assert whole.status == chunked.status == 0
    assert whole.out == chunked.out
    arrays, _ = load_arrays(whole.out, suffix=f".{suffix}", name="out")
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_standard_input_and_a_file_give_the_same_bytes(maestrokit: CommandLine, takes: Path) -> None:
    from_file = maestrokit("melspec", takes / "a.flac")
    from_pipe = maestrokit("melspec", "-", stdin=(takes / "a.flac").read_bytes())
    assert from_file.out == from_pipe.out


def test_a_folder_gives_the_same_bytes_for_any_jobs(maestrokit: CommandLine, takes: Path) -> None:
    for jobs in (1, 2):
        done = maestrokit(
            "melspec", takes, "-d", takes.parent / f"out{jobs}", "-j", jobs, "--copies", 2, "--midi", *VARIED
        )
        assert done.status == 0, done.err
    first, second = (sorted(p for p in (takes.parent / f"out{jobs}").rglob("*") if p.is_file()) for jobs in (1, 2))
    assert [p.name for p in first] == [
        "a.1.mid",
        "a.1.npz",
        "a.2.mid",
        "a.2.npz",
        "b.1.mid",
        "b.1.npz",
        "b.2.mid",
        "b.2.npz",
    ]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_copies_are_drawn_recorded_and_their_midi_moved(maestrokit: CommandLine, takes: Path) -> None:
    done = maestrokit("melspec", takes / "a.flac", "-o", takes.parent / "v.npz", "--copies", 3, "--midi", *VARIED)
    assert done.status == 0, done.err
    drawn = []
    for number in (1, 2, 3):
        arrays, metadata = read_arrays(takes.parent / f"v.{number}.npz")
        effects = metadata["augmentation"]
        factor, shift = effects["stretch_factor"], effects.get("semitones", 0)
        assert len(arrays["spectrum"]) == pytest.approx(1.2 * factor / 0.032, abs=2)
        performance = read_midi(takes.parent / f"v.{number}.mid")
        assert performance.notes.pitch.tolist() == [60 + shift, 64 + shift]
        onset = tick2second(performance.notes.onset_tick, tempo_map(performance))[1]
        assert onset == pytest.approx(0.5 * factor, abs=1e-5)
        drawn.append(json.dumps(effects))
    assert len(set(drawn)) == 3


def test_a_given_impulse_response(maestrokit: CommandLine, takes: Path) -> None:
    response = np.zeros(1600, np.float32)
    response[[0, 800]] = 0.9, 0.4
    write_sound(takes.parent / "room.wav", response, sample_rate=16000)
    plain = maestrokit("melspec", takes / "a.flac", "--format", "npy")
    roomy = maestrokit("melspec", takes / "a.flac", "--format", "npy", "--impulse-response", takes.parent / "room.wav")
    assert plain.status == roomy.status == 0
    assert plain.out != roomy.out


def test_a_newer_impulse_response_or_midi_file_makes_an_output_again(maestrokit: CommandLine, takes: Path) -> None:
    room, out = takes.parent / "room.wav", takes.parent / "out"
    write_sound(room, np.ones(1, np.float32), sample_rate=16000)
    midi = next(path for path in takes.iterdir() if path.stem == "a" and path.suffix in (".mid", ".midi"))
    words = ("melspec", takes / "a.flac", "--impulse-response", room, "--midi", "-d", out, "-u", "-v")
    assert maestrokit(*words).status == 0
    assert "1 of 1 input passed over" in maestrokit(*words).err
    for read in (room, midi):
        after = max(path.stat().st_mtime_ns for path in out.iterdir()) + 1_000_000_000
        os.utime(read, ns=(after, after))
        assert "0 of 1 input passed over" in maestrokit(*words).err
        os.utime(read, ns=(1, 1))


@pytest.mark.parametrize("kind", ["power", "logmel", "cqt"])
def test_pictures(maestrokit: CommandLine, takes: Path, kind: str) -> None:
    once = maestrokit("melspec", takes / "a.flac", "--spectrum", kind, "--format", "png")
    assert once.status == 0, once.err
    assert once.out.startswith(b"\x89PNG")


def test_a_silent_recording_has_a_picture_too(maestrokit: CommandLine) -> None:
    silence = dump_sound(np.zeros(8000, np.float32), sample_rate=16000, suffix=".flac")
    assert maestrokit("melspec", "-", "--format", "png", stdin=silence).status == 0


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        (("--spectrum", "bark"), "no spectrum 'bark'"),
        (("--format", "mp3"), "cannot write a spectrum as 'mp3'"),
        (("--maximum-frequency", 9000), "above half of the sample rate"),
        (("--copies", 2, "-o", "x.npz"), "--copies without augmentation"),
        (("--copies", 2, "--noise", "20"), "several outputs need names"),
        (("--chunks", "10s", "--noise", "20"), "--chunks works with plain arrays only"),
        (("--chunks", 0), "--chunks must be in 0.001..86400 s, not 0 s"),
        (("--noise", "loud"), "--noise must be a range of numbers, not 'loud'"),
        (("--pitch-shift", "2..-2"), "--pitch-shift must be a range of numbers, not '2..-2'"),
        (("--window", "square"), "no window 'square'"),
    ],
)
def test_usage_errors(maestrokit: CommandLine, takes: Path, arguments: tuple[object, ...], fact: str) -> None:
    done = maestrokit("melspec", takes / "a.flac", *arguments)
    assert done.status == 2
    assert fact in done.lines[0]


@pytest.mark.parametrize("content", [b"", b"text, not sound", b"MThd\0\0\0\6", b"RIFF\0\0\0\0WAVE"])
def test_a_bad_recording_is_one_line_and_the_rest_goes_on(maestrokit: CommandLine, takes: Path, content: bytes) -> None:
    (takes / "bad.flac").write_bytes(content)
    done = maestrokit("melspec", takes, "-d", takes.parent / "out")
    assert done.status == 65
    assert sum("cannot read" in line for line in done.lines) == 1
    assert sorted(p.name for p in (takes.parent / "out").rglob("*.npz")) == ["a.npz", "b.npz"]


def test_a_truncated_recording_leaves_no_output(maestrokit: CommandLine, takes: Path) -> None:
    data = (takes / "a.flac").read_bytes()
    for chunks in ((), ("--chunks", "200ms")):
        (takes.parent / "cut.flac").write_bytes(data[: len(data) // 2])
        done = maestrokit("melspec", takes.parent / "cut.flac", "-o", takes.parent / "cut.npz", *chunks)
        assert done.status == 65
        assert not (takes.parent / "cut.npz").exists()


def test_notes_that_a_shift_takes_off_the_piano_are_reported(maestrokit: CommandLine, takes: Path) -> None:
    events = [(0, b"\x90\x1e\x40"), (480, b"\x80\x1e\x40"), (0, b"\x90\x40\x40"), (480, b"\x80\x40\x40")]
    (takes / "a.mid").write_bytes(file_bytes([track_bytes(events)]))
    line = ("melspec", takes / "a.flac", "--midi", "--pitch-shift=-12..-12", "-o", takes.parent / "x.npz")
    done = maestrokit(*line)
    assert done.lines == [
        f"note: '{takes}/a.flac': 1 of 2 notes of the MIDI file left the piano: use a narrower --pitch-shift"
    ]
    assert maestrokit(*line, "-q").err == ""


def test_missing_midi_is_named(maestrokit: CommandLine, takes: Path) -> None:
    (takes / "a.mid").unlink()
    done = maestrokit("melspec", takes / "a.flac", "--midi", "-o", takes.parent / "x.npz")
    assert done.status == 66
    assert "no MIDI file beside" in done.lines[0]


def test_the_midi_file_beside_a_recording_is_never_written_over(maestrokit: CommandLine, takes: Path) -> None:
    before = (takes / "a.mid").read_bytes()
    options = ("--midi", "--pitch-shift", "2..2")
    for words in ((takes / "a.flac", "-o", takes / "a.npz"), (takes, "-d", takes)):
        done = maestrokit("melspec", *words, *options)
        assert done.status == 73 and "is both input and output" in done.err
    assert (takes / "a.mid").read_bytes() == before and not (takes / "a.npz").exists()


def test_update_notices_a_missing_midi_file(maestrokit: CommandLine, takes: Path, tmp_path: Path) -> None:
    words = ("melspec", takes / "a.flac", "--midi", "-d", tmp_path / "out", "--update")
    assert maestrokit(*words).status == 0
    (tmp_path / "out" / "a.mid").unlink()
    assert maestrokit(*words).status == 0 and (tmp_path / "out" / "a.mid").exists()
