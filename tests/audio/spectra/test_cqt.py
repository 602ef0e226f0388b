"""The variable-Q spectrum, against its definition and against librosa's."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.audio.spectra.cqt import bin_frequencies, window_lengths
from maestrokit.audio.spectra.frames import analyse
from maestrokit.audio.spectra.settings import SpectrumSettings
from maestrokit.errors import UsageError


def variable_q(samples: np.ndarray, **settings: float) -> np.ndarray:
    """Return the spectrum of the keys of a piano, three bins each, at 50 frames a second."""
    return analyse(samples, SpectrumSettings("cqt", **{"hop_samples": 320, "gamma": 0.0} | settings).analysis())


def chord() -> np.ndarray:
    time = np.arange(24000) / 16000
    tones = sum(
        np.sin(2 * np.pi * f * time + f) * np.exp(-time * (1 + f / 1000)) / (1 + f / 500)
        for f in (27.5, 55, 130.8, 196, 329.6, 440, 1318.5, 3520)
    )
    return (0.2 * tones + 1e-3 * np.random.default_rng(0).standard_normal(len(time))).astype(np.float32)


def exact(samples: np.ndarray, gamma: float, frames: range) -> np.ndarray:
    """Return the spectrum by its definition, one inner product a value, in double precision."""
    frequency = bin_frequencies(27.5, 288, 36)
    lengths = window_lengths(frequency, sample_rate=16000, bins_per_octave=36, gamma=gamma)
    reach = int(lengths.max() / 2) + 1
    padded = np.pad(samples.astype(np.float64), reach)
    time = np.arange(-reach, reach + 1)
    windows = np.where(abs(time) < lengths[:, None] / 2, np.cos(np.pi * time / lengths[:, None]) ** 2, 0)
    filters = 2 * windows / windows.sum(1, keepdims=True) * np.exp(-2j * np.pi * frequency[:, None] / 16000 * time)
    return np.stack([abs(filters @ padded[n * 320 : n * 320 + 2 * reach + 1]) for n in frames])


def test_it_is_what_its_definition_says() -> None:
    samples, frames = chord(), range(3, 70, 11)
    ours, reference = variable_q(samples, gamma=5.0)[list(frames)], exact(samples, 5.0, frames)
    assert np.abs(ours - reference).max() < 2e-3 * reference.max()
    loud = reference > 1e-2 * reference.max()
    assert np.abs(20 * np.log10(ours[loud] / reference[loud])).max() < 0.5


def test_it_agrees_with_librosa_up_to_a_gain_for_each_bin() -> None:
    samples = chord()
    ours = variable_q(samples, gamma=5.0)
    reference = np.abs(
        librosa.vqt(samples, sr=16000, hop_length=320, fmin=27.5, n_bins=288, bins_per_octave=36, gamma=5.0)
    ).T
    reference *= (ours * reference).sum(0) / (reference**2).sum(0)
    assert np.corrcoef(ours.ravel(), reference.ravel())[0, 1] > 0.999


@given(bin_index=st.integers(0, 287), amplitude=st.floats(0.01, 1), gamma=st.floats(0, 20))
@settings(max_examples=6, deadline=None)
def test_a_sinusoid_reads_its_amplitude_in_its_own_bin(bin_index: int, amplitude: float, gamma: float) -> None:
    gamma = 5.0 if bin_index % 2 else round(gamma)
    frequency = 27.5 * 2 ** (bin_index / 36)
    tone = amplitude * np.sin(2 * np.pi * frequency / 16000 * np.arange(48000))
    middle = variable_q(tone.astype(np.float32), gamma=gamma)[75]
    assert middle.argmax() == bin_index
    assert middle[bin_index] == pytest.approx(amplitude, rel=0.01)


def test_silence_reads_zero() -> None:
    assert not variable_q(np.zeros(5000, np.float32), gamma=0.0).any()


def test_gamma_shortens_the_windows_of_low_keys() -> None:
    frequency = np.array([27.5, 3520.0])
    constant = window_lengths(frequency, sample_rate=16000, bins_per_octave=36, gamma=0.0)
    variable = window_lengths(frequency, sample_rate=16000, bins_per_octave=36, gamma=5.0)
    assert constant[0] / constant[1] == pytest.approx(128)
    assert variable[0] < constant[0] / 9
    assert variable[1] > constant[1] * 0.9


@pytest.mark.parametrize(
    "wrong",
    [
        {"bins": 300},
        {"bins": 0},
        {"minimum_frequency": 0.0},
        {"gamma": -1.0},
        {"hop_samples": 0},
    ],
)
def test_impossible_parameters_are_named(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        variable_q(np.zeros(100, np.float32), **wrong)
