"""Speed and accuracy of the variable-Q spectrum, beside librosa.vqt on the same samples, one thread each.

Both are compared with the definition, evaluated as inner products in double precision; librosa's scale differs bin by
bin, so a gain for each bin is fitted first, to both.
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
    """Return the least processor time of several runs after one that fills the caches."""
    function()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def exact(samples: np.ndarray, hop_samples: int, gamma: float, frames: np.ndarray) -> np.ndarray:
    """Return some frames by the definition, shape (frames, bins)."""
    frequency = bin_frequencies(LOWEST, BINS, BINS_PER_OCTAVE)
    lengths = window_lengths(frequency, sample_rate=16000, bins_per_octave=BINS_PER_OCTAVE, gamma=gamma)[:, None]
    reach = int(lengths.max() / 2) + 1
    when = np.arange(-reach, reach + 1)
    windows = np.where(abs(when) < lengths / 2, np.cos(np.pi * when / lengths) ** 2, 0)
    filters = 2 * windows / windows.sum(1, keepdims=True) * np.exp(-2j * np.pi * frequency[:, None] / 16000 * when)
    padded = np.pad(samples.astype(np.float64), reach)
    return np.stack([abs(filters @ padded[n * hop_samples : n * hop_samples + 2 * reach + 1]) for n in frames])


def accuracy(found: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Return the correlation of decibels, and the median and 99.9 % of their difference, above -60 dB of the peak."""
    found = found * (found * truth).sum(0) / (found**2).sum(0)
    loud = truth > truth.max() * 1e-3
    ours, theirs = (20 * np.log10(np.maximum(x[loud], 1e-9)) for x in (found, truth))
    difference = np.abs(ours - theirs)
    return float(np.corrcoef(ours, theirs)[0, 1]), float(np.median(difference)), float(np.quantile(difference, 0.999))


def main() -> None:
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

        def ours(hop: int = hop, gamma: float = gamma) -> np.ndarray:
            settings = SpectrumSettings(
                "cqt",
                hop_samples=hop,
                minimum_frequency=LOWEST,
                bins=BINS,
                bins_per_octave=BINS_PER_OCTAVE,
                gamma=gamma,
            )
            return analyse(samples, settings.analysis())

        def theirs(hop: int = hop, gamma: float = gamma) -> np.ndarray:
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

        our_time, their_time = best_seconds(ours) / SECONDS, best_seconds(theirs, 3) / SECONDS
        frames = np.arange(200, SECONDS * 16000 // hop - 200, 37)
        truth = exact(samples, hop, gamma, frames)
        figures = [accuracy(found[frames], truth) for found in (ours(), theirs())]
        columns = "   ".join(f"{c:.6f} {m:6.3f} {q:7.2f}" for c, m, q in figures)
        ratio = their_time / our_time
        print(f"{hop / 16:4.0f}ms {gamma:6.1f} {our_time:8.5f} {their_time:8.5f} {ratio:6.1f}   {columns}")
    mel_time = best_seconds(lambda: analyse(samples, SpectrumSettings().analysis())) / SECONDS
    print(f"\nfor comparison, log-mel with 229 bands and 32 ms hop: {mel_time:.5f}")


if __name__ == "__main__":
    main()
