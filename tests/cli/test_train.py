"""``train`` on the command line: a run folder, gone on with, and mistakes in one line."""

from pathlib import Path

import numpy as np
import pytest

from command_line import CommandLine
from maestrokit.cli.main import run_command_line
from maestrokit.errors import ExitStatus
from maestrokit.files import checkpoint
from maestrokit.files.midi import read_midi
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.note_arrays import performance_from_arrays
from maestrokit.music.performance import Tempos

SIZES = ("width=8", "layers=1", "heads=2", "hidden=8")
SMALL = ["--batch", "2", "--length", "8", *(word for size in SIZES for word in ("--set", size))]


@pytest.fixture
def takes(tmp_path):
    folder = tmp_path / "takes"
    folder.mkdir()
    for number in range(3):
        onset = np.arange(20) * 200 + number
        none = np.empty(0, np.int64)
        write_midi(
            performance_from_arrays(
                onset, onset + 150, 60 + onset % 7, 64 + onset % 5, pedal_tick=none, pedal_value=none
            ),
            folder / f"{number}.mid",
        )
    return folder


def train(takes, run, *words, family="transformer"):
    where = ["-o", str(run), "--cache", str(takes / "cache")]
    return run_command_line(["train", family, str(takes), *where, "-q", *words])


def test_a_run_is_made_and_gone_on_with(takes, tmp_path):
    run = tmp_path / "run"
    assert train(takes, run, "--steps", "2", *SMALL) == 0
    assert checkpoint.read_resume(run)[1]["step"] == 2
    assert train(takes, run, "--steps", "4", *SMALL) == 0
    assert checkpoint.read_resume(run)[1]["step"] == 4
    assert {"config.json", "model.safetensors", "log.jsonl", "resume.safetensors"} <= {p.name for p in run.iterdir()}
    assert checkpoint.read_config(run)["encoding"]["step_milliseconds"] == 10


@pytest.mark.parametrize(("part", "value"), [("model", None), ("training", None), ("training", [1]), ("model", "")])
def test_a_run_with_a_damaged_config_is_not_resumed(takes, tmp_path, capsys, part, value):
    run = tmp_path / "run"
    assert train(takes, run, "--steps", "2", *SMALL) == 0
    config = checkpoint.read_config(run)
    checkpoint.write_config(run, {name: value for name, value in {**config, part: value}.items() if value != ""})
    assert train(takes, run, "--steps", "4", *SMALL) == 65
    assert "the settings in its config.json are missing or damaged" in capsys.readouterr().err
    assert checkpoint.read_resume(run)[1]["step"] == 2


def test_fine_tuning_begins_with_given_weights(takes, tmp_path):
    assert train(takes, tmp_path / "one", "--steps", "2", *SMALL) == 0
    begun = ["--init", str(tmp_path / "one"), "--learning-rate", "1e-9"]
    assert train(takes, tmp_path / "two", *begun, "--steps", "1") == 0
    first, second = (checkpoint.read_weights(tmp_path / name) for name in ("one", "two"))
    assert all(np.allclose(first[name], second[name], atol=1e-6) for name in first)


def test_a_model_can_have_the_tempo_as_a_condition(takes, tmp_path, capsys):
    words = ["--steps", "1", *SMALL, "--set", "encoding=notes", "--set", "conditions=tempo"]
    for path in sorted(takes.glob("*.mid"))[1:]:
        performance = read_midi(path)
        write_midi(performance.replace(tempos=Tempos(*(np.array([value]) for value in (0, 600_000, 0, 0)))), path)
    assert train(takes, tmp_path / "run", *words) == 0
    generate = ["generate", "--model", str(tmp_path / "run"), "--duration", "1s", "-q", "-o", str(tmp_path / "new.mid")]
    assert run_command_line([*generate, "--tempo", "100"]) == 0
    for path in takes.glob("*.mid"):
        write_midi(read_midi(path).replace(tempos=Tempos.empty()), path)
    assert train(takes, tmp_path / "other", *words) == 2
    assert "no file says where beats are" in capsys.readouterr().err


def test_mistakes_have_their_statuses(takes, tmp_path, capsys):
    run = tmp_path / "run"
    assert train(takes, run, "--set", "depth=3") == 2
    assert "no setting 'depth'" in capsys.readouterr().err
    assert train(takes, run, family="oracle") == 2
    assert train(takes, run, "--task", "cooking") == 2
    assert train(takes, run, "--set", "width=wide") == 2
    assert train(tmp_path / "nowhere", run) == 66
    assert train(takes, run, "--steps", "1", *SMALL) == 0
    assert train(takes, run, "--steps", "2", "--set", "width=24") == 2
    assert "holds a training with width " in capsys.readouterr().err
    with checkpoint.locked(run):
        assert train(takes, run, "--steps", "2", *SMALL) == 75
    weights = (run / "model.safetensors").read_bytes()
    (run / "resume.safetensors").unlink()
    assert train(takes, run, "--steps", "2", *SMALL) == 2
    assert "cannot be resumed" in capsys.readouterr().err and (run / "model.safetensors").read_bytes() == weights


def test_learning_curves_are_drawn(takes, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    assert train(takes, tmp_path / "run", "--steps", "2", "--plot", str(tmp_path / "curves.png"), *SMALL) == 0
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert train(takes, tmp_path / "run", "--steps", "2", "--plot", str(tmp_path / "curves.txt"), *SMALL) == 2
    assert "cannot write a picture as" in capsys.readouterr().err


def test_settings_are_searched(takes, tmp_path, capsys):
    pytest.importorskip("optuna")
    where = ["-o", str(tmp_path / "run"), "--cache", str(takes / "cache")]
    words = [
        "--tune",
        "2",
        "--steps",
        "2",
        "--set",
        "width=8..16",
        "--set",
        "layers=1",
        "--batch",
        "2",
        "--length",
        "8",
    ]
    assert run_command_line(["train", "lstm", str(takes), *where, *words]) == 0
    said = capsys.readouterr()
    assert said.out == "" and said.err.splitlines()[-1].startswith("best of 2 trials: ") and "--set width=" in said.err
    assert checkpoint.has_search(tmp_path / "run") and checkpoint.read_weights(tmp_path / "run")
    assert train(takes, tmp_path / "new", "--tune", "2", family="lstm") == 2
    assert train(takes, tmp_path / "new", "--tune", "2", "--steps", "2", "--length", "9..1", family="lstm") == 2


def test_a_run_resumed_with_other_settings_says_so(takes, tmp_path, capsys):
    run, words = tmp_path / "run", ["train", "transformer", str(takes), "-o", str(tmp_path / "run")]
    assert train(takes, run, "--steps", "2", *SMALL) == 0
    more = ["--cache", str(takes / "cache"), *SMALL, "--steps", "3"]
    assert run_command_line([*words, *more, "--learning-rate", "0.01"]) == 0
    assert f"note: '{run}' is resumed with learning_rate 0.01, not 0.001\n" in capsys.readouterr().err
    assert run_command_line([*words, *more[:-1], "4", "--learning-rate", "0.01"]) == 0
    assert "is resumed" not in capsys.readouterr().err
    first = next(path for path in sorted(takes.glob("*.mid")))
    (takes / "more.mid").write_bytes(first.read_bytes())
    assert run_command_line([*words, *more[:-1], "5", "--learning-rate", "0.01"]) == 0
    (takes / "more.mid").unlink()
    assert (
        f"note: '{run}' is resumed on other files than before, so its losses do not compare\n"
        in capsys.readouterr().err
    )


def test_a_failed_training_leaves_no_folder(takes, tmp_path):
    (tmp_path / "empty").mkdir()
    assert train(tmp_path / "empty", tmp_path / "run", "--steps", "2", *SMALL) == 66
    assert not (tmp_path / "run").exists()
    (tmp_path / "mine").mkdir()
    assert train(tmp_path / "empty", tmp_path / "mine", "--steps", "2", *SMALL) == 66
    assert (tmp_path / "mine").is_dir()


def test_a_run_does_not_go_into_its_data(takes, capsys):
    assert train(takes, takes / ".." / "takes", "--steps", "2", *SMALL) == 73
    assert "is both the data and the run folder" in capsys.readouterr().err
    assert sorted(path.name for path in takes.iterdir()) == ["0.mid", "1.mid", "2.mid"]


def test_a_setting_whose_name_is_a_keyword_is_given_by_that_name(
    maestrokit: CommandLine, maestro_root: Path, tmp_path: Path
) -> None:
    sets = ("--set", "to=composer=Chopin", "-n", "-o", tmp_path / "run")
    known = maestrokit("train", "gan", "--task", "style", maestro_root, "--set", "from=composer=Bach", *sets)
    unknown = maestrokit("train", "gan", "--task", "style", maestro_root, "--set", "form=composer=Bach", *sets)
    assert (known.status, unknown.status) == (0, ExitStatus.USAGE), known.err
    assert "from" in unknown.err
