"""Sound as MP3 for pages: 64 kbit/s, and the sound that it was."""

import io

import numpy as np
import pytest
import soundfile

from maestrokit.files.sound.mp3_encoder import dump_mp3


@pytest.mark.parametrize("rate", [44100, 48000])
def test_a_tone_comes_back_at_64_kilobits_a_second(rate: int) -> None:
    tone = (0.3 * np.sin(2 * np.pi * 440 / rate * np.arange(2 * rate))).astype(np.float32)
    data = dump_mp3(tone, sample_rate=rate)
    assert len(data) * 8 / 2 == pytest.approx(64_000, rel=0.05)
    assert data == dump_mp3(tone, sample_rate=rate) and b"ID3" not in data[:64]
    decoded, found = soundfile.read(io.BytesIO(data))
    assert found == rate and decoded.ndim == 1
    spectrum = np.abs(np.fft.rfft(decoded[rate // 2 : rate // 2 + rate]))
    assert spectrum.argmax() == 440
    assert np.sqrt(np.mean(decoded[rate // 2 : rate] ** 2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)
