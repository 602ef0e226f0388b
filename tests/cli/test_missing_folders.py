"""Every output whose folder is missing makes it, whatever it holds."""

from pathlib import Path

import pytest

from command_line import CommandLine

OUTPUTS = [
    ("quantize", "--step", "10ms", "-o", "q.mid"),
    ("transpose", "-o", "t.mid"),
    ("transpose", "-q", "-o", "t.mid", "--report", "report.tsv"),
    ("features", "-o", "f.jsonl"),
    ("features", "-o", "f.tsv"),
    ("features", "--frames", "series.npz", "-o", "f.json"),
]


@pytest.mark.parametrize("words", OUTPUTS, ids=lambda words: f"{words[0]} {words[-1]}")
def test_a_missing_folder_is_made(
    words: tuple[str, ...], maestrokit: CommandLine, demo_folder: Path, tmp_path: Path
) -> None:
    command, *options = words
    arguments = [tmp_path / "new" / word / word if "." in word else word for word in options]
    done = maestrokit(command, demo_folder / "satie-gymnopedie.mid", *arguments)
    assert (done.status, done.err) == (0, "")
    assert all(argument.stat().st_size for argument in arguments if isinstance(argument, Path))
