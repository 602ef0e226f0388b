"""Loudness after ITU-R BS.1770: channels add up, and none hides another."""

import numpy as np
import pytest

from maestrokit.audio.loudness import SAMPLE_RATE, decibels, integrated_loudness, levels

TONE = np.sin(2 * np.pi * 997 / SAMPLE_RATE * np.arange(3 * SAMPLE_RATE)).astype(np.float32)  # -3.01 LUFS


def loudness(*channels, parts=3):
    blocks = np.array_split(np.stack(channels, axis=1).astype(np.float32), parts)
    return integrated_loudness(levels(blocks).weighted)


def test_powers_of_channels_add_up():
    assert loudness(TONE) == pytest.approx(-3.01, abs=0.02)
    for other in (TONE, -TONE):  # in phase or not
        assert loudness(TONE, other) == pytest.approx(0.0, abs=0.02)
        assert loudness(0.5 * TONE, 0.5 * other) == pytest.approx(-6.02, abs=0.02)
    assert loudness(TONE, 0 * TONE) == pytest.approx(-3.01, abs=0.02)


def test_surround_channels_weigh_more_and_low_frequency_effects_nothing():
    silence = 0 * TONE
    alone = loudness(TONE)
    five = [loudness(*([silence] * place + [TONE] + [silence] * (4 - place))) for place in range(5)]
    assert np.array(five) - alone == pytest.approx(np.array([0, 0, 0, 1.49, 1.49]), abs=0.01)
    six = [loudness(*([silence] * place + [TONE] + [silence] * (5 - place))) for place in range(6)]
    assert six[3] == float("-inf")
    assert six[5] - alone == pytest.approx(1.49, abs=0.01)


def test_level_and_peak_are_those_of_all_channels():
    found = levels([np.stack([0.25 * TONE, -0.5 * TONE], axis=1)])
    assert found.peak == pytest.approx(0.5, abs=1e-3)
    assert decibels(found.power.mean()) == pytest.approx(10 * np.log10((0.25**2 + 0.5**2) / 4), abs=0.01)


def test_one_channel_may_come_with_or_without_an_axis():
    plain, column = levels([TONE]), levels([TONE[:, None]])
    assert np.array_equal(plain.weighted, column.weighted) and np.array_equal(plain.power, column.power)
    assert len(levels([]).power) == 0
