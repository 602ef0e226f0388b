"""Real processes at the end of pipes: closed ones, full disks, signals, two at once."""

import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maestrokit.files.midi import read_midi

MAESTROKIT = [sys.executable, "-m", "maestrokit"]


@pytest.fixture(autouse=True)
def _minds_interrupts() -> Iterator[None]:
    """Let children mind SIGINT and SIGHUP, also where the tests run in the background of what ignores them."""
    old = {signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
           signal.SIGHUP: signal.signal(signal.SIGHUP, signal.SIG_DFL)}  # fmt: skip
    yield
    for number, handler in old.items():
        signal.signal(number, handler)


def start(*arguments: object, **streams: object) -> subprocess.Popen[bytes]:
    """Start a command line."""
    return subprocess.Popen([*MAESTROKIT, *map(str, arguments)], **streams)  # type: ignore[call-overload,no-any-return]


def outputs(folder: Path) -> list[Path]:
    """Return all files in a folder, hidden ones too."""
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


def many(folder: Path, demo_folder: Path, count: int) -> Path:
    """Return a folder with many copies of a performance."""
    folder.mkdir()
    data = (demo_folder / "bach-prelude.mid").read_bytes()
    for number in range(count):
        (folder / f"{number:04}.mid").write_bytes(data)
    return folder


def test_closed_pipe_is_left_silently_with_141(demo_folder: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    source = demo_folder / "bach-prelude.mid"
    process = start("quantize", source, "--step", "20ms", stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


def test_full_disk_is_one_line_and_73(demo_folder: Path) -> None:
    source = demo_folder / "bach-prelude.mid"
    with Path("/dev/full").open("wb") as full:
        process = start("quantize", source, "--step", "20ms", stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (
        73,
        b"maestrokit quantize: cannot write standard output: no space left on device\n",
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_disk_that_fills_up_halfway_is_told(demo_folder: Path, tmp_path: Path, unbuffered: str) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    path = next(iter(sorted(demo_folder.glob("*.mid"))))
    with (tmp_path / "out.mid").open("wb") as out:
        done = subprocess.run(
            [*MAESTROKIT, "transpose", path, "--semitones", "1"], stdout=out, stderr=subprocess.PIPE, check=False,
            preexec_fn=limit, env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert done.returncode == 73 and done.stderr.startswith(b"maestrokit transpose: cannot write standard output")


def test_filters_chain_on_pipes(demo_folder: Path, tmp_path: Path) -> None:
    source = (demo_folder / "petzold-minuet.mid").open("rb")
    first = start("quantize", "-", "--step", "20ms", stdin=source, stdout=subprocess.PIPE)
    second = start("transpose", "-", "--to", "C", "-o", tmp_path / "out.mid", stdin=first.stdout)
    assert first.stdout is not None
    first.stdout.close()
    source.close()
    assert (second.wait(60), first.wait(60)) == (0, 0)
    low = read_midi(demo_folder / "petzold-minuet.mid").notes.pitch
    shift = set(read_midi(tmp_path / "out.mid").notes.pitch - low)
    assert shift == {5}, "G major goes up to C, the nearer way"


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)  # fmt: skip
def test_signals_end_a_batch_with_their_status_and_whole_files(
    demo_folder: Path, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    folder = many(tmp_path / "in", demo_folder, 3000)
    process = start("quantize", folder, "--step", "20ms", "-d", tmp_path / "out", stderr=subprocess.PIPE)
    patience = time.monotonic() + 60
    while not list((tmp_path / "out").glob("*.mid")) and process.poll() is None and time.monotonic() < patience:
        time.sleep(0.01)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == status
    lines = err.decode().splitlines()
    said = r"maestrokit quantize: interrupted, \d+ of 3000 done" if number == signal.SIGINT else None
    assert lines == [] if said is None else len(lines) == 1 and re.fullmatch(said, lines[0])
    sizes = {path.stat().st_size for path in outputs(tmp_path / "out")}
    assert len(sizes) == 1 and not list((tmp_path / "out").glob(".*"))


@pytest.mark.parametrize(
    ("module", "said"),
    [("maestrokit.cli.main", "maestrokit: interrupted"), ("numpy", "maestrokit quantize: interrupted"),
     ("maestrokit.cli.commands.quantize", "maestrokit quantize: interrupted")],
)  # fmt: skip
def test_an_interrupt_at_any_import_is_one_line_and_130(demo_folder: Path, module: str, said: str) -> None:
    script = f"""
import signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from maestrokit.__main__ import main
main()
"""
    arguments = ("quantize", str(demo_folder / "bach-prelude.mid"), "--step", "20ms", "-n")
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode().splitlines()) == (130, [said])


def test_two_runs_at_once_leave_the_same_as_one(demo_folder: Path, tmp_path: Path) -> None:
    folder = many(tmp_path / "in", demo_folder, 60)
    processes = [start("quantize", folder, "--step", "20ms", "-d", tmp_path / "out") for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    contents = {path.read_bytes() for path in outputs(tmp_path / "out")}
    assert len(outputs(tmp_path / "out")) == 60 and len(contents) == 1


@pytest.mark.slow
def test_kill_at_any_moment_leaves_no_partial_output(demo_folder: Path, tmp_path: Path) -> None:
    folder = many(tmp_path / "in", demo_folder, 300)
    generator = random.Random(1)
    for attempt in range(100):
        out = tmp_path / f"out{attempt}"
        process = start("quantize", folder, "--step", "20ms", "-d", out, "-j", 1 + attempt % 2)
        time.sleep(generator.uniform(0.2, 1.5))
        process.kill()
        process.wait()
        for path in outputs(out):
            assert len(read_midi(path).notes) == 304, path


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder_is_one_line_and_73(demo_folder: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    source = demo_folder / "bach-prelude.mid"
    process = start("quantize", source, "--step", "20ms", "-o", tmp_path / "out.mid", stderr=subprocess.PIPE)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 73 and err.count(b"\n") <= 2


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash in a folder; $M is the command."""
    environment = os.environ | {"M": f"{sys.executable} -m maestrokit"}
    return subprocess.run(["bash", "-c", line], capture_output=True, check=False, cwd=folder, env=environment)


@pytest.mark.parametrize(
    ("redirection", "status", "line"),
    [
        (">&-", 73, b"cannot write standard output: it is closed"),
        ("-n >&-", 73, b"cannot write standard output: it is closed"),
        ("-n >/dev/full", 73, b"cannot write standard output: no space left on device"),
        ("--help >/dev/full", 73, b"cannot write standard output: no space left on device"),
        ("- <&-", 66, b"cannot read standard input: it is closed"),
    ],
)
def test_closed_and_full_streams_are_one_line(redirection: str, status: int, line: bytes, demo_folder: Path) -> None:
    source = "" if redirection.startswith("- ") else "satie-gymnopedie.mid"
    done = shell(f"$M quantize {source} --step 20ms {redirection}", demo_folder)
    assert (done.returncode, done.stderr) == (status, b"maestrokit quantize: " + line + b"\n")


def test_words_do_not_go_into_the_data_where_standard_error_is_closed(demo_folder: Path) -> None:
    command = "$M quantize satie-gymnopedie.mid --step 20ms -v"
    assert shell(command + " 2>&-", demo_folder).stdout == shell(command, demo_folder).stdout


def test_pipes_have_names_too(demo_folder: Path, tmp_path: Path) -> None:
    expected = shell("$M quantize satie-gymnopedie.mid --step 20ms", demo_folder).stdout
    named = shell("cat satie-gymnopedie.mid | $M quantize /dev/stdin --step 20ms -o /dev/stdout | cat", demo_folder)
    assert named.stdout == expected
    out = tmp_path / "out.mid"
    os.mkfifo(tmp_path / "pipe")
    command = f"$M quantize satie-gymnopedie.mid --step 20ms -o {tmp_path}/pipe"
    shell(f"cat {tmp_path}/pipe > {out} & {command}; wait", demo_folder)
    assert out.read_bytes() == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anywhere")
def test_folders_that_may_not_be_read_are_named(demo_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir(mode=0)
    done = shell("$M features in in/take.mid", tmp_path)
    assert done.returncode == 66 and done.stderr.count(b"permission denied") == 2
