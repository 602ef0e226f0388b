"""``maestrokit transcribe``: command lines, and what they leave behind. The model here knows nothing; it is quick."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from command_line import CommandLine
from maestrokit.cli.commands.transcribe import work as transcripts
from maestrokit.errors import ExitStatus
from maestrokit.files.arrays import load_arrays
from maestrokit.files.midi import parse_midi
from maestrokit.files.note_tables import parse_notes
from maestrokit.files.sound.read import write_sound
from maestrokit.inference.transcription.transcriber import Transcriber, read_transcriber
from maestrokit.music.note_arrays import timed_notes
from maestrokit.music.provenance_events import commands
from small_models import saved_transcriber


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A network as it is before training, which sees notes in noise here and there; it does not hear the pedal."""
    return saved_transcriber(tmp_path / "model", pedal=False)


@pytest.fixture
def pedalled(tmp_path: Path) -> Path:
    """A network that sees notes in noise, and hears the pedal all the time."""
    return saved_transcriber(tmp_path / "pedalled", pedal=True)


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """A second and a half of noise."""
    samples = np.random.default_rng(4).normal(0, 0.1, 24000).astype(np.float32)
    write_sound(tmp_path / "take.wav", samples, sample_rate=16000)
    return tmp_path / "take.wav"


def test_midi_table_and_array_say_the_same_notes(maestrokit: CommandLine, model: Path, take: Path) -> None:
    midi = maestrokit("transcribe", take, "--model", model)
    table = maestrokit("transcribe", take, "--model", model, "--format", "tsv")
    array = maestrokit("transcribe", take, "--model", model, "-o", take.with_suffix(".npz"))
    assert (midi.status, table.status, array.status) == (0, 0, 0)
    performance = parse_midi(midi.out, name="x")
    notes, rows = timed_notes(performance, pedal_extends=True), parse_notes(table.out, name="x")
    assert len(notes.onset) > 0
    order, row_order = np.lexsort((notes.onset, notes.pitch)), np.lexsort((rows[0], rows[2]))
    assert np.array_equal(notes.pitch[order], rows[2][row_order])
    assert np.allclose(notes.onset[order], rows[0][row_order], atol=0.001)
    assert commands(performance) == [commands(performance)[0]] and "transcribe" in commands(performance)[0]
    arrays, metadata = load_arrays(take.with_suffix(".npz").read_bytes(), suffix=".npz", name="x")
    assert np.allclose(arrays["note_onset"], rows[0], atol=1e-4)
    assert arrays["onset_posterior"].shape == (76, 88) and metadata["frame_seconds"] == 0.02


def test_a_pipe_gives_the_same_bytes(maestrokit: CommandLine, model: Path, take: Path) -> None:
    named = maestrokit("transcribe", take, "--model", model)
    piped = maestrokit("transcribe", "-", "--model", model, stdin=take.read_bytes())
    assert named.out == piped.out and piped.status == 0


def test_silence_is_a_valid_file_and_said(maestrokit: CommandLine, model: Path, take: Path) -> None:
    write_sound(take, np.zeros(1600, np.float32), sample_rate=16000)
    done = maestrokit("transcribe", take, "--model", model, "--onset-threshold", 0.5)
    assert done.status == 0 and len(parse_midi(done.out, name="x").notes) == 0
    assert "no piano notes found in 0.1 s" in done.err
    assert maestrokit("transcribe", take, "--model", model, "--onset-threshold", 0.5, "-q").err == ""


def test_thresholds_and_lengths(maestrokit: CommandLine, model: Path, take: Path) -> None:
    def count(*options: object) -> int:
        done = maestrokit("transcribe", take, "--model", model, "--format", "tsv", *options)
        assert done.status == 0
        return done.out.count(b"\n") - 1

    assert count() > count("--onset-threshold", 0.05) >= count("--onset-threshold", 0.9) == 0
    long = maestrokit("transcribe", take, "--model", model, "--format", "tsv", "--min-note", "300ms")
    onset, offset, *_ = parse_notes(long.out, name="x")
    assert len(onset) and (offset - onset >= 0.2999).all()


def test_a_tempo_is_written_and_moves_nothing(maestrokit: CommandLine, model: Path, take: Path) -> None:
    plain, told = (
        parse_midi(maestrokit("transcribe", take, "--model", model, *options).out, name="x")
        for options in ((), ("--tempo", 90))
    )
    assert told.tempos.microseconds_per_beat.tolist() == [666667]
    onset, told_onset = (timed_notes(performance, pedal_extends=False).onset for performance in (plain, told))
    assert np.allclose(onset, told_onset, atol=0.002)


def test_the_tuning_is_estimated_said_and_given(maestrokit: CommandLine, model: Path, tmp_path: Path) -> None:
    second = np.arange(4 * 16000) / 16000
    chord = np.sum([np.sin(2 * np.pi * 430 * 2 ** (key / 12) * second) for key in (-12, 0, 4, 7)], axis=0)
    write_sound(tmp_path / "low.wav", (0.1 * chord).astype(np.float32), sample_rate=16000)
    done = maestrokit("transcribe", tmp_path / "low.wav", "--model", model, "-v")
    assert f"note: '{tmp_path / 'low.wav'}': the piano is tuned to 430.0 Hz, and read so" in done.lines
    tuned, off = (
        maestrokit("transcribe", tmp_path / "low.wav", "--model", model, "--tuning", tuning, "-v")
        for tuning in ("430", "off")
    )
    assert not any("tuned" in line for line in [*tuned.lines, *off.lines])
    pitches = [np.bincount(parse_midi(run.out, name="x").notes.pitch, minlength=128) for run in (done, tuned, off)]
    assert np.abs(pitches[0] - pitches[1]).sum() < np.abs(pitches[2] - pitches[1]).sum()


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("--tuning", "low"), ExitStatus.USAGE),
        (("--tuning", "880"), ExitStatus.USAGE),
        (("--format", "xml"), ExitStatus.USAGE),
        (("--onset-threshold", "1.5"), ExitStatus.USAGE),
        (("--model", "nothing"), ExitStatus.NO_INPUT),
        (("--pedal", "cc64"), ExitStatus.USAGE),
        (("--pedal", "none"), ExitStatus.USAGE),
        (("--pedal", "half"), ExitStatus.USAGE),
        (("--tempo", "fast"), ExitStatus.USAGE),
        (("--tempo", "3"), ExitStatus.USAGE),
        (("--silence-threshold", "3"), ExitStatus.USAGE),
    ],
)
def test_mistakes_are_one_line(
    maestrokit: CommandLine, model: Path, take: Path, options: tuple[str, ...], status: ExitStatus
) -> None:
    done = maestrokit("transcribe", take, "--model", model, *options)
    assert done.status == status and len(done.lines) <= 2 and done.out == b""


def test_a_folder_is_mirrored(maestrokit: CommandLine, model: Path, take: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        (tmp_path / "in" / f"{name}.wav").write_bytes(take.read_bytes())
    done = maestrokit("transcribe", tmp_path / "in", "--model", model, "-d", tmp_path / "out", "-v")
    assert done.status == 0 and len(done.lines) == 2
    first, second = ((tmp_path / "out" / f"{name}.mid").read_bytes() for name in ("a", "b"))
    assert first == second == maestrokit("transcribe", take, "--model", model).out


def test_the_pedal_is_written_extends_or_is_left_out(maestrokit: CommandLine, pedalled: Path, take: Path) -> None:
    told = {
        way: parse_midi(
            maestrokit("transcribe", take, "--model", pedalled, "--min-note", "150ms", *options).out, name="x"
        )
        for way, options in {
            "default": (), "cc64": ("--pedal", "cc64"), "extend": ("--pedal", "extend"), "none": ("--pedal", "none"),
        }.items()
    }  # fmt: skip
    assert told["cc64"].controls.number.tolist() == [64, 64] and told["cc64"].controls.value.tolist() == [127, 0]
    assert told["default"].notes == told["cc64"].notes and len(told["default"].controls) == 2
    assert len(told["extend"].controls) == len(told["none"].controls) == 0
    kept, cut = (timed_notes(told[way], pedal_extends=False) for way in ("extend", "none"))
    assert len(kept.onset) == len(cut.onset) and (cut.offset <= kept.offset + 1e-9).all()
    assert cut.offset.sum() < kept.offset.sum()


def test_arrays_hold_the_pedal(maestrokit: CommandLine, pedalled: Path, model: Path, take: Path) -> None:
    heard, deaf = (
        load_arrays(
            maestrokit("transcribe", take, "--model", run_folder, "--format", "npz").out, suffix=".npz", name="x"
        )[0]
        for run_folder in (pedalled, model)
    )
    assert heard["pedal_posterior"].shape == (76,) and heard["pedal"].shape == (1, 2)
    assert "pedal_posterior" not in deaf and deaf["pedal"].shape == (0, 2)


def test_beats_are_tracked_and_move_nothing(maestrokit: CommandLine, model: Path, take: Path) -> None:
    plain, tracked = (
        maestrokit("transcribe", take, "--model", model, "-v", *options) for options in ((), ("--tempo", "track"))
    )
    assert "beats in 1.5 s" in tracked.err and "beats in 1.5 s" not in plain.err
    first, second = (parse_midi(run.out, name="x") for run in (plain, tracked))
    assert len(second.tempos) > 1
    notes, tracked_notes = (timed_notes(performance, pedal_extends=False) for performance in (first, second))
    assert np.allclose(np.sort(notes.onset), np.sort(tracked_notes.onset), atol=0.0011)


def test_beats_nobody_hears_are_said_to_be_so(maestrokit: CommandLine, model: Path, take: Path) -> None:
    done = maestrokit("transcribe", take, "--model", model, "--tempo", "track", "--onset-threshold", 0.3)
    assert done.status == 0 and "no piano note" in done.err
    assert b"tempo unknown" in done.out


def test_a_level_below_which_nothing_is_told(maestrokit: CommandLine, model: Path, take: Path) -> None:
    assert "no piano notes found in 1.5 s of sound (1.5 s too quiet)" in (
        maestrokit("transcribe", take, "--model", model, "--silence-threshold", -10).err
    )
    heard = maestrokit("transcribe", take, "--model", model, "--silence-threshold", -30)
    assert heard.out.count(b"\x90") or len(parse_midi(heard.out, name="x").notes) > 0


def test_a_picture_beside_the_notes(maestrokit: CommandLine, pedalled: Path, take: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    drawn = maestrokit("transcribe", take, "--model", pedalled, "--plot", tmp_path / "roll.png")
    assert drawn.status == 0 and (tmp_path / "roll.png").read_bytes().startswith(b"\x89PNG")
    assert drawn.out == maestrokit("transcribe", take, "--model", pedalled).out
    (tmp_path / "b.wav").write_bytes(take.read_bytes())
    several = maestrokit("transcribe", take, tmp_path / "b.wav", "-d", tmp_path, "--model", pedalled, "--plot", "x.png")
    assert several.status == ExitStatus.USAGE and "one recording" in several.err


DAMAGED = {"nan.wav": "not a number", "cut.flac": "truncated|damaged", "empty.wav": "empty|no samples|not a recording"}


@pytest.mark.parametrize("name", sorted(DAMAGED))
def test_damaged_recordings_are_one_line(maestrokit: CommandLine, model: Path, tmp_path: Path, name: str) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 48000).astype(np.float32)
    if name == "nan.wav":
        sound[1000] = np.nan
        soundfile.write(tmp_path / name, sound, 16000, subtype="FLOAT")
    elif name == "cut.flac":
        write_sound(tmp_path / name, sound, sample_rate=16000)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:20000])
    else:
        (tmp_path / name).write_bytes(b"")
    for arguments, stdin in (((tmp_path / name,), b""), (("-",), (tmp_path / name).read_bytes())):
        done = maestrokit("transcribe", *arguments, "--model", model, stdin=stdin)
        assert done.status == ExitStatus.BAD_DATA and done.out == b"" and len(done.lines) <= 2
        assert re.search(DAMAGED[name], done.err), done.err


@pytest.mark.parametrize("kind", ["clipped", "8 kHz", "44.1 kHz stereo", "0.1 s", "one sample"])
def test_odd_recordings_are_transcribed(maestrokit: CommandLine, model: Path, tmp_path: Path, kind: str) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 12000).astype(np.float32)
    rate, samples = {
        "clipped": (16000, np.sign(sound)),
        "8 kHz": (8000, sound),
        "44.1 kHz stereo": (44100, np.stack([sound, -0.5 * sound], axis=1)),
        "0.1 s": (16000, sound[:1600]),
        "one sample": (16000, sound[:1]),
    }[kind]
    write_sound(tmp_path / "odd.wav", samples, sample_rate=rate)
    done = maestrokit("transcribe", tmp_path / "odd.wav", "--model", model)
    assert done.status == 0
    parse_midi(done.out, name="x")


def test_a_model_is_read_once_for_many_files(
    maestrokit: CommandLine, model: Path, take: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        (tmp_path / f"{name}.wav").write_bytes(take.read_bytes())
    read = []

    def counted(folder: Path, **options: Any) -> Transcriber:
        read.append(folder)
        return read_transcriber(folder, **options)

    monkeypatch.setattr(transcripts, "read_transcriber", counted)
    done = maestrokit("transcribe", *(tmp_path / f"{name}.wav" for name in "abc"), "--model", model, "-d", tmp_path)
    assert done.status == 0 and read == [model]
