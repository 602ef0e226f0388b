"""Listening tests from Python: the same kit and the same scores as by the command."""

import json
from pathlib import Path

import numpy as np
import pytest

import maestrokit as library
from command_line import CommandLine
from maestrokit.errors import BadDataError, CannotWriteError, NoInputError, UsageError
from maestrokit.files.midi import read_midi
from small_kits import answer_file, data_of, small_kit


@pytest.fixture
def pieces(demo_folder: Path) -> list[Path]:
    return sorted(demo_folder.glob("*.mid"))


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    folder = tmp_path / "answers"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.json").write_text(json.dumps(answer_file(small_kit(), number)))
    return folder


def test_values_and_files_become_one_kit_that_is_written_once(pieces: list[Path], tmp_path: Path) -> None:
    noise = library.Sound(np.random.default_rng(1).normal(0, 0.1, 32000).astype(np.float32), 16000)
    systems = {"human": [read_midi(pieces[0]), pieces[1], str(pieces[2])], "noise": [noise] * 2}
    kit = library.make_listening_kit(systems, clips=2, seconds=0.5, information="<Hello>")
    assert (kit.key["systems"], kit.key["human"], kit.key["design"]) == (["human", "noise"], "human", "mos")
    heard = sorted((clip["system"], clip["piece"]) for clip in kit.key["clips"].values() if clip["system"])
    assert heard == [
        ("human", "1"), ("human", pieces[2].name), ("noise", "1"), ("noise", "2"), ("practice", pieces[1].name)
    ]  # fmt: skip
    assert b"<p>&lt;Hello&gt;</p>" in kit.files["index.html"]
    assert library.make_listening_kit(systems, clips=2, seconds=0.5, information="<Hello>") == kit
    library.write_listening_kit(kit, tmp_path / "kit")
    assert json.loads((tmp_path / "kit.key.json").read_text()) == kit.key
    assert (tmp_path / "kit" / "index.html").read_bytes() == kit.files["index.html"]
    with pytest.raises(CannotWriteError):
        library.write_listening_kit(kit, tmp_path / "kit")
    with pytest.raises(CannotWriteError):
        library.write_listening_kit(kit, tmp_path / "kit", key=tmp_path / "other.json")
    assert not (tmp_path / "other.json").exists()  # both or none


def test_mushra_has_references_and_anchors_made_of_notes(pieces: list[Path]) -> None:
    kit = library.make_listening_kit({"human": pieces[:2]}, design="mushra", clips=2, seconds=0.5)
    assert kit.key["systems"] == ["human", "floor"]
    assert all("reference" in trial for trial in data_of(kit)["trials"] if trial["kind"] == "rated")
    noise = library.Sound(np.ones(16000, np.float32), 16000)
    with pytest.raises(UsageError, match="human system has recordings"):
        library.make_listening_kit({"human": [noise, noise]}, design="mushra", clips=2, seconds=0.5)


@pytest.mark.parametrize(
    ("systems", "options", "fact"),
    [
        ({}, {}, "needs clips"),
        ({"a": []}, {}, "'a' has 0 pieces, and 8 clips are wanted"),
        ({"a": []}, {"clips": 1}, "clips must be in 2..200, not 1"),
        ({"a": []}, {"seconds": 0}, "seconds must be above 0"),
        ({"a": []}, {"seed": -1}, "seed must be"),
        ({"a": []}, {"design": "abx"}, "no design 'abx'"),
        ({"a": []}, {"design": "turing"}, "needs human clips"),
        ({"a": []}, {"design": "pairs"}, "needs two systems"),
        ({"practice": []}, {}, "clips called 'practice' of its own"),
        ({"floor": []}, {"design": "mushra"}, "clips called 'floor' of its own"),
        ({"a": []}, {"post": "a.b"}, "'a.b' is no address"),
        ({str(number): [] for number in range(20)}, {"design": "pairs"}, "each listener would meet 1520 trials"),
    ],
)
def test_what_makes_no_kit_is_refused(systems: dict, options: dict, fact: str) -> None:
    with pytest.raises(UsageError, match=fact):
        library.make_listening_kit(systems, **options)


def test_scores_are_those_of_the_command(answers: Path, maestrokit: CommandLine) -> None:
    key = answers.parent / "key.json"
    key.write_text(json.dumps(small_kit().key))
    done = maestrokit("evaluate", "--ratings", answers, "--key", key, "--no-per-file", "--format", "json")
    printed = {(row["system"], row["metric"]): row["value"] for row in json.loads(done.out) if row["versus"] is None}
    for kit_key in (key, small_kit().key):
        scores = library.score_ratings(answers, kit_key)
        for name, rows in scores.systems.items():
            for row in rows:
                value = printed[name, row.metric]
                assert (value is None and np.isnan(row.value)) or value == pytest.approx(row.value, abs=1e-6)
    assert {row.metric: row.value for row in scores.panel}["listeners"] == 8


def test_answers_of_one_listener_count_once_and_two_different_ones_are_refused(answers: Path) -> None:
    key, twice = small_kit().key, [answers / "1.json", answers / "2.json"]
    (answers.parent / "again.json").write_bytes(twice[0].read_bytes())
    scores = library.score_ratings([*twice, answers.parent / "again.json"], key)
    assert {row.metric: row.n for row in scores.panel}["listeners"] == 2
    other = answer_file(small_kit(), 3) | {"listener": f"{1:016x}"}
    (answers.parent / "again.json").write_text(json.dumps(other))
    with pytest.raises(BadDataError, match=r"other answers by the listener of '.*1\.json'"):
        library.score_ratings([*twice, answers.parent / "again.json"], key)
    with pytest.raises(NoInputError, match="cannot read"):
        library.score_ratings(answers / "absent.json", key)
    (answers / "0.json").write_bytes(b" " * 2_000_000)
    with pytest.raises(BadDataError, match="more than 1048576 bytes"):
        library.score_ratings(answers, key)
    with pytest.raises(NoInputError, match="no answers"):
        library.score_ratings([], key)
