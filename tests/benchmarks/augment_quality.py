"""Accuracy and cost of pitch shifting and time stretching, beside librosa's on the same samples.

Shifted tones are compared with the frequency that they should have, in cents; stretched onsets with the moment at
which they should be, in milliseconds, by the steepest rise of the level, less the error of the same measurement on the
recording itself. Tones have eight decaying partials and begin within a millisecond or two.
"""

import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import librosa
import numpy as np

from maestrokit.audio.effects.stretch import pitch_shift, time_stretch

RATE = 16000
FREQUENCIES = (41.2, 55.0, 130.8, 220.0, 440.0, 880.0, 1760.0, 3520.0)
SHIFTS = (-4, -2, -1, -0.3, 0.3, 1, 2, 4)
FACTORS = (0.7, 0.8, 0.9, 1.1, 1.25, 1.5)


def decaying_tones(onsets: np.ndarray, seconds: float, generator: np.random.Generator) -> np.ndarray:
    """Return decaying tones of random pitches, one at each onset, over faint noise."""
    times = np.arange(int(seconds * RATE)) / RATE
    samples = 1e-4 * generator.standard_normal(len(times))
    for onset in onsets:
        elapsed, pitch = np.maximum(0, times - onset), 440 * 2 ** (generator.integers(-36, 24) / 12)
        for partial in range(1, 9):
            if pitch * partial < RATE / 2:
                samples += np.sin(2 * np.pi * pitch * partial * elapsed) * np.exp(-elapsed * (5 + partial)) / partial
    return (0.1 * samples).astype(np.float32)


def measured_onset(samples: np.ndarray, expected: float) -> float:
    """Return the moment of the steepest rise of the level near an expected one, in seconds."""
    level = np.sqrt(np.convolve(samples.astype(np.float64) ** 2, np.full(32, 1 / 32), "same"))
    first = int((expected - 0.05) * RATE)
    window = level[first : first + int(0.1 * RATE)]
    return float(first + 16 + (window[32:] - window[:-32]).argmax()) / RATE


def cents_error(samples: np.ndarray, frequency: float) -> float:
    """Return the error of the strongest frequency; infinite if it is no peak within a tone of the expected one."""
    middle = samples[RATE // 2 : -RATE // 2]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 20))
    return 1200 * np.log2(spectrum.argmax() * RATE / (1 << 20) / frequency)


def main() -> None:
    """Print the tables of stretching and of shifting."""
    generator = np.random.default_rng(0)
    onsets = np.cumsum(generator.uniform(0.12, 0.5, 60)) + 0.3
    recording = decaying_tones(onsets, onsets[-1] + 1, generator)
    measurement_error = np.array([measured_onset(recording, onset) - onset for onset in onsets])
    stretchers = {
        "maestrokit": lambda x, factor: time_stretch(x, sample_rate=RATE, factor=factor),
        "librosa": lambda x, factor: librosa.effects.time_stretch(x, rate=1 / factor),
    }
    print(f"{len(onsets)} stretched onsets: error in ms (median, 95 %, largest), share within 10 ms; CPU s a second\n")
    for name, stretch in stretchers.items():
        for factor in FACTORS:
            start = time.process_time()
            stretched = stretch(recording, factor)
            cpu_seconds = (time.process_time() - start) / (len(recording) / RATE)
            error = (
                np.abs([measured_onset(stretched, t * factor) - t * factor for t in onsets] - measurement_error) * 1000
            )
            print(
                f"{name:>10} x{factor:<5} {np.median(error):6.1f} {np.quantile(error, 0.95):6.1f} {error.max():6.1f}"
                f" {np.mean(error < 10):8.1%} {cpu_seconds:10.4f}"
            )
    shifters = {
        "maestrokit": lambda x, steps: pitch_shift(x, sample_rate=RATE, semitones=steps),
        "librosa": lambda x, steps: librosa.effects.pitch_shift(x, sr=RATE, n_steps=steps),
    }
    print("\nshifted tones of 3 s, 41 to 3520 Hz: error in cents (median, largest)\n")
    for name, shift in shifters.items():
        errors = []
        for frequency in FREQUENCIES:
            tone = (0.5 * np.sin(2 * np.pi * frequency * np.arange(3 * RATE) / RATE)).astype(np.float32)
            errors += [abs(cents_error(shift(tone, steps), frequency * 2 ** (steps / 12))) for steps in SHIFTS]
        print(f"{name:>10} {np.median(errors):8.3f} {max(errors):8.3f}")


if __name__ == "__main__":
    main()
