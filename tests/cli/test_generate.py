"""``generate`` on the command line: valid MIDI, the same bytes for a seed, one folder for many."""

import shutil
from pathlib import Path

import pytest
import torch

from command_line import CommandLine
from maestrokit.cli.main import run_command_line
from maestrokit.errors import ExitStatus
from maestrokit.files import checkpoint
from maestrokit.files.midi import read_midi
from maestrokit.inference.generation import events
from maestrokit.models import lstm
from maestrokit.models.contract import settings_of
from small_models import saved_lstm


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "toy"
    folder.mkdir()
    torch.manual_seed(0)
    model = lstm.Model(lstm.Config(width=16, layers=1))
    encoding = {"step_milliseconds": 10, "velocity_bins": 32, "pedal_events": False}
    checkpoint.write_config(folder, {"family": "lstm", "model": settings_of(model.config), "encoding": encoding})
    checkpoint.write_weights(folder, model.state_dict())
    return str(folder)


def test_a_seed_gives_the_same_bytes_under_any_name(run_folder, tmp_path):
    for name in ("a.mid", "b.mid"):
        words = ["generate", "--model", run_folder, "--seed", "3", "--duration", "1s", "-o", str(tmp_path / name)]
        assert run_command_line(words) == 0
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert len(read_midi(tmp_path / "a.mid").notes)


def test_many_go_into_a_folder_and_a_prompt_comes_first(run_folder, tmp_path):
    words = ["generate", "--model", run_folder, "--duration", "0.5s"]
    assert run_command_line([*words, "--count", "3", "-d", str(tmp_path / "new")]) == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["1.mid", "2.mid", "3.mid"]
    first = str(tmp_path / "new" / "1.mid")
    assert run_command_line([*words, first, "--prompt-seconds", "0.3", "-o", str(tmp_path / "on.mid")]) == 0
    assert read_midi(tmp_path / "on.mid").notes.onset_tick[0] == read_midi(first).notes.onset_tick[0]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--model", "nowhere"], 66),
        (["--count", "2", "-o", "x.mid"], 2),
        (["--duration", "soon", "-o", "x.mid"], 2),
        (["--top-p", "2", "-o", "x.mid"], 2),
        (["nowhere.mid", "-o", "x.mid"], 66),
    ],
)
def test_mistakes_end_in_one_clear_line(run_folder, words, status, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = [] if "--model" in words else ["--model", run_folder]
    assert run_command_line(["generate", *words, *model, *([] if "-o" in words else ["-o", "x.mid"])]) == status
    assert capsys.readouterr().err.startswith("maestrokit generate: ")
    assert not (tmp_path / "x.mid").exists()


def test_a_dry_run_writes_nothing(tmp_path, capsys):
    out = tmp_path / "x.mid"
    assert run_command_line(["generate", "--duration", "1s", "-n", "-o", str(out)]) == 0
    assert capsys.readouterr().out == f"transformer -> {out}\n" and not out.exists()
    assert run_command_line(["generate", "--count", "2", "-n", "-d", str(tmp_path / "new")]) == 0
    assert not (tmp_path / "new").exists()
    assert run_command_line(["generate", "--model", "nosuch", "-n", "-o", str(out)]) == 66


def test_a_model_without_infill_is_answered_with_the_setting_of_training(maestrokit, demo_folder, tmp_path):
    words = ["--model", saved_lstm(tmp_path / "run"), "--infill", "1s..2s", "-o", tmp_path / "a.mid"]
    done = maestrokit("generate", demo_folder / "bach-prelude.mid", *words)
    assert done.status == 2
    assert done.lines[0] == "maestrokit generate: the model has not learned to fill gaps"
    assert "shipped transformer" in done.lines[1] and "infill=true" in done.lines[1]


def test_the_best_of_several_that_are_all_the_same_is_not_sought(maestrokit):
    done = maestrokit("generate", "--best-of", 3, "--temperature", 0, "-n")
    assert (done.status, done.lines[0]) == (
        2,
        "maestrokit generate: --best-of has no effect with --temperature 0 or --perform",
    )


def test_what_ranks_candidates_is_refused_where_there_is_one(maestrokit):
    done = maestrokit("generate", "--rank-by", "critic", "-n")
    assert (done.status, done.lines[0]) == (2, "maestrokit generate: --rank-by works only with --best-of")


def test_music_without_a_note_is_said(maestrokit, tmp_path):
    done = maestrokit("generate", "--duration", "0.001s", "-o", tmp_path / "out.mid")
    assert done.status == 0 and len(read_midi(tmp_path / "out.mid").notes) == 0
    assert done.lines == ["note: the model has put no note into the 0.001 s; another seed or more time may give some"]


def test_a_prompt_without_notes_of_a_piano_is_said(maestrokit, demo_folder, tmp_path):
    words = ("generate", demo_folder / "bach-prelude.mid", "--prompt-seconds", "0s", "--duration", "1s")
    done = maestrokit(*words, "-o", tmp_path / "out.mid")
    assert done.status == 0
    assert done.lines == ["note: the first 0 s of the prompt has no notes of a piano; music is made as without one"]


@pytest.mark.parametrize(
    ("option", "value", "fact"),
    [
        ("-d", "", "--directory is empty"),
        ("-o", "", "--output is empty"),
        ("-o", "d/", "--output is 'd/', a folder"),
        ("--model", "", "--model is empty"),
    ],
)
def test_an_empty_name_and_a_folder_for_a_file_are_refused(maestrokit, option, value, fact):
    done = maestrokit("generate", "--duration", "1s", option, value)
    assert (done.status, done.out, done.lines[0]) == (2, b"", f"maestrokit generate: {fact}")


def test_a_gap_beyond_the_prompt_is_refused_in_a_dry_run_and_one_left_empty_is_named(
    maestrokit, demo_folder, tmp_path, monkeypatch
):
    take, out = demo_folder / "bach-prelude.mid", tmp_path / "out.mid"
    dry, real = (maestrokit("generate", take, "--infill", "900s..910s", "-o", out, *more) for more in (["-n"], []))
    assert (dry.status, dry.err) == (2, real.err)
    monkeypatch.setattr(events, "_notes", lambda *arguments, **options: [events.NO_NOTES])
    done = maestrokit("generate", take, "--infill", "1s..2s", "-o", out)
    assert done.status == 0 and out.exists()
    assert done.lines[0].startswith("note: the model has put no note into the span from 1 to 2 s")


@pytest.mark.parametrize(
    ("line", "status"),
    [("--model {run} --composer Chopin", 2), ("--model {run} --format jsonl", 2), ("--composer Nobody", 2),
     ("{take} --model {run} --infill 1s..2s", 2), ("nope.mid", 66)],
)  # fmt: skip
def test_a_dry_run_refuses_what_the_run_does(maestrokit, demo_folder, tmp_path, line, status):
    of_events = saved_lstm(tmp_path / "run")
    words = line.format(take=demo_folder / "petzold-minuet.mid", run=of_events).split()
    dry, real = (maestrokit("generate", *words, "-o", tmp_path / "out", *more) for more in (["-n"], []))
    assert (dry.status, dry.out, dry.err) == (status, b"", real.err)


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [("COMPOSER", "Nobody", "composer"), ("CONDITION", "composer=Nobody", "composer"), ("LOUDNESS", "x", "loudness")],
)
def test_a_wrong_condition_of_the_environment_names_its_variable(maestrokit, monkeypatch, variable, value, name):
    monkeypatch.setenv(f"MAESTROKIT_GENERATE_{variable}", value)
    done = maestrokit("generate", "-n")
    assert done.status == 78
    assert name in done.lines[0] and done.lines[0].endswith(f" (from MAESTROKIT_GENERATE_{variable})")
    monkeypatch.delenv(f"MAESTROKIT_GENERATE_{variable}")
    assert maestrokit("generate", f"--{variable.lower()}", value, "-n").status == 2


def test_what_is_read_is_not_written_over(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    take = Path(shutil.copy(demo_folder / "bach-prelude.mid", tmp_path / "1.mid"))
    before = take.read_bytes()
    for words in (
        (take, "-o", take),
        (take, "-d", tmp_path, "--count", "2"),
        ("--perform", take, "-o", take),
        ("--perform", demo_folder / "bach-prelude.mid", "--like", take, "-o", take),
        (take, "--style", "chopin", "-o", take),
    ):
        done = maestrokit("generate", *words)
        assert done.status == ExitStatus.CANNOT_WRITE and "is both input and output" in done.err, words
    assert take.read_bytes() == before
