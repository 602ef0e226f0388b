"""Same input, options, seed and version: same bytes, whatever the number of jobs, and over pipes as from files."""

import subprocess
import sys
from pathlib import Path

import pytest

from command_line import CommandLine

FILTERS = [("quantize", "--step", "20ms"), ("transpose", "--to", "C")]


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", FILTERS, ids=lambda words: words[0])
def test_jobs_pipes_and_repetition_give_the_same_bytes(
    maestrokit: CommandLine, demo_folder: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    for run, extra in (("one", []), ("again", []), ("two", ["-j", "2"])):
        assert maestrokit(*command, demo_folder, "-d", tmp_path / run, *extra).status == 0
    expected = contents(tmp_path / "one")
    assert len(expected) == 4
    assert contents(tmp_path / "again") == contents(tmp_path / "two") == expected
    for name, data in expected.items():
        assert maestrokit(*command, "-", stdin=(demo_folder / name).read_bytes()).out == data


def test_features_come_in_input_order_for_any_jobs(maestrokit: CommandLine, demo_folder: Path) -> None:
    alone = maestrokit("features", *sorted(demo_folder.glob("*.mid")))
    assert alone.status == 0 and len(alone.out.splitlines()) == 4
    assert maestrokit("features", *sorted(demo_folder.glob("*.mid")), "-j", "2").out == alone.out


CLUSTER = """
import subprocess, sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        command = [sys.executable, "-m", "maestrokit", *sys.argv[1:], "--cluster", cluster.scheduler_address]
        sys.exit(subprocess.run(command).returncode)
"""


def test_a_dask_cluster_gives_the_same_bytes(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    (tmp_path / "cluster.py").write_text(CLUSTER, encoding="utf-8")
    arguments = ["quantize", str(demo_folder), "--step", "20ms", "-d"]
    assert maestrokit(*arguments, tmp_path / "alone").status == 0
    script = [sys.executable, str(tmp_path / "cluster.py"), *arguments, str(tmp_path / "cluster")]
    done = subprocess.run(script, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    assert contents(tmp_path / "cluster") == contents(tmp_path / "alone")


def test_no_dask_scheduler_is_one_clear_line(maestrokit: CommandLine, demo_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    done = maestrokit("quantize", demo_folder, "--step", "20ms", "-d", tmp_path, "-q", "--cluster", "tcp://127.0.0.1:1")
    assert done.status == 2 and "no Dask scheduler at 'tcp://127.0.0.1:1'" in done.lines[0]
