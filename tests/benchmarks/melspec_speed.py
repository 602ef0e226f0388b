"""From file to log-mel array: ours beside librosa.load + melspectrogram, one thread each, and the decoder's floor.

Three parts: the 16 kHz mono FLACs of maps, a 44.1 kHz stereo FLAC made here, and the command with one and two jobs over
many names of a longer one. Processor time is measured by turns, so that a busy machine hinders all alike; that of jobs
is the time on the wall, the least of a few runs by turns.
"""

import argparse
import os
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

from maestrokit.audio.spectra.frames import analyse
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.files.sound.read import read_sound

REPEATS = 5
COPIES = 36
JOB_REPEATS = 2


def ours(path: Path) -> np.ndarray:
    return analyse(read_sound(path, sample_rate=16000).samples, SpectrumSettings().analysis())


def theirs(path: Path) -> np.ndarray:
    samples, rate = librosa.load(path, sr=16000)
    mel = librosa.feature.melspectrogram(y=samples, sr=rate, n_fft=2048, hop_length=512, n_mels=229, fmin=30, fmax=8000)
    return librosa.power_to_db(mel).T


def decoded(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32")[0]


def seconds(functions: Sequence[Callable[[Path], object]], paths: Sequence[Path]) -> list[float]:
    """Return the least processor time of each function, run by turns, each path's least of several runs summed."""
    least = np.full((len(functions), len(paths)), np.inf)
    for _ in range(REPEATS):
        for column, path in enumerate(paths):
            for row, function in enumerate(functions):
                start = time.process_time()
                function(path)
                least[row, column] = min(least[row, column], time.process_time() - start)
    return [float(total) for total in least.sum(axis=1)]


def difference(path: Path) -> float:
    """Return the largest difference in dB, ours clipped 80 dB below its peak as librosa's is by default."""
    own = ours(path)
    return float(np.abs(np.maximum(own, own.max() - 80) - theirs(path)).max())


def made_recording(folder: Path, minutes: float) -> Path:
    """Write decaying chords with noise, 44.1 kHz, stereo, block by block."""
    generator = np.random.default_rng(0)
    path = folder / "stereo.flac"
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
    apart = max(map(difference, paths))
    floor, own, other = (total / duration * 1000 for total in seconds((decoded, ours, theirs), paths))
    print(
        f"{label:<22} {duration:6.1f} {floor:9.1f} {own:9.1f} {other:9.1f} {other / own:7.2f} {own / floor:10.2f} "
        f"{apart:14.2e}",
        flush=True,
    )


def compare_jobs(folder: Path, minutes: float) -> None:
    recording = made_recording(folder, minutes)
    names = [str(folder / f"name{number}.flac") for number in range(COPIES)]
    for name in names:
        os.link(recording, name)
    least = [np.inf, np.inf]
    for _ in range(JOB_REPEATS):
        for row, jobs in enumerate((1, 2)):
            start = time.perf_counter()
            command = [sys.executable, "-m", "maestrokit", "melspec", *names, "-d", f"{folder}/out", "-j", str(jobs)]
            subprocess.run(command, check=True)
            least[row] = min(least[row], time.perf_counter() - start)
    print(
        f"\nthe command on {COPIES} stereo recordings of {minutes:g} min: {least[0]:.1f} s with one job, "
        f"{least[1]:.1f} s with two, ratio {least[0] / least[1]:.2f} "
        f"(load of this machine now: {os.getloadavg()[0]:.1f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--files", type=int, default=12, help="how many recordings of maps")
    parser.add_argument("--minutes", type=float, default=3, help="length of the stereo recording")
    parser.add_argument("--job-minutes", type=float, default=10, help="length of those that jobs share")
    parser.add_argument("--only-jobs", action="store_true", help="leave out the comparison with librosa")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not arguments.only_jobs:
            compare_all(arguments, folder)
        compare_jobs(folder, arguments.job_minutes)


def compare_all(arguments: argparse.Namespace, folder: Path) -> None:
    print(
        f"{'':22} {'':6} CPU ms a minute of audio\n{'recordings':<22} {'min':>6} {'decoding':>9} {'ours':>9} "
        f"{'librosa':>9} {'ratio':>7} {'to floor':>10} {'max diff (dB)':>14}"
    )
    maps = sorted((arguments.data / "maps").rglob("*.flac"))
    compare("16 kHz mono FLAC", maps[:: max(1, len(maps) // arguments.files)])
    compare("44.1 kHz stereo FLAC", [made_recording(folder, arguments.minutes)])


if __name__ == "__main__":
    main()
