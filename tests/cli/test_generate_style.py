"""``generate --style``: a piece in another style from the command line, and what is refused in a line."""

import numpy as np
import pytest

from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.performance import DRUM_CHANNEL
from small_models import saved_style_model

NONE = np.empty(0, np.int64)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A model, a piece, and pieces that cannot be transferred."""
    saved_style_model(tmp_path / "styles")
    onset = np.arange(40) * 150
    take = performance_from_arrays(
        onset, onset + 120, 48 + onset // 150 % 25, 40 + onset // 150, pedal_tick=NONE, pedal_value=NONE
    )
    write_midi(take, tmp_path / "take.mid")
    write_midi(take.replace(notes=take.notes.replace(channel=np.full(40, DRUM_CHANNEL))), tmp_path / "drums.mid")
    write_midi(take.replace(notes=take.notes.select(onset < 0)), tmp_path / "silent.mid")
    write_midi(take.replace(notes=take.notes.select(onset < 100)), tmp_path / "one.mid")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_piece_becomes_another_and_says_how(maestrokit, folder):
    words = ("generate", "take.mid", "--model", "styles", "--style", "pop", "-o")
    assert maestrokit(*words, "pop.mid").status == 0
    assert maestrokit(*words, "same.mid", "--style-strength", "0", "--no-provenance").status == 0
    assert maestrokit(*words, "again.mid").status == 0
    source, pop, same = (read_midi(folder / f"{name}.mid") for name in ("take", "pop", "same"))
    assert pop.notes != source.notes and same.notes == source.notes
    assert "--style pop" in b" ".join(pop.others.message).decode("latin-1")
    assert (folder / "pop.mid").read_bytes() == (folder / "again.mid").read_bytes()
    assert maestrokit(*words[:-1], "-n").status == 0


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("take.mid --model styles --style rock", ["no style 'rock'", "choose from jazz, pop"]),
        ("take.mid --model styles", ["--style is missing", "styles of 'styles': jazz, pop"]),
        ("--model styles --style pop", ["--style works only with PROMPT", ""]),
        ("take.mid --model styles --style pop --duration 3s", ["--style and --duration exclude each other", ""]),
        ("take.mid --model styles --style pop --count 2 -d out", ["--style and --count exclude each other", ""]),
        ("take.mid --model styles --style pop -o out.jsonl", ["is not made note by note", "choose mid"]),
        ("take.mid --model transformer --style pop", ["a transformer that does not", "train gan', for the task style"]),
        ("take.mid --style pop", ["no style 'pop'", "choose from bach, chopin"]),
        (
            "drums.mid --model styles --style pop",
            ["cannot transfer 'drums.mid': the performance has no notes of a piano", "drums"],
        ),
        ("silent.mid --model styles --style pop", ["no notes of a piano", "drums"]),
        ("take.mid --model sequences --style-strength 0.5", ["--style-strength works only with --style", ""]),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_and_a_hint(maestrokit, folder, words, lines):
    done = maestrokit("generate", *words.split(), *(() if " out" in words else ("-o", "out.mid")))
    assert done.status in (2, 65) and len(done.lines) == 2
    assert all(part in line for part, line in zip(lines, done.lines, strict=True)), done.err


def test_one_note_is_enough(maestrokit, folder):
    done = maestrokit("generate", "one.mid", "--model", "styles", "--style", "pop", "-o", "out.mid")
    assert done.status == 0 and (folder / "out.mid").exists()
