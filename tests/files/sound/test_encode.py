"""Sound as the bytes of an MP3."""

import numpy as np
import pytest

from maestrokit.files.sound.encode import mp3_bytes
from maestrokit.files.sound.read import read_sound

RATE = 44100


@pytest.mark.parametrize("kilobits", [64, 128])
def test_an_mp3_sounds_as_its_samples_and_is_as_long_as_its_rate_says(kilobits: int) -> None:
    tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    data = mp3_bytes(tone, sample_rate=RATE, kilobits=kilobits)
    assert len(data) == pytest.approx(2 * kilobits * 125, rel=0.1)
    sound = read_sound(data)
    assert sound.sample_rate == RATE and len(sound.samples) == pytest.approx(2 * RATE, abs=2000)
    middle = sound.samples[RATE // 2 : RATE // 2 + RATE]
    spectrum = np.abs(np.fft.rfft(middle))
    assert int(spectrum.argmax()) == 440 and np.std(middle) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


def test_the_same_sound_is_the_same_bytes() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    assert mp3_bytes(noise, sample_rate=RATE) == mp3_bytes(noise, sample_rate=RATE)
