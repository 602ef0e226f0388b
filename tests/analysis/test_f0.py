"""Fundamental frequencies over the whole keyboard, and what has none."""

import numpy as np
import pytest

from maestrokit.analysis.f0 import SAMPLE_RATE, track_pitch

METHODS = ["yin", "fft", pytest.param("pyin", marks=pytest.mark.slow)]
KEYS = [21, 22, 28, 33, 45, 57, 69, 81, 88, 93, 97, 101, 105, 108]


def tone(frequency, harmonics=1, seconds=0.5, level=0.2):
    """A steady tone whose harmonic number k has 1/k of the amplitude of the first."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    numbers = [number for number in range(1, harmonics + 1) if number * frequency < 7800]
    phases = np.random.default_rng(harmonics).uniform(0, 6, len(numbers))
    return level * sum(
        np.sin(2 * np.pi * frequency * number * time + phase) / number
        for number, phase in zip(numbers, phases, strict=True)
    )


def tracked(samples, method):
    """Return the share of voiced frames and their median frequency, away from the ends."""
    found = track_pitch([samples.astype(np.float32)], method=method)
    inside = slice(15, -15)
    voiced = found.is_voiced[inside]
    return voiced.mean(), float(np.median(found.frequency[inside][voiced])) if voiced.any() else 0.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("harmonics", [1, 10])
@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_a_piano_has_its_frequency(method, harmonics, key):
    frequency = 440 * 2 ** ((key - 69) / 12)
    voiced, found = tracked(tone(frequency, harmonics), method)
    assert voiced > 0.9
    assert abs(1200 * np.log2(found / frequency)) < 40


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("harmonics", [1, 10])
@pytest.mark.parametrize("frequency", [15, 20, 24, 4700, 5300, 6000, 7000])
def test_what_lies_beyond_the_keys_is_unvoiced(method, harmonics, frequency):
    assert tracked(tone(frequency, harmonics), method)[0] == 0


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_and_noise_are_unvoiced(method):
    generator = np.random.default_rng(0)
    white = 0.1 * generator.standard_normal(2 * SAMPLE_RATE)
    constant = np.full(SAMPLE_RATE, 0.01)
    for samples in (constant, constant + 1e-5 * white[:SAMPLE_RATE], 0.5 + white, white):
        assert tracked(samples, method)[0] < 0.02


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_does_not_hide_a_tone(method):
    voiced, found = tracked(tone(27.5, 10) + 0.5, method)
    assert voiced > 0.9
    assert found == pytest.approx(27.5, abs=0.5)
