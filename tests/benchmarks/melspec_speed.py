"""From file to log-mel array: ours beside librosa.load + melspectrogram, one thread each, and the decoder's floor.

Three parts: the 16 kHz mono FLACs of maps, a 44.1 kHz stereo FLAC made here, and the command with one and two jobs over
copies of it. ``--hours N`` adds the peak memory of ``--chunks`` on a recording of N hours.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import librosa
import numpy as np
import soundfile

from maestrokit.audio.frames import analyse_stream
from maestrokit.audio.mel import log_mel
from maestrokit.audio.spectra import SpectrumSettings
from maestrokit.files.sound import open_sound, read_sound

REPEATS = 5
ANALYSIS = SpectrumSettings().analysis()


def ours(path: Path) -> np.ndarray:
    return log_mel(read_sound(path, sample_rate=16000).samples, sample_rate=16000)


def theirs(path: Path) -> np.ndarray:
    samples, rate = librosa.load(path, sr=16000)
    mel = librosa.feature.melspectrogram(y=samples, sr=rate, n_fft=2048, hop_length=512, n_mels=229, fmin=30, fmax=8000)
    return librosa.power_to_db(mel, top_db=None).T


def decoded(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32")[0]


def seconds(function: Callable[[Path], object], paths: Sequence[Path]) -> float:
    """Return the least processor time over the paths, each path's least of several runs summed."""
    total = 0.0
    for path in paths:
        times = []
        for _ in range(REPEATS):
            start = time.process_time()
            function(path)
            times.append(time.process_time() - start)
        total += min(times)
    return total


def made_recording(folder: Path, minutes: float, name: str = "stereo.flac") -> Path:
    """Write decaying chords with noise, 44.1 kHz, stereo, block by block."""
    generator = np.random.default_rng(0)
    path = folder / name
    when = np.arange(44100) / 44100
    with soundfile.SoundFile(path, "w", 44100, 2) as file:
        for _ in range(int(minutes * 60)):
            pitches = 440 * 2 ** (generator.integers(-30, 24, 4) / 12)
            tones = [np.sin(2 * np.pi * p * h * when) / h for p in pitches for h in range(1, 6)]
            chord = 0.05 * np.sum(tones, axis=0) * np.exp(-3 * when)
            file.write(chord[:, None] * [1, 0.8] + 0.001 * generator.standard_normal((44100, 2)))
    return path


def compare(label: str, paths: Sequence[Path]) -> None:
    duration = sum(soundfile.info(path).duration for path in paths) / 60
    difference = max(float(np.abs(ours(path) - theirs(path)).max()) for path in paths)
    times = [seconds(function, paths) / duration * 1000 for function in (decoded, ours, theirs)]
    floor, own, other = times
    print(f"{label:<22} {duration:6.1f} {floor:9.1f} {own:9.1f} {other:9.1f} {other / own:7.2f} {difference:14.2e}")


def compare_jobs(folder: Path) -> None:
    names = []
    for number in range(8):
        (copy := folder / f"copy{number}.flac").write_bytes((folder / "stereo.flac").read_bytes())
        names.append(str(copy))
    times = []
    for jobs in (1, 2):
        best = float("inf")
        for _ in range(2):
            start = time.perf_counter()
            command = [sys.executable, "-m", "maestrokit", "melspec", *names, "-d", f"{folder}/out", "-j", str(jobs)]
            subprocess.run(command, check=True)
            best = min(best, time.perf_counter() - start)
        times.append(best)
    print(f"\nthe command on 8 recordings of 10 minutes: {times[0]:.1f} s with one job, {times[1]:.1f} s with two, "
          f"ratio {times[0] / times[1]:.2f} (load of this machine now: {os.getloadavg()[0]:.1f})")


def peak_memory(folder: Path, hours: float) -> None:
    long = made_recording(folder, hours * 60, "long.flac")
    output = str(folder / "long.npz")
    command = [sys.executable, "-m", "maestrokit", "melspec", str(long), "--chunks", "60", "-o", output]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    size = (folder / "long.npz").stat().st_size / 2**20
    print(f"\n{hours:g} hours with --chunks 60: peak memory {peak:.0f} MiB, output {size:.0f} MiB, "
          f"{time.perf_counter() - start:.0f} s")
    with open_sound(long) as stream:
        frames = sum(len(block) for block in analyse_stream(stream.blocks(sample_rate=16000), ANALYSIS))
    print(f"{frames} frames")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--files", type=int, default=24, help="how many recordings of maps")
    parser.add_argument("--jobs", action="store_true", help="also the command with one and two jobs")
    parser.add_argument("--hours", type=float, default=0.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.hours:
            peak_memory(folder, arguments.hours)
            return
        print(f"{'':22} {'':6} CPU ms a minute of audio\n{'recordings':<22} {'min':>6} {'decoding':>9} {'ours':>9} "
              f"{'librosa':>9} {'ratio':>7} {'max diff (dB)':>14}")
        maps = sorted((arguments.data / "maps").rglob("*.flac"))
        compare("16 kHz mono FLAC", maps[:: max(1, len(maps) // arguments.files)])
        compare("44.1 kHz stereo FLAC", [made_recording(folder, 10)])
        if arguments.jobs:
            compare_jobs(folder)


if __name__ == "__main__":
    main()
