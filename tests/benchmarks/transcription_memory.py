"""Peak memory and speed of ``maestrokit transcribe`` over a long recording made here, beside a short one.

The recording is a shipped performance, played by the shipped piano, again and again, at 44.1 kHz in stereo.

    python tests/benchmarks/transcription_memory.py --hours 2.5
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from maestrokit.files.midi import parse_midi, read_midi
from maestrokit.files.pianos.find import default_piano
from maestrokit.synth.render import render

RATE = 44100
BOUND = 600.0  # MB
DEMO = Path(__file__).resolve().parents[2] / "src/maestrokit/demo/bach-prelude.mid"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=2.5)
    parser.add_argument("--options", default="", help="further options of transcribe, spaces between")
    parser.add_argument("--watch", action="store_true", help="print the memory every half minute")
    options = parser.parse_args()
    played = render(read_midi(DEMO), default_piano(), sample_rate=RATE)
    print(f"{'recording':>12} {'notes':>7} {'peak MB':>8} {'CPU s':>8} {'x real time':>12} {'wall s':>8}", flush=True)
    peak = 0.0
    with tempfile.TemporaryDirectory() as name:
        recording, output = Path(name, "long.flac"), Path(name, "long.mid")
        for seconds in (5.0, 120.0, options.hours * 3600):
            write(recording, played, seconds)
            begun = time.monotonic()
            peak, spent = measured(recording, output, options.options.split(), watched=options.watch)
            wall = time.monotonic() - begun
            notes = len(parse_midi(output.read_bytes(), name="output").notes)
            print(
                f"{seconds:10.0f} s {notes:7} {peak:8.0f} {spent:8.1f} {seconds / spent:12.1f} {wall:8.1f}", flush=True
            )
    print(f"bound: {BOUND:.0f} MB, {'kept' if peak < BOUND else 'broken'} (machine's load: {os.getloadavg()[0]:.1f})")
    sys.exit(peak >= BOUND)


def write(path: Path, played: np.ndarray, seconds: float) -> None:
    """Write so many seconds of the performance, over and over, in stereo."""
    left = int(seconds * RATE)
    both = np.stack([played, played], axis=1)
    with soundfile.SoundFile(path, "w", RATE, 2) as file:
        while left > 0:
            file.write(both[:left])
            left -= len(both)


def measured(recording: Path, output: Path, options: list[str], *, watched: bool) -> tuple[float, float]:
    """Return peak resident memory in MB and processor seconds of the command."""
    command = [sys.executable, "-m", "maestrokit", "transcribe", recording, "-o", output, *options]
    process = subprocess.Popen(command)
    begun = time.monotonic()
    while watched and os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        print(f"  {time.monotonic() - begun:7.0f} s: {pages * os.sysconf('SC_PAGE_SIZE') / 1e6:.0f} MB", flush=True)
        time.sleep(30)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_maxrss * 1024 / 1e6, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
