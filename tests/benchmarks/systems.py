"""Scores of people, both shipped sequence models and noise, and the time that large sets take.

    python tests/benchmarks/systems.py [--data DIR] [--pieces N] [--seconds S] [--large]

By ``maestrokit evaluate --system``: validation performances of MAESTRO and as many new pieces of each model, against
the training split, with the ceiling and the floor that the command computes. Printed are the Frechet distance on
the embedding of composers, and how many scores have intervals that overlap those of the ceiling; of a better system
the first is smaller and the second larger. With ``--large``, the training split against itself by two jobs instead:
wall-clock seconds, and the peak memory of the largest process and of all three.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

SHOWN = ("frechet_composers", "inside_ceiling")
JOBS = 2
EVALUATE = (sys.executable, "-m", "maestrokit", "evaluate", "--no-per-file", "--format", "json")


def print_scores(root: Path, pieces: int, seconds: float) -> None:
    """Print the scores of people and of both models."""
    models = [option for name in ("transformer", "lstm") for option in ("--system", f"{name}=model:{name}")]
    command = [*EVALUATE, "--system", f"people={root}", *models, "--split", "validation", "--reference", str(root),
               "--reference-split", "train", "--pieces", str(pieces), "--seconds", str(seconds)]  # fmt: skip
    rows = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    rows = [row for row in rows if row["file"] == "*" and row["versus"] is None]
    systems = list(dict.fromkeys(row["system"] for row in rows))
    print(f"{pieces} pieces of {seconds:g} s each\n{'':20}" + "".join(f"{name:>14}" for name in systems))
    for metric in SHOWN:
        cells = {row["system"]: row for row in rows if row["metric"] == metric}
        values = "".join(f"{cells[name]['value']:14.4g}" if name in cells else f"{'-':>14}" for name in systems)
        print(f"{metric:20}{values}", flush=True)


def print_large(root: Path) -> None:
    """Print time and memory of scoring the training split against itself."""
    arguments = (str(root), "--split", "train", "--reference", str(root), "--reference-split", "train", "-j", str(JOBS))
    start = time.perf_counter()
    process = subprocess.Popen([*EVALUATE, *arguments], stdout=subprocess.DEVNULL)
    largest = total = 0
    while process.poll() is None:
        sizes = [size for pid in (process.pid, *descendants(process.pid)) if (size := resident_bytes(pid))]
        largest, total = max([largest, *sizes]), max(total, sum(sizes))
        time.sleep(0.2)
    count = sum("train" in line for line in next(root.glob("*.csv")).read_text(encoding="utf-8").splitlines())
    sizes = f"{largest / 1e6:.0f} MB the largest process, {total / 1e6:.0f} MB all"
    seconds = time.perf_counter() - start
    print(f"{count} performances against {count}, {JOBS} jobs: {seconds:.0f} s, {sizes}, status {process.returncode}")


def descendants(pid: int) -> list[int]:
    """Return the child processes of a process, and theirs."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [process for child in map(int, text.split()) for process in (child, *descendants(child))]


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process in bytes, 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def main() -> None:
    """Print the table, or the time of large sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared/data")
    parser.add_argument("--pieces", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--large", action="store_true", help="time large sets instead")
    options = parser.parse_args()
    root = options.data / "maestro-v3.0.0"
    if options.large:
        print_large(root)
    else:
        print_scores(root, options.pieces, options.seconds)


if __name__ == "__main__":
    main()
