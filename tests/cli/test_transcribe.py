"""``maestrokit transcribe``: command lines, and what they leave behind. The model here knows nothing; it is quick."""

from pathlib import Path

import numpy as np
import pytest
import torch

from command_line import CommandLine
from maestrokit.audio.note_spectrum import SETTINGS
from maestrokit.errors import ExitStatus
from maestrokit.files import checkpoint
from maestrokit.files.arrays import load_arrays
from maestrokit.files.midi import parse_midi
from maestrokit.files.note_tables import parse_notes
from maestrokit.files.sound import write_sound
from maestrokit.models.cnn import Config, Model
from maestrokit.models.contract import settings_of
from maestrokit.music.history import commands
from maestrokit.music.sustain import timed_notes

EAGER = {"onset_threshold": 0.02, "restrike_threshold": 0.02}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A network as it is before training, which sees notes in noise here and there."""
    torch.manual_seed(1)
    network = Model(Config(channels=4))
    folder = tmp_path / "model"
    folder.mkdir()
    checkpoint.write_config(
        folder,
        {
            "family": "cnn",
            "task": "transcription",
            "spectrum": SETTINGS.described(),
            "model": settings_of(network.config),
            "decoding": EAGER,
        },
    )
    checkpoint.write_weights(folder, network.state_dict())
    return folder


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
    mine, theirs = np.lexsort((notes.onset, notes.pitch)), np.lexsort((rows[0], rows[2]))
    assert np.array_equal(notes.pitch[mine], rows[2][theirs])
    assert np.allclose(notes.onset[mine], rows[0][theirs], atol=0.001)
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
    assert "no piano note is heard in 0.1 s" in done.err
    assert maestrokit("transcribe", take, "--model", model, "--onset-threshold", 0.5, "-q").err == ""


def test_thresholds_and_lengths(maestrokit: CommandLine, model: Path, take: Path) -> None:
    def count(*options: object) -> int:
        done = maestrokit("transcribe", take, "--model", model, "--format", "tsv", *options)
        assert done.status == 0
        return done.out.count(b"\n") - 1

    assert count() > count("--onset-threshold", 0.05) >= count("--onset-threshold", 0.9) == 0
    long = maestrokit("transcribe", take, "--model", model, "--format", "tsv", "--min-note", 0.3)
    onset, offset, *_ = parse_notes(long.out, name="x")
    assert len(onset) and (offset - onset >= 0.2999).all()


def test_a_tempo_is_written_and_moves_nothing(maestrokit: CommandLine, model: Path, take: Path) -> None:
    plain, told = (
        parse_midi(maestrokit("transcribe", take, "--model", model, *options).out, name="x")
        for options in ((), ("--tempo", 90))
    )
    assert told.tempos.microseconds_per_beat.tolist() == [666667]
    mine, theirs = (timed_notes(one, pedal_extends=False).onset for one in (plain, told))
    assert np.allclose(mine, theirs, atol=0.002)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("--format", "xml"), ExitStatus.USAGE),
        (("--onset-threshold", "1.5"), ExitStatus.USAGE),
        (("--model", "nothing"), ExitStatus.NO_INPUT),
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
