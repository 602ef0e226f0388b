"""Peak memory and speed of ``maestrokit transcribe`` over a long generated recording, beside a short one.

The recording is a shipped performance, rendered on the shipped piano and repeated, at 44.1 kHz in stereo.

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
    sound = render(read_midi(DEMO), default_piano(), sample_rate=RATE)
    print(f"{'recording':>12} {'notes':>7} {'peak MB':>8} {'CPU s':>8} {'x real time':>12} {'wall s':>8}", flush=True)
    peak = 0.0
    with tempfile.TemporaryDirectory() as folder:
        recording, output = Path(folder, "long.flac"), Path(folder, "long.mid")
        for seconds in (5.0, 120.0, options.hours * 3600):
            write_repeated(recording, sound, seconds)
            start = time.monotonic()
            peak, cpu_seconds = peak_memory_and_time(
                recording, output, options.options.split(), is_watched=options.watch
            )
            wall = time.monotonic() - start
            notes = len(parse_midi(output.read_bytes(), name="output").notes)
            print(
                f"{seconds:10.0f} s {notes:7} {peak:8.0f} {cpu_seconds:8.1f} {seconds / cpu_seconds:12.1f} {wall:8.1f}",
                flush=True,
            )
    print(f"bound: {BOUND:.0f} MB, {'kept' if peak < BOUND else 'broken'} (machine's load: {os.getloadavg()[0]:.1f})")
    sys.exit(peak >= BOUND)


def write_repeated(path: Path, sound: np.ndarray, seconds: float) -> None:
    """Write some seconds of a sound, repeated, in stereo."""
    remaining = int(seconds * RATE)
    stereo = np.stack([sound, sound], axis=1)
    with soundfile.SoundFile(path, "w", RATE, 2) as file:
        while remaining > 0:
            file.write(stereo[:remaining])
            remaining -= len(stereo)


def peak_memory_and_time(recording: Path, output: Path, options: list[str], *, is_watched: bool) -> tuple[float, float]:
    """Return peak resident memory in MB and processor seconds of the command."""
    command = [sys.executable, "-m", "maestrokit", "transcribe", recording, "-o", output, *options]
    process = subprocess.Popen(command)
    start = time.monotonic()
    while is_watched and os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        print(f"  {time.monotonic() - start:7.0f} s: {pages * os.sysconf('SC_PAGE_SIZE') / 1e6:.0f} MB", flush=True)
        time.sleep(30)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return usage.ru_maxrss * 1024 / 1e6, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
