"""Frames do not depend on how the samples arrive."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.audio.spectra.frames import Analysis, analyse, analyse_stream, frame_count
from maestrokit.audio.spectra.settings import SpectrumSettings

ANALYSES = {
    "stft": SpectrumSettings("stft", fft_samples=256, hop_samples=100).analysis(),
    "far hops": SpectrumSettings("stft", fft_samples=64, hop_samples=300).analysis(),
    "logmel": SpectrumSettings(fft_samples=512, hop_samples=128, mels=40).analysis(),
    "variable-Q": SpectrumSettings(
        "cqt", hop_samples=160, minimum_frequency=110.0, bins=60, bins_per_octave=12, gamma=10.0
    ).analysis(),
}


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(samples).standard_normal(samples).astype(np.float32)


@pytest.mark.parametrize("name", ANALYSES)
@given(samples=st.integers(0, 40_000), cuts=st.lists(st.floats(0, 1), max_size=8))
@settings(max_examples=20, deadline=None)
def test_blocks_of_any_length_give_the_same_bits(name: str, samples: int, cuts: list[float]) -> None:
    recording = noise(samples)
    blocks = np.split(recording, sorted(int(cut * samples) for cut in cuts))
    streamed = np.concatenate(list(analyse_stream(blocks, ANALYSES[name])))
    assert np.array_equal(streamed, analyse(recording, ANALYSES[name]))


@pytest.mark.parametrize("samples", [0, 1, 99, 100, 6399, 6400, 6401, 30_000])
def test_one_frame_for_each_centre_on_the_recording(samples: int) -> None:
    analysis = ANALYSES["stft"]
    assert len(analyse(noise(samples), analysis)) == frame_count(samples, 100) == samples // 100 + 1


def test_frame_n_is_centred_on_sample_n_times_hop() -> None:
    peeping = Analysis(np.zeros(1), 16000, 7, 3, lambda segment: segment[3 : len(segment) - 2 : 7, None])
    ramp = np.arange(2000, dtype=np.float32)
    assert np.array_equal(analyse(ramp, peeping)[:, 0], ramp[::7])
