"""``train`` where files cannot be used: each is named, and training goes on without it."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from maestrokit.cli.main import run_command_line
from maestrokit.files import checkpoint
from maestrokit.files.midi.writer import write_midi
from maestrokit.music.note_arrays import performance_from_arrays

_spec = importlib.util.spec_from_file_location("corpora", Path(__file__).parents[1] / "training" / "corpora.py")
corpora = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpora)

NONE = np.empty(0, np.int64)
SMALL = ["--steps", "1", "--batch", "2", "--length", "8", "--set", "width=8", "--set", "layers=1"]


@pytest.fixture
def takes(tmp_path):
    return corpora.write_takes(tmp_path / "takes", count=2)


def train(takes, *words, run="run"):
    where = ["-o", str(takes.parent / run), "--cache", str(takes.parent / "cache")]
    return run_command_line(["train", "lstm", str(takes), *where, *SMALL, *words])


def cut(takes, name):
    """Put a file there that ends in the middle of its track."""
    data = (takes / "0.mid").read_bytes()
    (takes / name).write_bytes(data[: len(data) // 2])


def without_note_offs(path):
    """Write a performance of 40 notes on as many keys, none of which ends."""
    keys = b"".join(bytes([0x18, 0x90, 40 + key, 64]) for key in range(40)) + b"\0\xff\x2f\0"
    head = b"MThd" + bytes([0, 0, 0, 6, 0, 0, 0, 1, 0, 96])
    path.write_bytes(head + b"MTrk" + len(keys).to_bytes(4, "big") + keys)


def learnt_from(takes, run="run"):
    return checkpoint.read_config(takes.parent / run)["data"]


@pytest.mark.parametrize("name", ["a.mid", "z.mid", "0a.mid", "bad_d.mid", "z_a1.mid"])
def test_a_damaged_file_is_named_and_left_out_whatever_its_name(takes, capsys, name):
    cut(takes, name)
    assert train(takes) == 65
    lines = capsys.readouterr().err.splitlines()
    assert f"maestrokit train: cannot read '{takes / name}': track 1 is cut off" in lines[0]
    assert "--repair" in lines[1] and "quantize" in lines[1]  # train itself has no such option
    assert lines[-1] == "maestrokit train: left out 1 file that cannot be used"
    assert learnt_from(takes) == {"train": 1, "validation": 1}


@pytest.mark.parametrize("name", ["a.mid", "z_a1.mid"])
def test_a_file_without_notes_is_named_and_left_out(takes, capsys, name):
    write_midi(performance_from_arrays(*[NONE] * 4, pedal_tick=NONE, pedal_value=NONE), takes / name)
    assert train(takes) == 65
    assert f"cannot learn from '{takes / name}': it has no notes" in capsys.readouterr().err
    assert learnt_from(takes) == {"train": 1, "validation": 1}


def test_a_bad_file_is_named_in_every_run_with_one_cache(takes, capsys):
    cut(takes, "cut.mid")
    for run in ("first", "second", "second"):  # made, found in the cache, gone on with
        assert train(takes, run=run) == 65
        assert capsys.readouterr().err.count("cut.mid") == 1


def test_quiet_says_the_error_and_nothing_else(takes, capsys):
    cut(takes, "cut.mid")
    assert train(takes, "-q") == 65
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_the_first_bad_file_can_end_it(takes, capsys):
    cut(takes, "cut.mid")
    cut(takes, "cut2.mid")
    assert train(takes, "--no-keep-going") == 65
    assert capsys.readouterr().err.count("cannot read") == 1
    assert not (takes.parent / "run" / "config.json").exists()


def test_too_few_good_files_are_no_mistake_of_the_command_line(takes, capsys):
    cut(takes, "1.mid")
    assert train(takes) == 65
    assert "only 1 of 2 files can be used" in capsys.readouterr().err


def test_a_file_that_may_not_be_opened_is_left_out_too(takes, capsys):
    (takes / "gone.mid").symlink_to(takes / "nowhere.mid")
    assert train(takes) == 66
    assert "gone.mid': no such file" in capsys.readouterr().err
    assert learnt_from(takes) == {"train": 1, "validation": 1}


def test_a_search_names_a_bad_file_once(takes, capsys):
    pytest.importorskip("optuna")
    cut(takes, "cut.mid")
    assert train(takes, "--tune", "2") == 65
    assert capsys.readouterr().err.count("cut.mid") == 1


def test_a_dry_run_says_what_it_would_read_and_write_and_does_nothing(takes, capsys):
    before = sorted(takes.parent.rglob("*"))
    assert train(takes, "-n") == 0
    run = takes.parent / "run"
    assert capsys.readouterr().out == f"{takes / '0.mid'} -> {run}\n{takes / '1.mid'} -> {run}\n"
    assert train(takes, "-n", "--set", "depth=3") == train(takes, "-n", "--dropout", "1") == 2
    assert sorted(takes.parent.rglob("*")) == before


@pytest.fixture
def root(takes):
    """A MAESTRO root of two performances, for training and for validation; that for tests is not there."""
    rows = [
        {"canonical_composer": "A", "canonical_title": name, "split": part, "year": 2004, "duration": 8.0,
         "midi_filename": name, "audio_filename": name.replace(".mid", ".wav")}
        for name, part in (("0.mid", "train"), ("1.mid", "validation"), ("2.mid", "test"))
    ]  # fmt: skip
    table = {column: {str(row): values[column] for row, values in enumerate(rows)} for column in rows[0]}
    (takes / "maestro-v3.0.0.json").write_text(json.dumps(table))
    return takes


def test_nothing_is_said_of_a_split_that_nobody_reads(root, capsys):
    assert train(root) == 0
    assert capsys.readouterr().err.splitlines()[:-1] == []


def test_a_split_without_its_files_is_called_by_its_name(root, capsys):
    (root / "1.mid").rename(root / "spare.mid")
    assert train(root, str(root / "spare.mid"), str(root / "0.mid")) == 0
    assert "has none of the 1 files of its validation split" in capsys.readouterr().err


def test_a_cache_folder_that_cannot_be_made_is_blamed_itself(takes, capsys, monkeypatch):
    monkeypatch.setenv("HOME", "/proc")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert run_command_line(["train", "lstm", str(takes), "-o", str(takes.parent / "run"), *SMALL]) == 73
    message, hint = capsys.readouterr().err.splitlines()
    assert "cannot make the cache folder '/proc/.cache/maestrokit'" in message and "--cache" in hint


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_note_without_its_end_is_noted_in_every_run_with_one_cache(takes, capsys, jobs):
    without_note_offs(takes / "hanging.mid")
    for run in ("made", "found"):
        assert train(takes, "-j", jobs, run=run) == 0
        lines = [line for line in capsys.readouterr().err.splitlines() if "hanging.mid" in line]
        assert len(lines) == 1 and lines[0].startswith(f"note: '{takes / 'hanging.mid'}': ")


def test_quiet_says_nothing_of_a_note_without_its_end(takes, capfd):
    without_note_offs(takes / "hanging.mid")
    assert train(takes, "-j", "2", "-q") == 0
    assert capfd.readouterr().err == ""  # of this process and of those that read files
