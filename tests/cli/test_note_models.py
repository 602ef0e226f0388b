"""Models of notes from the command line: trained, played, and scored beside events."""

import csv
import io
import json

import numpy as np
import pytest

from maestrokit.cli.main import run_command_line
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.timing import second2tick, tempo_map, tick2second
from small_models import saved_lstm

NONE = np.empty(0, np.int64)


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("takes")
    for number in range(3):
        onset = np.arange(30) * 200 + number
        notes = performance_from_arrays(
            onset, onset + 350, 60 + onset % 7, 64 + onset % 5, pedal_tick=NONE, pedal_value=NONE
        )
        write_midi(notes, folder / f"{number}.mid")
    return folder


@pytest.fixture(scope="module", params=["transformer", "lstm"])
def run(request, takes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / request.param
    sizes = ["--set", "width=8", "--set", "layers=1", "--steps", "2", "--batch", "2", "--length", "16", "-q"]
    cache = ["--cache", str(takes.parent / "cache")]
    assert run_command_line(["train", request.param, str(takes), "-o", str(folder), *cache, *sizes]) == 0
    return folder


def test_a_run_plays_on_from_a_prompt(run, takes, tmp_path):
    out = tmp_path / "on.mid"
    words = ["--duration", "2s", "--prompt-seconds", "1", "--min-p", "0.001", "-o", str(out)]
    assert run_command_line(["generate", str(takes / "0.mid"), "--model", str(run), *words]) == 0
    prompt, continued = read_midi(takes / "0.mid"), read_midi(out)
    (second,) = second2tick(np.array([1.0]), tempo_map(prompt))
    kept = int(np.count_nonzero(prompt.notes.onset_tick < second))
    for column in ("onset_tick", "offset_tick", "pitch", "velocity"):
        assert np.array_equal(getattr(continued.notes, column)[:kept], getattr(prompt.notes, column)[:kept])
    continued = continued.notes
    assert len(continued.pitch) > kept
    assert np.all((continued.pitch >= 21) & (continued.pitch <= 108)) and np.all(
        continued.offset_tick > continued.onset_tick
    )


def test_several_pieces_are_made_at_once_and_the_count_of_notes_is_shown(run, tmp_path, capsys):
    words = ["--duration", "2s", "--count", "3", "-d", str(tmp_path / "new"), "-v"]
    assert run_command_line(["generate", "--model", str(run), *words]) == 0
    counts = [len(read_midi(path).notes.pitch) for path in sorted((tmp_path / "new").iterdir())]
    assert len(counts) == 3
    assert f"{sum(counts)} notes" in capsys.readouterr().err


@pytest.mark.parametrize("more", [[], ["--best-of", "2"]])
def test_notes_are_written_as_lines(run, takes, tmp_path, capfdbinary, more):
    words = ["generate", str(takes / "0.mid"), "--model", str(run), "--duration", "2s", "--seed", "4", *more]
    assert run_command_line([*words, "-o", str(tmp_path / "a.mid")]) == 0
    assert run_command_line([*words, "-o", str(tmp_path / "a.jsonl")]) == 0
    assert run_command_line([*words, "--format", "jsonl"]) == 0
    printed = capfdbinary.readouterr().out
    assert printed == (tmp_path / "a.jsonl").read_bytes()
    continued = read_midi(tmp_path / "a.mid")
    new = continued.notes.select(slice(len(read_midi(takes / "0.mid").notes), None))
    second = tick2second(new.onset_tick, tempo_map(continued))
    lines = [json.loads(line) for line in printed.splitlines()]
    assert [(line["pitch"], line["velocity"]) for line in lines] == list(zip(new.pitch, new.velocity, strict=True))
    assert [line["onset"] for line in lines] == pytest.approx(second.tolist(), abs=0.006)
    assert all(line["offset"] > line["onset"] for line in lines)


def test_a_folder_of_lines_and_of_sound(run, tmp_path):
    words = ["generate", "--model", str(run), "--duration", "1s", "--count", "2"]
    for format in ("jsonl", "wav"):
        assert run_command_line([*words, "--format", format, "-d", str(tmp_path / format)]) == 0
        assert sorted(path.name for path in (tmp_path / format).iterdir()) == [f"1.{format}", f"2.{format}"]


def test_a_model_of_events_writes_no_lines(tmp_path, capsys):
    run = str(saved_lstm(tmp_path / "run"))
    assert run_command_line(["generate", "--model", run, "--format", "jsonl", "--duration", "1s"]) == 2
    assert "only a model of notes writes note by note" in capsys.readouterr().err


def test_a_model_is_scored_factor_by_factor_and_names_its_encoding(run, takes, capsys):
    words = ["--baseline", str(takes), "--no-per-file"]
    assert run_command_line(["evaluate", "--model", str(run), str(takes), *words]) == 0
    rows = {row["metric"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out), delimiter="\t")}
    factors = [float(rows[f"nats_per_note_{name}"]["value"]) for name in ("time", "pitch", "velocity", "duration")]
    assert sum(factors) == pytest.approx(float(rows["nats_per_note"]["value"]), rel=1e-3)
    assert rows["nats_per_note"]["unit"] == "nats per note (notes)"
    assert rows["ngram_nats_per_note"]["unit"] == "nats per note (events)"
    tokens, notes = float(rows["nats_per_token"]["value"]), float(rows["nats_per_note"]["value"])
    assert tokens == pytest.approx(notes * 30 / 31, rel=1e-3)  # a token for each note, and the end


@pytest.mark.parametrize("option", [["--min-p", "2"], ["--top-p", "0"], ["--temperature", "-1"]])
def test_senseless_draws_are_refused(option, run, capsys):
    assert run_command_line(["generate", "--model", str(run), "-o", "never.mid", *option]) == 2
    assert f"{option[0]} must be" in capsys.readouterr().err
