"""The concert pitch of recordings."""

import numpy as np
import pytest

from maestrokit.analysis.tuning import estimate_tuning

RATE = 16000


def tones(concert_pitch: float, keys: list[int], *, seconds: float = 4.0, partials: int = 6) -> np.ndarray:
    """Return a chord of decaying harmonic tones."""
    time = np.arange(round(seconds * RATE)) / RATE
    sound = np.zeros(len(time))
    for key in keys:
        for partial in range(1, partials + 1):
            sound += np.sin(2 * np.pi * partial * concert_pitch * 2 ** (key / 12) * time) / partial * np.exp(-time)
    return (0.1 * sound).astype(np.float32)


@pytest.mark.parametrize("pitch", [430.0, 438.0, 440.0, 443.0, 450.0])
def test_the_concert_pitch_is_found(pitch: float) -> None:
    tuning = estimate_tuning(tones(pitch, [-21, -9, -5, 0, 3]), sample_rate=RATE)
    assert tuning.is_clear
    assert abs(1200 * np.log2(tuning.concert_pitch / pitch)) < 5


def test_a_semitone_makes_no_difference() -> None:
    low, high = (estimate_tuning(tones(pitch, [-12, 0, 4]), sample_rate=RATE) for pitch in (220.0, 466.16376))
    assert abs(low.cents) < 5
    assert abs(high.cents) < 5


def test_noise_has_no_tuning() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 10 * RATE).astype(np.float32)
    assert not estimate_tuning(noise, sample_rate=RATE).is_clear


@pytest.mark.parametrize("samples", [0, 100, 5 * RATE])
def test_silence_has_no_tuning(samples: int) -> None:
    tuning = estimate_tuning(np.zeros(samples, np.float32), sample_rate=RATE)
    assert tuning == (0.0, 0.0, 0)
    assert not tuning.is_clear
