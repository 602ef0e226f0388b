"""From file to log-mel array: maestrokit beside librosa.load + melspectrogram, one thread each, and decoding alone.

Three parts: the 16 kHz mono FLACs of maps, a generated 44.1 kHz stereo FLAC, and the command with one and two jobs over
many names of a longer one. Processor time is measured in alternation, so that a busy machine slows all alike; that of
jobs is wall-clock time, the least of a few alternating runs.
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


def maestrokit_mel(path: Path) -> np.ndarray:
    """Return maestrokit's log-mel spectrogram of a file."""
    return analyse(read_sound(path, sample_rate=16000).samples, SpectrumSettings().analysis())


def librosa_mel(path: Path) -> np.ndarray:
    """Return librosa's log-mel spectrogram of a file."""
    samples, rate = librosa.load(path, sr=16000)
    mel = librosa.feature.melspectrogram(y=samples, sr=rate, n_fft=2048, hop_length=512, n_mels=229, fmin=30, fmax=8000)
    return librosa.power_to_db(mel).T


def decoded_samples(path: Path) -> np.ndarray:
    """Return the samples of a file, which every spectrogram needs."""
    return soundfile.read(path, dtype="float32")[0]


def seconds(functions: Sequence[Callable[[Path], object]], paths: Sequence[Path]) -> list[float]:
    """Return for each function the sum over paths of the least processor time of several alternating runs."""
    least = np.full((len(functions), len(paths)), np.inf)
    for _ in range(REPEATS):
        for column, path in enumerate(paths):
            for row, function in enumerate(functions):
                start = time.process_time()
                function(path)
                least[row, column] = min(least[row, column], time.process_time() - start)
    return [float(total) for total in least.sum(axis=1)]


def difference(path: Path) -> float:
    """Return the largest difference in dB, maestrokit's clipped 80 dB below its peak as librosa's is by default."""
    log_mel = maestrokit_mel(path)
    return float(np.abs(np.maximum(log_mel, log_mel.max() - 80) - librosa_mel(path)).max())


def write_recording(folder: Path, minutes: float) -> Path:
    """Write decaying chords with noise, 44.1 kHz, stereo, block by block."""
    generator = np.random.default_rng(0)
    path = folder / "stereo.flac"
    times = np.arange(44100) / 44100
    with soundfile.SoundFile(path, "w", 44100, 2) as file:
        for _ in range(int(minutes * 60)):
            pitches = 440 * 2 ** (generator.integers(-30, 24, 4) / 12)
            tones = [np.sin(2 * np.pi * p * h * times) / h for p in pitches for h in range(1, 6)]
            chord = 0.05 * np.sum(tones, axis=0) * np.exp(-3 * times)
            file.write(chord[:, None] * [1, 0.8] + 0.001 * generator.standard_normal((44100, 2)))
    return path


def compare(label: str, paths: Sequence[Path]) -> None:
    """Print the row of some recordings."""
    duration = sum(soundfile.info(path).duration for path in paths) / 60
    largest_difference = max(map(difference, paths))
    decoding_ms, maestrokit_ms, librosa_ms = (
        total / duration * 1000 for total in seconds((decoded_samples, maestrokit_mel, librosa_mel), paths)
    )
    print(
        f"{label:<22} {duration:6.1f} {decoding_ms:9.1f} {maestrokit_ms:9.1f} {librosa_ms:9.1f} "
        f"{librosa_ms / maestrokit_ms:7.2f} {maestrokit_ms / decoding_ms:10.2f} {largest_difference:14.2e}",
        flush=True,
    )


def compare_jobs(folder: Path, minutes: float) -> None:
    """Print the times of the command with one and with two jobs."""
    recording = write_recording(folder, minutes)
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
    """Print the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--files", type=int, default=12, help="how many recordings of maps")
    parser.add_argument("--minutes", type=float, default=3, help="length of the stereo recording")
    parser.add_argument("--job-minutes", type=float, default=10, help="length of those that jobs share")
    parser.add_argument("--only-jobs", action="store_true", help="leave out the comparison with librosa")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if not options.only_jobs:
            compare_all(options, folder)
        compare_jobs(folder, options.job_minutes)


def compare_all(options: argparse.Namespace, folder: Path) -> None:
    """Print the comparison with librosa."""
    print(
        f"{'':22} {'':6} CPU ms a minute of audio\n{'recordings':<22} {'min':>6} {'decoding':>9} {'ours':>9} "
        f"{'librosa':>9} {'ratio':>7} {'to floor':>10} {'max diff (dB)':>14}"
    )
    maps = sorted((options.data / "maps").rglob("*.flac"))
    compare("16 kHz mono FLAC", maps[:: max(1, len(maps) // options.files)])
    compare("44.1 kHz stereo FLAC", [write_recording(folder, options.minutes)])


if __name__ == "__main__":
    main()
