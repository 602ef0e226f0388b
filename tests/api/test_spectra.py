"""A spectrum is one call, at the rate of its settings whatever that of the sound."""

from pathlib import Path

import numpy as np
import pytest

import maestrokit
from maestrokit import Sound, SpectrumSettings, UsageError


def tone(sample_rate: int, *, frequency: float = 1000.0) -> Sound:
    """Return a second of a sine."""
    time = np.arange(sample_rate) / sample_rate
    return Sound(np.sin(2 * np.pi * frequency * time).astype(np.float32), sample_rate)


def test_it_is_that_of_the_analysis_and_of_the_file(tmp_path: Path) -> None:
    sound = tone(16000)
    X = maestrokit.spectrum(sound)
    np.testing.assert_array_equal(X, maestrokit.analyse(sound.samples, SpectrumSettings().analysis()))
    assert X.shape == (32, 229) and X.dtype == np.float32
    quiet = Sound(np.round(sound.samples * 2**14).astype(np.float32) / 2**15, 16000)  # as 16 bits hold it
    maestrokit.write_sound(tmp_path / "tone.flac", quiet.samples, sample_rate=16000)
    np.testing.assert_array_equal(maestrokit.spectrum(tmp_path / "tone.flac"), maestrokit.spectrum(quiet))


@pytest.mark.parametrize("sample_rate", [8000, 22050, 44100])
def test_the_rate_of_a_sound_is_converted_and_never_ignored(sample_rate: int) -> None:
    settings = SpectrumSettings("power", fft_samples=1600, hop_samples=800)
    X = maestrokit.spectrum(tone(sample_rate), settings)
    assert X.shape == (21, 801)
    peak = X[10].argmax()
    assert settings.analysis().frequency[peak] == 1000


def test_impossible_settings_and_sounds_are_refused() -> None:
    with pytest.raises(UsageError, match="no spectrum 'loud'") as caught:
        SpectrumSettings("loud")
    assert caught.value.parameter == "kind"
    with pytest.raises(UsageError, match="one channel"):
        maestrokit.spectrum(Sound(np.zeros((2, 100), np.float32), 16000))
