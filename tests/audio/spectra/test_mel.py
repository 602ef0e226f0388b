"""Mel and power spectra, against librosa on the same samples."""

from pathlib import Path

import librosa
import numpy as np
import pytest

from maestrokit.audio.spectra.frames import analyse
from maestrokit.audio.spectra.mel import hertz2mel, mel2hertz, mel_filters
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.errors import UsageError
from maestrokit.files.sound.read import read_sound


def decaying_chord(sample_rate: int) -> np.ndarray:
    """Return two seconds of a loud chord that dies away over soft noise: 90 dB of range."""
    time = np.arange(2 * sample_rate) / sample_rate
    partials = sum(np.sin(2 * np.pi * f * time) * np.exp(-3 * time) for f in (55.0, 220.0, 277.2, 330.0, 1760.0))
    noise = np.random.default_rng(1).standard_normal(len(time))
    return (0.2 * partials + 1e-5 * noise).astype(np.float32)


def librosa_log_mel(samples: np.ndarray, sample_rate: int, **options: float) -> np.ndarray:
    """Return librosa's spectrum as it comes by default: clipped 80 dB below its peak."""
    mel = librosa.feature.melspectrogram(y=samples, sr=sample_rate, **options)
    return librosa.power_to_db(mel).T


def difference(ours: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest difference in dB, ours clipped as theirs."""
    return float(np.abs(np.maximum(ours, ours.max() - 80) - reference).max())


def test_log_mel_equals_librosa() -> None:
    samples = decaying_chord(16000)
    reference = librosa_log_mel(samples, 16000, n_fft=2048, hop_length=512, n_mels=229, fmin=30, fmax=8000)
    assert difference(analyse(samples, SpectrumSettings().analysis()), reference) < 1e-3


def test_log_mel_equals_librosa_with_other_parameters() -> None:
    samples = decaying_chord(22050)
    settings = SpectrumSettings(
        sample_rate=22050,
        fft_samples=1024,
        hop_samples=441,
        mels=64,
        minimum_frequency=50,
        maximum_frequency=11025,
        window="hamming",
    )
    ours = analyse(samples, settings.analysis())
    reference = librosa_log_mel(
        samples, 22050, n_fft=1024, hop_length=441, n_mels=64, fmin=50, fmax=11025, window="hamming"
    )
    assert difference(ours, reference) < 1e-3


def test_log_mel_of_a_recording_equals_librosa(shared_data: Path) -> None:
    recording = sorted((shared_data / "maps" / "real").glob("*.flac"))[0]
    samples = read_sound(recording).samples[:160_000]
    reference = librosa_log_mel(samples, 16000, n_fft=2048, hop_length=512, n_mels=229, fmin=30, fmax=8000)
    assert difference(analyse(samples, SpectrumSettings().analysis()), reference) < 1e-3


def test_stft_equals_librosa() -> None:
    samples = decaying_chord(16000)
    settings = SpectrumSettings("stft", fft_samples=512, hop_samples=200, window="blackman")
    ours = analyse(samples, settings.analysis())
    reference = librosa.stft(samples, n_fft=512, hop_length=200, window="blackman").T
    assert np.abs(ours - reference).max() < 1e-5 * np.abs(reference).max()


def test_power_of_a_sinusoid_sums_to_its_energy() -> None:
    """Parseval: (1 / N) sum over all k of |X|^2 = sum over m of (w x)^2, and Hann windows have sum w^2 = 3 N / 8."""
    tone = np.sin(2 * np.pi * 1000 / 16000 * np.arange(16000)).astype(np.float32)
    spectrum = analyse(tone, SpectrumSettings("power", fft_samples=512).analysis())[10].astype(np.float64)
    total = (2 * spectrum.sum() - spectrum[0] - spectrum[-1]) / 512
    assert total == pytest.approx(0.5 * 3 / 8 * 512, rel=1e-4)


def test_filters_equal_librosa() -> None:
    ours = mel_filters(SpectrumSettings())
    reference = librosa.filters.mel(sr=16000, n_fft=2048, n_mels=229, fmin=30, fmax=8000)
    assert np.abs(ours - reference).max() < 1e-7


def test_mels_there_and_back() -> None:
    hertz = np.linspace(0, 12000, 1000)
    assert np.allclose(mel2hertz(hertz2mel(hertz)), hertz)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mels": 0},
        {"mels": 2000},
        {"minimum_frequency": 9000},
        {"maximum_frequency": 8001},
        {"minimum_frequency": -1},
        {"fft_samples": 511},
        {"hop_samples": 0},
        {"window": "square"},
    ],
)
def test_impossible_parameters_are_named(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        SpectrumSettings(**wrong).analysis()
