"""Pitch and time, each without the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.audio.effects.stretch import detune, pitch_shift, time_stretch
from maestrokit.audio.effects.transients import stretched_map, transients
from maestrokit.errors import UsageError

RATE = 16000
ONSETS = np.array([0.2, 0.45, 0.62, 0.9, 1.3, 1.62, 1.75])


def sinusoid(frequency: float, seconds: float = 1.5) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def frequency_of(samples: np.ndarray) -> float:
    """Return the strongest frequency in the middle of the samples, in Hz, by the peak of a long zero-padded FFT."""
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 19))
    return float(spectrum.argmax() * RATE / (1 << 19))


def struck(onsets: np.ndarray, seconds: float = 2.2) -> np.ndarray:
    """Return tones of eight partials, each beginning within 2 ms and dying away."""
    time = np.arange(int(seconds * RATE)) / RATE
    wave = np.zeros(len(time))
    for number, onset in enumerate(onsets):
        since = np.maximum(0, time - onset)
        pitch = 110 * 2 ** (number * 5 % 12 / 12)
        for partial in range(1, 9):
            wave += np.sin(2 * np.pi * pitch * partial * since) * np.exp(-since * (6 + partial)) / partial
    return (0.1 * wave).astype(np.float32)


def onset_near(samples: np.ndarray, moment: float) -> float:
    """Return where the level rises most steeply within 40 ms of a moment, in seconds."""
    level = np.sqrt(np.convolve(samples.astype(np.float64) ** 2, np.full(32, 1 / 32), "same"))
    first = int((moment - 0.04) * RATE)
    around = level[first : first + int(0.08 * RATE)]
    return float(first + 16 + (around[32:] - around[:-32]).argmax()) / RATE


@given(frequency=st.floats(55, 2000), semitones=st.floats(-5, 5))
@settings(max_examples=8, deadline=None)
def test_a_shifted_tone_is_within_five_cents(frequency: float, semitones: float) -> None:
    shifted = pitch_shift(sinusoid(frequency), sample_rate=RATE, semitones=semitones)
    cents = 1200 * np.log2(frequency_of(shifted) / (frequency * 2 ** (semitones / 12)))
    assert abs(cents) < 5
    assert len(shifted) == int(1.5 * RATE)


@pytest.mark.parametrize("factor", [0.7, 0.85, 1.2, 1.5])
def test_a_stretched_tone_keeps_its_pitch_and_level(factor: float) -> None:
    stretched = time_stretch(sinusoid(330), sample_rate=RATE, factor=factor)
    assert abs(1200 * np.log2(frequency_of(stretched) / 330)) < 5
    middle = stretched[len(stretched) // 4 : -len(stretched) // 4]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)


@pytest.mark.parametrize("factor", [0.7, 0.85, 1.2, 1.5])
def test_stretched_onsets_are_within_ten_milliseconds(factor: float) -> None:
    recording = struck(ONSETS)
    stretched = time_stretch(recording, sample_rate=RATE, factor=factor)
    own_error = [onset_near(recording, moment) - moment for moment in ONSETS]
    error = [onset_near(stretched, moment * factor) - moment * factor for moment in ONSETS]
    assert np.abs(np.subtract(error, own_error)).max() < 0.01


@pytest.mark.parametrize("semitones", [-4, 3])
def test_shifted_onsets_stay(semitones: int) -> None:
    recording = struck(ONSETS)
    shifted = pitch_shift(recording, sample_rate=RATE, semitones=semitones)
    onsets, shifted_onsets = ([onset_near(samples, moment) for moment in ONSETS] for samples in (recording, shifted))
    assert np.abs(np.subtract(onsets, shifted_onsets)).max() < 0.01


def test_transients_are_where_tones_are_struck() -> None:
    found = transients(struck(ONSETS), sample_rate=RATE)
    assert np.abs(found[:, None] - ONSETS).min(axis=0).max() < 0.006


def test_a_steady_tone_has_one_transient_at_most() -> None:
    assert len(transients(sinusoid(55), sample_rate=RATE)) <= 1


@given(moments=st.lists(st.floats(0, 10), max_size=30), factor=st.floats(0.25, 4))
@settings(max_examples=25, deadline=None)
def test_maps_of_time_rise_and_end_where_they_must(moments: list[float], factor: float) -> None:
    before, after = stretched_map(np.array(sorted(moments)), duration=10.0, factor=factor)
    assert (np.diff(before) > 0).all()
    assert (np.diff(after) > 0).all()
    assert (before[-1], after[-1]) == (10.0, 10.0 * factor)


def test_nothing_asked_is_nothing_done() -> None:
    recording = struck(ONSETS)
    assert np.array_equal(time_stretch(recording, sample_rate=RATE, factor=1.0), recording)
    assert np.array_equal(detune(recording, sample_rate=RATE, cents=0), recording)


def test_detuning_raises_pitch_and_shortens() -> None:
    raised = detune(sinusoid(440), sample_rate=RATE, cents=100)
    assert len(raised) == pytest.approx(1.5 * RATE * 2 ** (-1 / 12), abs=1)
    assert abs(1200 * np.log2(frequency_of(raised) / 440) - 100) < 1


@pytest.mark.parametrize("samples", [0, 1, 50, 700])
def test_short_recordings_are_stretched_too(samples: int) -> None:
    assert len(time_stretch(np.ones(samples, np.float32), sample_rate=RATE, factor=1.5)) == round(samples * 1.5)


def test_factors_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError):
        time_stretch(sinusoid(440), sample_rate=RATE, factor=5.0)
