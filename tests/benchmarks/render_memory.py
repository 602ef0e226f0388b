"""Peak memory of ``maestrokit render`` over generated performances of ten minutes and of an hour.

python tests/benchmarks/render_memory.py [--hours N]
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from maestrokit.files.midi.writer import write_midi
from maestrokit.music.event_order import reorder_events
from maestrokit.music.performance import Controls, Notes, Others, Performance, Tempos

NOTES_PER_SECOND = 8
TICKS_PER_SECOND = 960  # 480 a beat, 120 beats a minute


def random_performance(seconds: int) -> Performance:
    """Return random notes over five octaves."""
    generator = np.random.default_rng(0)
    count = seconds * NOTES_PER_SECOND
    onset = np.sort(generator.integers(0, seconds * TICKS_PER_SECOND, count))
    order, zeros = np.arange(count), np.zeros(count, np.int64)
    offset = onset + generator.integers(TICKS_PER_SECOND // 4, 2 * TICKS_PER_SECOND, count)
    pitch, velocity = generator.integers(36, 96, count), generator.integers(20, 110, count)
    notes = Notes(onset, offset, pitch, velocity, zeros + 64, zeros, zeros, 2 * order, 2 * order + 1)
    end = np.array([seconds * TICKS_PER_SECOND])
    return reorder_events(Performance(notes, Controls.empty(), Tempos.empty(), Others.empty(), end, 480, 0))


def peak_memory_and_time(score: Path, output: Path) -> tuple[float, float]:
    """Return peak resident memory in MB and processor seconds of the command."""
    process = subprocess.Popen([sys.executable, "-m", "maestrokit", "render", score, "-o", output])
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_maxrss * 1024 / 1e6, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=1.0)
    hours = parser.parse_args().hours
    print(f"{'performance':>12} {'notes':>8} {'sound MB':>9} {'peak MB':>8} {'CPU s':>7}")
    with tempfile.TemporaryDirectory() as folder:
        score, output = Path(folder) / "long.mid", Path(folder) / "long.flac"
        for seconds in (600, round(hours * 3600)):
            performance = random_performance(seconds)
            write_midi(performance, score)
            peak, cpu_seconds = peak_memory_and_time(score, output)
            size = output.stat().st_size / 1e6
            print(f"{seconds:>10} s {len(performance.notes):>8} {size:9.0f} {peak:8.0f} {cpu_seconds:7.1f}", flush=True)


if __name__ == "__main__":
    main()
