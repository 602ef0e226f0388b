"""Variations: each effect does what it says, and the same seed makes the same one."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.audio.effects.augment import Augmentation, Effects, applied, sample_effects
from maestrokit.audio.effects.dynamics import clipped, compressed, gained
from maestrokit.audio.effects.equalise_noise import convolved, equalised, noised
from maestrokit.errors import UsageError

RATE = 16000
EVERYTHING = Augmentation(
    pitch_shift=(-2, 2),
    time_stretch=(0.9, 1.1),
    detune=(-20, 20),
    equalise=6.0,
    reverb=(0.2, 1.0),
    noise=(10, 40),
    compress=(1, 4),
    gain=(-12, 0),
    clip=(0.7, 1.0),
)


def decaying(seconds: float = 1.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * 440 * time) * np.exp(-3 * time)).astype(np.float32)


def level(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


@given(seed=st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_effects_lie_within_their_bounds(seed: int) -> None:
    effects = sample_effects(EVERYTHING, np.random.default_rng(seed))
    assert effects.semitones in (-2, -1, 0, 1, 2)
    assert 0.9 <= effects.stretch_factor <= 1.1
    assert max(map(abs, effects.equaliser_decibels)) <= 6
    assert 0.2 <= effects.decay <= 1
    assert 10 <= effects.signal_to_noise <= 40
    assert effects == sample_effects(EVERYTHING, np.random.default_rng(seed))


@pytest.mark.parametrize("name", [field.name for field in fields(Augmentation) if field.name != "wet"])
def test_adding_an_effect_leaves_the_others(name: str) -> None:
    alone = sample_effects(Augmentation(**{name: getattr(EVERYTHING, name)}), np.random.default_rng(3)).described()
    together = sample_effects(EVERYTHING, np.random.default_rng(3)).described()
    assert alone.items() <= together.items()


def test_the_same_effects_make_the_same_samples() -> None:
    effects = sample_effects(EVERYTHING, np.random.default_rng(1))
    once, again = (applied(decaying(), effects, sample_rate=RATE) for _ in range(2))
    assert np.array_equal(once, again)
    assert len(once) == pytest.approx(RATE * effects.time_factor, abs=2)
    assert once.dtype == np.float32
    assert not np.array_equal(
        once, applied(decaying(), sample_effects(EVERYTHING, np.random.default_rng(2)), sample_rate=RATE)
    )


def test_no_effects_change_nothing() -> None:
    assert np.array_equal(applied(decaying(), Effects(), sample_rate=RATE), decaying())
    assert Augmentation().is_nothing
    assert not EVERYTHING.is_nothing


def test_noise_is_as_loud_as_asked() -> None:
    for kind in ("white", "pink", "brown"):
        noisy = noised(decaying(), sample_rate=RATE, signal_to_noise=20, kind=kind, generator=np.random.default_rng(0))
        assert level(decaying()) - level(noisy - decaying()) == pytest.approx(20, abs=0.01)


def test_compression_divides_the_excess_over_the_threshold() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE).astype(np.float32)
    steps = np.concatenate([tone * 0.01, tone])  # 40 dB apart; the threshold is 20 dB below the louder
    threshold = level(tone) - 20
    squeezed = compressed(steps, sample_rate=RATE, threshold=threshold, ratio=4)
    soft, loud = level(squeezed[RATE : 2 * RATE - 400]), level(squeezed[-RATE:])
    assert loud - soft == pytest.approx(20 + 20 / 4, abs=0.2)
    assert np.abs(squeezed).max() == pytest.approx(1.0, rel=1e-5)


def test_equaliser_gives_the_asked_gain() -> None:
    for frequency, gain in ((120.0, 6.0), (1080.0, -6.0)):
        tone = np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE).astype(np.float32)
        output = equalised(tone, sample_rate=RATE, frequency=(120, 1080), decibels=(6, -6))
        assert level(output[4000:]) - level(tone[4000:]) == pytest.approx(gain, abs=0.5)


def test_a_room_adds_its_tail_after_the_direct_sound() -> None:
    click = np.zeros(2 * RATE, np.float32)
    click[RATE // 2] = 1
    output = applied(click, Effects(decay=0.5, wet=0.0, room_seed=1), sample_rate=RATE)
    assert np.abs(output).argmax() == RATE // 2
    assert np.abs(output[: RATE // 2]).max() < 1e-5
    early, late = output[RATE // 2 + 100 : RATE], output[RATE : RATE + RATE // 2]
    assert level(early) - level(late) == pytest.approx(60, abs=12)


def test_a_given_room_keeps_onsets_in_place() -> None:
    response = np.zeros(300, np.float32)
    response[[100, 250]] = 1, 0.5
    output = convolved(np.eye(1, 1000, 50, dtype=np.float32)[0], response)
    assert output.argmax() == 50
    assert output[200] == pytest.approx(0.5, abs=1e-6)


def test_gain_and_clipping() -> None:
    assert level(gained(decaying(), decibels=-6)) == pytest.approx(level(decaying()) - 6, abs=1e-3)
    assert np.abs(clipped(decaying(), share=0.5)).max() == pytest.approx(np.abs(decaying()).max() / 2)


def test_impossible_effects_are_named() -> None:
    with pytest.raises(UsageError):
        Augmentation(gain=(3, -3))
    with pytest.raises(UsageError):
        compressed(decaying(), sample_rate=RATE, threshold=-20, ratio=0.5)
    with pytest.raises(UsageError):
        convolved(decaying(), np.zeros(10, np.float32))
    with pytest.raises(UsageError):
        noised(decaying(), sample_rate=RATE, signal_to_noise=0, kind="blue", generator=np.random.default_rng(0))
