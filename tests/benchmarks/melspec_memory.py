"""Peak memory of ``maestrokit melspec --chunks`` over a long generated recording, beside a short one.

For the short one the output must be the same, byte for byte, as without ``--chunks``.

``python tests/benchmarks/melspec_memory.py [--hours N]``
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile

RATE = 44100
BOUND = 500  # MB
SHORT = 120  # seconds


def write_recording(path: Path, seconds: int) -> None:
    """Write a decaying chord a second with noise, in stereo, second by second."""
    generator = np.random.default_rng(0)
    time = np.arange(RATE) / RATE
    fade = 0.05 * np.exp(-3 * time)
    chords = [
        sum(fade * np.sin(2 * np.pi * 440 * 2 ** (p / 12) * time) for p in generator.integers(-30, 24, 4))
        for _ in range(20)
    ]
    with soundfile.SoundFile(path, "w", RATE, 2) as file:
        for second in range(seconds):
            noise = 0.001 * generator.standard_normal((RATE, 2)).astype(np.float32)
            file.write(chords[second % len(chords)][:, None] + noise)


def peak_memory_and_time(recording: Path, output: Path, *options: str) -> tuple[float, float]:
    """Return peak resident memory in MB and processor seconds of the command."""
    command = [sys.executable, "-m", "maestrokit", "melspec", "--no-provenance", *options, recording, "-o", output]
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_maxrss * 1024 / 1e6, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=3.0)
    hours = parser.parse_args().hours
    print(f"{'recording':>12} {'file MB':>9} {'output MB':>10} {'peak MB':>8} {'CPU s':>7}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        recording, output = folder / "long.flac", folder / "long.npz"
        for seconds in (SHORT, round(hours * 3600)):
            write_recording(recording, seconds)
            peak, cpu_seconds = peak_memory_and_time(recording, output, "--chunks", "60s")
            if seconds == SHORT:
                peak_memory_and_time(recording, unchunked := folder / "whole.npz")
                is_same = unchunked.read_bytes() == output.read_bytes()
            sizes = (path.stat().st_size / 1e6 for path in (recording, output))
            print(f"{seconds:>10} s {next(sizes):9.0f} {next(sizes):10.1f} {peak:8.0f} {cpu_seconds:7.1f}", flush=True)
    print(f"bound: {BOUND} MB, {'kept' if peak < BOUND else 'broken'} (load of this machine: {os.getloadavg()[0]:.1f})")
    print(f"the output of {SHORT} s is {'the same' if is_same else 'not the same'} without --chunks")
    sys.exit(peak >= BOUND or not is_same)


if __name__ == "__main__":
    main()
