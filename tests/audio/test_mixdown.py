"""Channels to one: the mean, and never silence."""

import numpy as np
import pytest

from maestrokit.audio.mixdown import Mixdown
from maestrokit.audio.resample import mono

RATE = 16000


def notes(seconds=4.0, seed=0):
    """Decaying tones, four a second."""
    generator = np.random.default_rng(seed)
    time = np.arange(int(RATE * seconds)) / RATE
    sound = np.zeros(len(time))
    for start in np.arange(0, seconds, 0.25):
        here = time[time >= start] - start
        sound[len(sound) - len(here) :] += np.sin(2 * np.pi * generator.uniform(60, 2000) * here) * np.exp(-6 * here)
    return 0.2 * sound


def mixed(*channels, parts=1):
    """Return the mix, and the seconds in which a channel was inverted."""
    mixdown = Mixdown(RATE)
    blocks = np.array_split(np.stack(channels, axis=1).astype(np.float32), parts)
    return np.concatenate(list(mixdown.through(blocks))), mixdown.inverted / RATE


def level(samples):
    return np.sqrt((np.asarray(samples, np.float64) ** 2).mean())


def test_ordinary_stereo_is_the_mean_to_the_bit():
    middle, side = notes(seed=1), notes(seed=2)
    for width in (0.0, 0.3, 0.6, 1.0):
        channels = np.stack([middle + width * side, middle - width * side], axis=1).astype(np.float32)
        found, inverted = mixed(*channels.T)
        assert np.array_equal(found, mono(channels)) and inverted == 0
    for channels in ([middle, 0 * middle], [middle, side], [middle, -0.1 * middle]):
        assert mixed(*channels)[1] == 0


@pytest.mark.parametrize("gain", [1.0, 0.9, 0.5, 0.3])
def test_an_inverted_channel_cancels_nothing(gain):
    left = notes()
    found, inverted = mixed(left, -gain * left)
    assert inverted == pytest.approx(4.0)
    assert found == pytest.approx(left * (1 + gain) / 2, abs=1e-6)


def test_one_inverted_channel_of_a_true_stereo_recording_costs_no_more_than_another():
    middle, side = notes(seed=1), 0.5 * notes(seed=2)
    found, _ = mixed(middle + side, side - middle)
    assert level(found) > 0.95 * level(middle)


@pytest.mark.parametrize("parts", [1, 7, 100])
@pytest.mark.parametrize("first", [1, -1])
def test_a_recording_inverted_for_a_half_loses_none(first, parts):
    left = notes()
    sign = np.where(np.arange(len(left)) < 2 * RATE + 333, first, -first)
    found, inverted = mixed(left, sign * left, parts=parts)
    assert inverted == pytest.approx(2.0, abs=0.2)
    for start in range(0, len(left), RATE // 8):  # no eighth of a second is much quieter
        here = slice(start, start + RATE // 8)
        assert level(found[here]) > 0.7 * level(left[here])
    assert np.array_equal(found, mixed(left, sign * left)[0])


def test_the_output_is_continuous_where_a_channel_turns_round():
    tone = 0.5 * np.sin(2 * np.pi * 100 * np.arange(4 * RATE) / RATE)
    sign = np.where(np.arange(len(tone)) < 2 * RATE, 1, -1)
    found, _ = mixed(tone, 0.8 * sign * tone)
    assert np.abs(np.diff(found)).max() < 2 * np.abs(np.diff(tone)).max()


def test_none_of_many_channels_cancels_another():
    first, second = notes(seed=1), notes(seed=2)
    for channels, signs in (
        ((first, second, -first, -first), (1, 1, -1, -1)),
        ((first, -first, first, -first, second, -second), (1, -1, 1, -1, 1, -1)),
    ):
        expected = sum(sign * channel for sign, channel in zip(signs, channels, strict=True)) / len(channels)
        assert np.abs(mixed(*channels)[0] - expected).max() < 1e-6


def test_silence_and_short_recordings_are_mixed():
    silence = np.zeros(100)
    assert mixed(silence, silence)[0].tolist() == silence.tolist()
    assert mixed(np.array([0.5]), np.array([-0.5]))[0].tolist() == [0.5]


def test_a_long_recording_inverted_in_its_middle_is_mended_there_alone():
    left = np.concatenate([notes(5.0, seed) for seed in range(5)]).astype(np.float32)
    sign = np.where((np.arange(len(left)) // (5 * RATE)) == 2, -1, 1)  # from 10 to 15 s
    found, inverted = zip(*(mixed(left, 0.9 * sign * left, parts=parts) for parts in (1, 3, 50)), strict=True)
    assert inverted == pytest.approx([5.0] * 3, abs=0.3)
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])
    assert level(found[0] - 0.95 * left) < 0.03 * level(left)  # a window at each turn
