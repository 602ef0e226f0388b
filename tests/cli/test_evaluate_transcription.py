"""``evaluate --model`` with a model that transcribes: recordings against the notes beside them."""

from pathlib import Path

import numpy as np
import pytest

from command_line import CommandLine
from maestrokit.cli.commands.evaluate.sweep import parse_sweep
from maestrokit.errors import ExitStatus, UsageError
from maestrokit.files.midi.writer import write_midi
from maestrokit.files.sound.read import write_sound
from maestrokit.inference.notes_to_performance import transcript
from maestrokit.music.note_arrays import TimedNotes
from small_models import saved_transcriber


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A network that sees notes in noise, and hears the pedal all the time."""
    return saved_transcriber(tmp_path / "model", pedal=True)


@pytest.fixture
def takes(maestrokit: CommandLine, model: Path, tmp_path: Path) -> Path:
    """Two recordings of noise; beside one lies the table of what the model hears in it, beside the other half of it."""
    folder = tmp_path / "takes"
    folder.mkdir()
    for name in ("a", "b"):
        sound = np.random.default_rng(ord(name)).normal(0, 0.1, 16000).astype(np.float32)
        write_sound(folder / f"{name}.wav", sound, sample_rate=16000)
        table = maestrokit("transcribe", folder / f"{name}.wav", "--model", model, "--format", "tsv").out
        lines = table.splitlines(keepends=True)
        (folder / f"{name}.tsv").write_bytes(b"".join(lines if name == "a" else [lines[0], *lines[1::2]]))
    return folder


def rows(text: bytes) -> dict[tuple[str, str], float]:
    """Return the values by the last part of the name of the file and by metric."""
    _, *lines = text.decode().splitlines()
    cells = [line.split("\t") for line in lines]
    return {(Path(row[0]).name, row[1]): float(row[2]) for row in cells}


def test_what_transcribe_writes_is_what_is_scored(maestrokit: CommandLine, model: Path, takes: Path) -> None:
    done = maestrokit("evaluate", "--model", model, takes)
    assert (done.status, done.err) == (0, "")
    scored = rows(done.out)
    assert scored["a.wav", "onset_f1"] == scored["a.wav", "onset_offset_velocity_f1"] == 1
    assert scored["b.wav", "onset_recall"] == 1 and scored["b.wav", "onset_precision"] == pytest.approx(0.5, abs=0.02)
    assert scored["*", "onset_f1"] == pytest.approx((1 + scored["b.wav", "onset_f1"]) / 2, abs=1e-5)
    assert not any("pedal" in metric for _, metric in scored)


def test_midi_beside_the_recording_is_taken_before_a_table(maestrokit: CommandLine, model: Path, takes: Path) -> None:
    nothing = TimedNotes(*(np.empty(0, kind) for kind in (float, float, np.int64, np.int64)))
    write_midi(transcript(nothing, np.array([[0.0, 1.02]])), takes / "a.mid")
    scored = rows(maestrokit("evaluate", "--model", model, takes / "a.wav").out)
    assert scored["a.wav", "onset_f1"] == 0 and scored["a.wav", "pedal_frame_f1"] > 0.98
    assert maestrokit("transcribe", takes / "a.wav", "--model", model, "-o", takes / "a.mid").status == 0
    scored = rows(maestrokit("evaluate", "--model", model, takes / "a.wav").out)
    assert scored["a.wav", "onset_offset_velocity_f1"] == 1 and scored["a.wav", "pedal_frame_f1"] == 1


def test_a_transcript_as_reference_is_named(maestrokit: CommandLine, model: Path, takes: Path) -> None:
    (takes / "a.tsv").unlink()
    assert maestrokit("transcribe", takes / "a.wav", "--model", model, "-o", takes / "a.mid").status == 0
    done = maestrokit("evaluate", "--model", model, takes / "a.wav")
    assert done.status == 0
    assert done.lines == [f"note: the reference '{takes / 'a.mid'}' is a transcript, made by 'maestrokit transcribe'"]


def test_a_sweep_scores_each_value(maestrokit: CommandLine, model: Path, takes: Path) -> None:
    done = maestrokit("evaluate", "--model", model, takes, "--sweep", "onset_threshold=0.02,0.03,0.5", "-j", 2)
    scored = rows(done.out)
    recalls = [scored["*", f"onset_recall@onset_threshold={value}"] for value in ("0.02", "0.03", "0.5")]
    assert recalls[0] == 1 > recalls[1] > recalls[2] == 0


def test_references_elsewhere(maestrokit: CommandLine, model: Path, takes: Path, tmp_path: Path) -> None:
    (tmp_path / "truth").mkdir()
    for name in ("a", "b"):
        (takes / f"{name}.tsv").rename(tmp_path / "truth" / f"{name}.tsv")
    done = maestrokit("evaluate", "--model", model, takes, "--reference", tmp_path / "truth")
    assert done.status == 0 and rows(done.out)["a.wav", "onset_f1"] == 1
    alone = maestrokit("evaluate", "--model", model, takes / "a.wav")
    assert alone.status == ExitStatus.NO_INPUT and "no reference" in alone.err


@pytest.mark.parametrize(
    "words",
    [
        ("--sweep", "loudness=1,2"),
        ("--sweep", "onset_threshold"),
        ("--sweep", "onset_threshold=0.5..0.2"),
        ("--sweep", "onset_threshold=0.2..2"),
        ("--sweep", "onset_threshold=0.1..0.9/0"),
        ("--metric", "grooving"),
        ("--stride", "2"),
    ],
)
def test_mistakes_are_one_line(maestrokit: CommandLine, model: Path, takes: Path, words: tuple[str, ...]) -> None:
    done = maestrokit("evaluate", "--model", model, takes, *words)
    assert done.status == ExitStatus.USAGE and len(done.lines) <= 2 and done.out == b""


def test_a_sweep_needs_a_model_that_transcribes(maestrokit: CommandLine, demo_folder: Path) -> None:
    for words in ((), ("--model", "lstm")):
        done = maestrokit("evaluate", demo_folder, *words, "--sweep", "onset_threshold=0.2,0.3")
        assert done.status == ExitStatus.USAGE and "transcribes" in done.err


def test_spans_and_lists() -> None:
    assert parse_sweep("onset_threshold=0.2..0.6").values == (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
    assert parse_sweep("silence_threshold=-90..-30/20").values == (-90.0, -70.0, -50.0, -30.0)
    with pytest.raises(UsageError):
        parse_sweep("onset_threshold=")
