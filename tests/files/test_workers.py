"""Worker processes do the work, and do not outlive the process that they work for."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from joblib import delayed

from maestrokit.files.workers import workers

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


def test_results_come_back_in_order_from_one_process_or_two() -> None:
    for jobs in (1, 2):
        assert workers(jobs)(delayed(abs)(number) for number in (-3, 2, -1)) == [3, 2, 1]
