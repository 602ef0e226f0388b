"""Start-up time of commands, beside bare Python and the import of typer.

    python tests/benchmarks/startup.py [--rounds 15]

Whole processes in alternation, so that the load of the machine is the same for all; the median of wall-clock times, and
of processor times (user and system), which other work on the machine disturbs less.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

NOTES, DIVISION = 2000, 480  # of the file that is quantized


def midi_file() -> bytes:
    """Return the bytes of a MIDI file of 2,000 notes, one after another."""
    pitches = [21 + number % 88 for number in range(NOTES)]
    track = b"".join(b"\x60\x90%c\x40\x60\x80%c\x40" % (pitch, pitch) for pitch in pitches) + b"\0\xff\x2f\0"
    header = b"MThd\0\0\0\6\0\1\0\1" + DIVISION.to_bytes(2, "big")
    return header + b"MTrk" + len(track).to_bytes(4, "big") + track


def process_seconds(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Return wall-clock and processor time of one process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "take.mid"
        source.write_bytes(midi_file())
        maestrokit = [sys.executable, "-m", "maestrokit"]
        commands = {
            "python": [sys.executable, "-c", ""],
            "import numpy": [sys.executable, "-c", "import numpy"],
            "import typer": [sys.executable, "-c", "import typer"],
            "maestrokit --help": [*maestrokit, "--help"],
            "maestrokit quantize --help": [*maestrokit, "quantize", "--help"],
            "maestrokit quantize, one file": [
                *maestrokit,
                "quantize",
                str(source),
                "--step",
                "10ms",
                "-o",
                str(Path(folder) / "out.mid"),
            ],
        }
        for command in commands.values():
            process_seconds(command, environment)  # so that bytecode exists and files are cached
        times = np.array(
            [[process_seconds(command, environment) for command in commands.values()] for _ in range(rounds)]
        )
    medians = dict(zip(commands, 1000 * np.median(times, axis=0), strict=True))
    typer = medians["import typer"]
    print(f"median ms of {rounds} processes each, and the ratio to importing typer")
    print(f"{'':<32}{'wall':>8}{'ratio':>8}{'processor':>12}{'ratio':>8}")
    for name, (wall, processor) in medians.items():
        print(f"{name:<32}{wall:>8.0f}{wall / typer[0]:>8.2f}{processor:>12.0f}{processor / typer[1]:>8.2f}")


if __name__ == "__main__":
    main()
