"""Variations of spectra in dB against what the same change of sound would do."""

import numpy as np
import pytest

from maestrokit.audio.effects.spectrogram import (
    FAR_DELAY,
    FAR_SPREAD,
    PROBABILITIES,
    SpectrogramVariation,
    augment_levels,
    sample_variation,
    shifted,
)
from maestrokit.audio.loudness import decibels
from maestrokit.audio.spectra.frames import analyse
from maestrokit.audio.spectra.mel import power2decibel
from maestrokit.audio.spectra.transcription_input import BINS, CENTRE_BIN, FLOOR, KEY_BINS, SETTINGS, levels

FRAME = 1 / SETTINGS.frames_per_second


def applied(spectrum: np.ndarray, **changes: object) -> np.ndarray:
    return augment_levels(
        spectrum, SpectrogramVariation(**changes), frame_seconds=FRAME, generator=np.random.default_rng(0)
    )


def tone(pitch: int, *, seconds: float = 0.5) -> np.ndarray:
    time = np.arange(int(16000 * seconds)) / 16000
    return (0.1 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time)).astype(np.float32)


def spectrum(pitch: int) -> np.ndarray:
    return levels(np.asarray(analyse(tone(pitch), SETTINGS.analysis())))


def test_the_bin_of_each_key_is_where_it_is_said_to_be() -> None:
    for pitch in (33, 60, 100):
        assert spectrum(pitch)[25].argmax() == KEY_BINS * (pitch - 21) + CENTRE_BIN


def test_no_variation_changes_nothing() -> None:
    x = np.random.default_rng(1).uniform(FLOOR, 0, (30, BINS)).astype(np.float32)
    assert np.allclose(applied(x), x, atol=1e-3)


def test_transposing_a_tone_is_the_tone_transposed() -> None:
    moved, transposed = applied(spectrum(60), semitones=2)[25], spectrum(62)[25]
    near = transposed > transposed.max() - 20
    assert moved.argmax() == transposed.argmax()
    assert np.abs(moved - transposed)[near].max() < 2  # filters of higher bins are a little wider


def test_shifting_forth_and_back_is_nothing() -> None:
    x = np.random.default_rng(2).uniform(FLOOR, 0, (5, 60)).astype(np.float32)
    assert np.array_equal(shifted(shifted(x, 7), -7)[:, :50], x[:, :50])


def test_gain_and_colour_are_decibels() -> None:
    x = np.full((4, BINS), -50, np.float32)
    y = applied(x, gain=6.0, equaliser=(-3.0, 3.0))
    assert y[0, 0] == pytest.approx(-47, abs=0.01) and y[0, -1] == pytest.approx(-41, abs=0.01)


def test_a_thin_bass_falls_by_its_slope() -> None:
    y = applied(np.full((2, BINS), -20, np.float32), thinned=2.0, slope=12.0)[0]
    assert y[0] == pytest.approx(-44, abs=0.01) and y[36] == pytest.approx(-32, abs=0.01)
    assert np.allclose(y[72:], -20, atol=0.01)


def test_reverberation_dies_away_in_its_time() -> None:
    x = np.full((100, BINS), FLOOR, np.float32)
    x[10] = -20
    middle = applied(x, wet=0.0, decay=0.8)[:, BINS // 2]
    slope = (middle[12] - middle[52]) / (40 * FRAME)
    assert slope == pytest.approx(60 / 0.8, rel=0.3)
    assert middle[9] < -90 and middle[10] == pytest.approx(-20, abs=0.1)


def test_from_afar_a_stroke_is_later_and_softer_and_no_weaker() -> None:
    x = np.full((60, BINS), FLOOR, np.float32)
    x[10] = 0.0
    powers = [(10 ** (applied(x, distance=distance) / 10))[:, 40] for distance in (0.01, 0.5, 1.0)]
    centres = [(np.arange(60) * power).sum() / power.sum() for power in powers]
    assert [power.sum() for power in powers] == pytest.approx([1.0] * 3, abs=1e-3)
    assert centres[0] == pytest.approx(10, abs=0.05)
    assert centres[2] == pytest.approx(10 + (FAR_DELAY + FAR_SPREAD) / 0.01, abs=0.1)
    assert powers[0].max() > powers[1].max() > powers[2].max()


def test_a_compressor_holds_loud_frames_down_by_its_ratio_and_lets_go_slowly() -> None:
    x = np.full((100, BINS), FLOOR, np.float32)
    x[:, 40] = -40.0
    x[20:30, 40] = -10.0
    y = applied(x, compression=3.0, threshold=12.0, release=0.1)[:, 40]
    assert y[10] == pytest.approx(-40, abs=0.05) and y[20:30] == pytest.approx(-18, abs=0.05)
    assert y[30] == pytest.approx(-40 - 8 * np.exp(-0.1), abs=0.1) and y[99] == pytest.approx(-40, abs=0.1)


def test_each_effect_is_as_frequent_as_it_is_said_to_be() -> None:
    variations = [sample_variation(np.random.default_rng(seed), semitones=0) for seed in range(2000)]
    unchanged = SpectrogramVariation()
    names = ("thinned", "distance", "compression", "wet", "noise", "lowpass")
    for name, probability in zip(names, PROBABILITIES.values(), strict=True):
        share = np.mean([getattr(variation, name) != getattr(unchanged, name) for variation in variations])
        assert share == pytest.approx(probability, abs=0.04)


def test_noise_has_its_level() -> None:
    x = np.full((400, BINS), FLOOR, np.float32)
    y = applied(x, noise=-70.0)
    assert 10 * np.log10(np.mean(10 ** (y / 10))) == pytest.approx(-70, abs=0.3)


def test_draws_follow_from_the_generator() -> None:
    first, again = (sample_variation(np.random.default_rng(5), semitones=3) for _ in range(2))
    assert first == again and abs(first.semitones) <= 3


def test_a_codec_leaves_nothing_above_its_band_and_holes_below() -> None:
    x = np.full((200, BINS), -20, np.float32)
    y = applied(x, lowpass=1.0, noise=-60.0)
    end = BINS - 36
    assert (y[:, end:] == FLOOR).all()
    assert np.allclose(y[:, : end - 36], -20, atol=0.1)
    holes = (y[:, end - 36 : end] == FLOOR).mean()
    assert 0.2 < holes < 0.4
    assert (y[:4, end - 36 : end - 30] == FLOOR).all() or (y[:4, end - 36 : end - 30] > FLOOR).all()


def test_a_codec_may_leave_the_lowest_bins_only() -> None:
    x = np.full((3, BINS), -20, np.float32)
    assert (applied(x, lowpass=20.0) == FLOOR).all()
    assert (applied(x, lowpass=8.0)[:, 6:] == FLOOR).all()


def test_the_floor_holds_however_a_processor_rounds_logarithms(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("log2", "log10"):
        exact = getattr(np, name)
        monkeypatch.setattr(np, name, lambda x, exact=exact, **places: exact(x, **places) - np.float32(4e-6))
    nothing = np.zeros((2, BINS), np.float32)
    assert (levels(nothing) == FLOOR).all()
    assert (applied(np.full((3, BINS), -20, np.float32), lowpass=20.0) == FLOOR).all()
    assert (power2decibel(nothing.copy(), 1e-10) == -100).all()
    assert (decibels(nothing.astype(np.float64)) == -120).all()


def test_some_draws_are_coded() -> None:
    drawn_ones = [sample_variation(np.random.default_rng(seed), semitones=0).lowpass for seed in range(200)]
    assert 0.2 < np.mean(np.array(drawn_ones) > 0) < 0.4 and max(drawn_ones) <= 1.5
