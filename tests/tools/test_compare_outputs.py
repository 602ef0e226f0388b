"""The tool that compares outputs sees every difference but those that it lists."""

import json
from pathlib import Path

import pytest

import compare_outputs
from compare_outputs import compare, contents

PROGRAM = """
import pathlib, sys
out = pathlib.Path("out")
{body}
"""
PLAIN = 'print("notes"); (out / "a.mid").write_bytes(b"MThd")'


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compare_outputs, "CASES", {"case": "quantize midi"})
    (tmp_path / "sample").mkdir()
    return tmp_path / "sample"


def differences(old: str, new: str, sample: Path) -> list[str]:
    for name, body in (("old", old), ("new", new)):
        package = sample.parent / "trees" / name / "maestrokit"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(PROGRAM.format(body=body), encoding="utf-8")
    trees = sample.parent / "trees"
    return list(compare("case", trees / "old", trees / "new", sample, sample.parent))


def test_equal_outputs_are_equal(sample: Path) -> None:
    assert differences(PLAIN, PLAIN + '; print("warning", file=sys.stderr)', sample) == []


def test_every_difference_is_named(sample: Path) -> None:
    other = 'print("rests"); (out / "a.mid").write_bytes(b"MTrk"); (out / "b.mid").touch(); sys.exit("a fault")'
    assert differences(PLAIN, other, sample) == [
        "exit status 0 and 1:  / a fault",
        "standard output",
        "out/b.mid: only in new",
        "out/a.mid: 4 and 4 bytes",
    ]


def test_nothing_shows_nothing(sample: Path) -> None:
    assert differences("pass", "pass", sample) == ["no output to compare"]


def test_clocks_are_let_pass(sample: Path) -> None:
    log = """(out / "log.jsonl").write_text('{log}')"""
    old = log.format(log='{"seconds": 1.5, "loss": 2}')
    new = log.format(log='{"loss": 2, "seconds": 3}')
    assert differences(old, new, sample) == []
    assert differences(old, new.replace("2,", "3,"), sample) == ["out/log.jsonl: 27 and 25 bytes"]


def state(path: Path, seconds: float, values: bytes) -> Path:
    tensors = {"carry.hidden": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
    progress = json.dumps({"step": 3, "seconds": seconds})
    header = json.dumps({"__metadata__": {"progress": progress}, **tensors}).encode()
    path.mkdir()
    (path / "resume.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + values)
    return path / "resume.safetensors"


def test_states_of_training_are_compared_but_for_clocks(tmp_path: Path) -> None:
    first = contents(state(tmp_path / "one", 1.0, bytes(4)))
    assert first == contents(state(tmp_path / "other", 2.0, bytes(4)))
    assert first != contents(state(tmp_path / "third", 1.0, b"abcd"))
