"""Worker processes do the work, and do not outlive the process that they work for."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest
from joblib import delayed

from maestrokit.files.workers import MANAGER, _ignoring_work_that_is_gone, done_by, release, workers

SCRIPT = """
import os, pathlib, sys, time
from joblib import delayed
from maestrokit.files.workers import workers

def work(name):
    pathlib.Path(sys.argv[1], name).write_text(str(os.getpid()))
    time.sleep(300)

workers(2)(delayed(work)(name) for name in ("one", "two"))
"""
DEADLINE = 60  # seconds that nothing here needs


def is_alive(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def until(condition) -> bool:
    end = time.monotonic() + DEADLINE
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_killed_parents_take_their_workers_with_them(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace("sys.argv[1]", repr(str(tmp_path))))
    parent = subprocess.Popen([sys.executable, str(script)])
    try:
        names = [tmp_path / name for name in ("one", "two")]
        assert until(lambda: all(name.exists() and name.read_text() for name in names))
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    processes = {int(name.read_text()) for name in names}
    assert os.getpid() not in processes and len(processes) == 2
    assert until(lambda: not any(is_alive(process) for process in processes))


def is_deaf(_: int) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_workers_know_no_ctrl_c_from_their_start() -> None:
    assert list(done_by(2, (delayed(is_deaf)(number) for number in range(4)))) == [True] * 4
    assert not is_deaf(0)


def test_a_ctrl_c_while_workers_start_is_not_lost() -> None:
    handled = []
    old = signal.signal(signal.SIGINT, lambda number, frame: handled.append(started))
    started = []

    def calls():
        signal.raise_signal(signal.SIGINT)
        started.append(not handled)
        yield delayed(abs)(-1)

    try:
        assert list(done_by(2, calls())) == [1]
    finally:
        signal.signal(signal.SIGINT, old)
    assert handled == [[True]]


def test_work_that_is_left_is_no_matter_of_a_warning() -> None:
    with warnings.catch_warnings(record=True) as warned:
        results = done_by(2, (delayed(time.sleep)(0.05 * number) for number in range(40)))
        next(results)
        warnings.resetwarnings()  # as where a context is left before
        results.close()
    assert [str(warning.message) for warning in warned] == []


@pytest.mark.parametrize(("name", "error", "seen"), [(MANAGER, KeyError, 0), (MANAGER, OSError, 1), ("T", KeyError, 1)])
def test_a_thread_that_hands_out_work_that_is_gone_prints_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, error: type[Exception], seen: int
) -> None:
    printed: list[object] = []
    monkeypatch.setattr(threading, "excepthook", printed.append)

    def run(self: threading.Thread) -> None:
        raise error(23)

    with _ignoring_work_that_is_gone():
        thread = type(name, (threading.Thread,), {"run": run})()
        thread.start()
        thread.join()
    assert len(printed) == seen and threading.excepthook == printed.append


def test_results_come_back_in_order_from_one_process_or_two() -> None:
    for jobs in (1, 2):
        assert workers(jobs)(delayed(abs)(number) for number in (-3, 2, -1)) == [3, 2, 1]


def own_process(_: int) -> int:
    return os.getpid()


def test_processes_that_are_released_end_and_later_work_has_others() -> None:
    first = set(done_by(2, (delayed(own_process)(number) for number in range(4))))
    assert os.getpid() not in first and all(map(is_alive, first))
    release()
    assert until(lambda: not any(map(is_alive, first)))
    release()  # there are none
    assert not first & set(done_by(2, (delayed(own_process)(number) for number in range(4))))
