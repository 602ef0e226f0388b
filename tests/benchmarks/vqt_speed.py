"""Speed and accuracy of the variable-Q spectrum, beside librosa.vqt on the same samples, one thread each.

Both are compared with the definition, evaluated as inner products in double precision; librosa's scale differs between
bins, so a gain for each bin is fitted first, for both.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import librosa
import numpy as np

from maestrokit.audio.spectra.cqt import bin_frequencies, window_lengths
from maestrokit.audio.spectra.frames import analyse
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.files.sound.read import read_sound

SECONDS = 60
LOWEST, BINS, BINS_PER_OCTAVE = 27.5, 288, 36


def best_seconds(function: Callable[[], object], repeats: int = 7) -> float:
    """Return the least processor time of several runs, after one to fill the caches."""
    function()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def vqt_by_definition(samples: np.ndarray, hop_samples: int, gamma: float, frames: np.ndarray) -> np.ndarray:
    """Return some frames of the spectrum by its definition, shape (frames, bins)."""
    frequency = bin_frequencies(LOWEST, BINS, BINS_PER_OCTAVE)
    lengths = window_lengths(frequency, sample_rate=16000, bins_per_octave=BINS_PER_OCTAVE, gamma=gamma)[:, None]
    half_width = int(lengths.max() / 2) + 1
    samples_from_centre = np.arange(-half_width, half_width + 1)
    windows = np.where(abs(samples_from_centre) < lengths / 2, np.cos(np.pi * samples_from_centre / lengths) ** 2, 0)
    filters = (
        2
        * windows
        / windows.sum(1, keepdims=True)
        * np.exp(-2j * np.pi * frequency[:, None] / 16000 * samples_from_centre)
    )
    padded = np.pad(samples.astype(np.float64), half_width)
    return np.stack(
        [abs(filters @ padded[frame * hop_samples : frame * hop_samples + 2 * half_width + 1]) for frame in frames]
    )


def accuracy(estimate: np.ndarray, reference: np.ndarray) -> tuple[float, float, float]:
    """Return the correlation of decibels, and the median and 99.9 % of their difference, above -60 dB of the peak."""
    estimate = estimate * (estimate * reference).sum(0) / (estimate**2).sum(0)
    is_loud = reference > reference.max() * 1e-3
    estimate_db, reference_db = (
        20 * np.log10(np.maximum(magnitudes[is_loud], 1e-9)) for magnitudes in (estimate, reference)
    )
    difference = np.abs(estimate_db - reference_db)
    return (
        float(np.corrcoef(estimate_db, reference_db)[0, 1]),
        float(np.median(difference)),
        float(np.quantile(difference, 0.999)),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    recording = sorted((parser.parse_args().data / "maps" / "real").glob("*.flac"))[0]
    samples = read_sound(recording).samples[: SECONDS * 16000]
    print(
        f"{SECONDS} s of a real piano, 16 kHz; {BINS} bins, {BINS_PER_OCTAVE} an octave from {LOWEST} Hz; CPU "
        "seconds a second of audio; accuracy in dB\nagainst the definition, above -60 dB: correlation, median, 99.9 %."
        "\n"
    )
    print(f"{'hop':>6} {'gamma':>6} {'ours':>8} {'librosa':>8} {'ratio':>6}   {'ours':^22}   {'librosa':^22}")
    for hop, gamma in ((320, 0.0), (320, 4.4), (160, 4.4), (320, 8.0)):

        def maestrokit_vqt(hop: int = hop, gamma: float = gamma) -> np.ndarray:
            settings = SpectrumSettings(
                "cqt",
                hop_samples=hop,
                minimum_frequency=LOWEST,
                bins=BINS,
                bins_per_octave=BINS_PER_OCTAVE,
                gamma=gamma,
            )
            return analyse(samples, settings.analysis())

        def librosa_vqt(hop: int = hop, gamma: float = gamma) -> np.ndarray:
            return np.abs(
                librosa.vqt(
                    samples,
                    sr=16000,
                    hop_length=hop,
                    fmin=LOWEST,
                    n_bins=BINS,
                    bins_per_octave=BINS_PER_OCTAVE,
                    gamma=gamma,
                )
            ).T

        maestrokit_time, librosa_time = best_seconds(maestrokit_vqt) / SECONDS, best_seconds(librosa_vqt, 3) / SECONDS
        frames = np.arange(200, SECONDS * 16000 // hop - 200, 37)
        reference = vqt_by_definition(samples, hop, gamma, frames)
        accuracies = [accuracy(spectrum[frames], reference) for spectrum in (maestrokit_vqt(), librosa_vqt())]
        columns = "   ".join(
            f"{correlation:.6f} {median:6.3f} {quantile:7.2f}" for correlation, median, quantile in accuracies
        )
        ratio = librosa_time / maestrokit_time
        print(f"{hop / 16:4.0f}ms {gamma:6.1f} {maestrokit_time:8.5f} {librosa_time:8.5f} {ratio:6.1f}   {columns}")
    mel_time = best_seconds(lambda: analyse(samples, SpectrumSettings().analysis())) / SECONDS
    print(f"\nfor comparison, log-mel with 229 bands and 32 ms hop: {mel_time:.5f}")


if __name__ == "__main__":
    main()
