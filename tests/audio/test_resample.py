"""Channels and rates."""

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.audio.resample import mono, resample, resample_stream
from maestrokit.errors import UsageError


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(samples).astype(np.float32)


@given(cuts=st.lists(st.integers(0, 200_000), max_size=6), rate=st.sampled_from([16000, 22050, 44100, 96000]))
@settings(max_examples=12, deadline=None)
def test_blocks_of_any_length_give_the_same_bits(cuts: list[int], rate: int) -> None:
    recording = noise(200_000)
    blocks = np.split(recording, sorted(cuts))
    streamed = np.concatenate(list(resample_stream(blocks, from_rate=44100, to_rate=rate)))
    assert np.array_equal(streamed, resample(recording, from_rate=44100, to_rate=rate))


def test_it_equals_soxr_in_one_piece() -> None:
    recording = noise(150_000)
    ours, reference = resample(recording, from_rate=48000, to_rate=16000), soxr.resample(recording, 48000, 16000)
    assert len(ours) == len(reference)
    assert np.abs(ours - reference).max() < 1e-5


def test_a_tone_keeps_its_pitch_and_place() -> None:
    time = np.arange(44100) / 44100
    resampled = resample(np.sin(2 * np.pi * 440 * time).astype(np.float32), from_rate=44100, to_rate=16000)
    expected = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert np.abs(resampled - expected)[1000:-1000].max() < 1e-4


def test_the_same_rate_changes_nothing() -> None:
    assert np.array_equal(resample(noise(1000), from_rate=16000, to_rate=16000), noise(1000))


def test_mono_is_the_mean_of_any_number_of_channels() -> None:
    channels = noise(3000).reshape(-1, 3)
    assert np.allclose(mono(channels), channels.mean(axis=1), atol=1e-6)
    assert np.array_equal(mono(channels[:, :1]), channels[:, 0])
    assert np.array_equal(mono(channels[:, 0]), channels[:, 0])


def test_rates_must_be_positive() -> None:
    with pytest.raises(UsageError):
        resample(noise(10), from_rate=0, to_rate=16000)


def test_channels_are_resampled_each_for_itself():
    channels = np.random.default_rng(3).normal(0, 0.1, (50_000, 3)).astype(np.float32)
    for count in (1, 2, 3):
        blocks = np.array_split(channels[:, :count], 5)
        found = np.concatenate(list(resample_stream(blocks, from_rate=44100, to_rate=16000)))
        alone = [
            resample(np.ascontiguousarray(column), from_rate=44100, to_rate=16000) for column in channels.T[:count]
        ]
        assert np.array_equal(found, np.stack(alone, axis=1))
