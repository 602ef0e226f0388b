"""Where a piano is heard: level and certainty, as a stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import UsageError
from maestrokit.inference.transcription.gate import LEVEL_FRAMES, OFF, Gate, GateConfig, Loudness

LOUD = -20.0


def said(frames: int, strokes: dict[int, tuple[float, float]]) -> np.ndarray:
    """Return posteriors with strokes of middle C at frames: how high, and how much the key sounds after."""
    posteriors = np.zeros((4, frames, 88), np.float32)
    for frame, (height, sounding) in strokes.items():
        posteriors[0, frame, 39] = height
        posteriors[2, frame : frame + 10, 39] = sounding
    return posteriors


def gated(posteriors: np.ndarray, levels: np.ndarray, config: GateConfig, *, cuts: int = 1) -> np.ndarray:
    gate = Gate(config, frame_seconds=0.02)
    parts = [
        gate.feed(part, level)
        for part, level in zip(np.array_split(posteriors, cuts, axis=1), np.array_split(levels, cuts), strict=True)
    ]
    return np.concatenate([*parts, gate.finish()], axis=1)


def test_certain_strokes_pass_and_doubtful_ones_do_not() -> None:
    posteriors = said(1000, {100: (0.9, 0.9), 150: (0.8, 0.8), 700: (0.5, 0.3), 740: (0.6, 0.4)})
    told = gated(posteriors, np.full(1000, LOUD), GateConfig(min_confidence=0.3, context=2.0))
    assert told.shape == posteriors.shape
    assert np.array_equal(told[:, :400], posteriors[:, :400]) and not told[0, 600:].any()
    assert np.array_equal(told[1:], posteriors[1:])


def test_a_doubtful_stroke_among_certain_ones_passes() -> None:
    posteriors = said(400, {100: (0.9, 0.9), 120: (0.4, 0.4), 140: (0.9, 0.9)})
    assert np.array_equal(gated(posteriors, np.full(400, LOUD), GateConfig()), posteriors)


def test_what_is_too_quiet_is_not_told() -> None:
    posteriors = said(400, {100: (0.9, 0.9), 300: (0.9, 0.9)})
    level = np.where(np.arange(400) < 200, -90.0, -50.0)
    told = gated(posteriors, level, GateConfig(silence_threshold=-80.0))
    assert not told[0, :200].any() and told[0, 300, 39] == posteriors[0, 300, 39]
    assert np.array_equal(gated(posteriors, level, GateConfig(silence_threshold=OFF)), posteriors)


def test_it_counts_what_it_passes_over() -> None:
    gate = Gate(GateConfig(silence_threshold=-80.0, context=1.0), frame_seconds=0.02)
    gate.feed(said(500, {250: (0.4, 0.1)}), np.where(np.arange(500) < 100, -90.0, LOUD))
    gate.finish()
    quiet, doubtful = gate.removed_seconds
    assert quiet == pytest.approx(2.0) and doubtful == pytest.approx(101 * 0.02)


@settings(max_examples=20)
@given(seed=st.integers(0, 99), cuts=st.integers(2, 40))
def test_parts_do_not_matter(seed: int, cuts: int) -> None:
    generator = np.random.default_rng(seed)
    rows = generator.choice(590, 12, replace=False)
    posteriors = said(600, {int(row): (generator.uniform(0.3, 1), generator.uniform(0.1, 1)) for row in rows})
    levels = generator.uniform(-90, -70, 600)
    config = GateConfig(context=0.5)
    assert np.array_equal(gated(posteriors, levels, config), gated(posteriors, levels, config, cuts=cuts))


def test_nothing_gives_nothing() -> None:
    assert Gate(GateConfig(), frame_seconds=0.02).finish().shape == (4, 0, 88)


def test_levels_are_those_of_the_sound_just_after() -> None:
    samples = np.zeros(320 * 60, np.float32)
    samples[320 * 30 :] = np.sqrt(2) * 0.1 * np.sin(np.arange(320 * 30) * 0.3)  # -20 dBFS
    loudness = Loudness(320)
    assert np.array_equal(np.concatenate(list(loudness.through(np.array_split(samples, 7)))), samples)
    levels = np.concatenate([loudness.levels(count) for count in (25, 20, 15)])
    assert (levels[: 30 - LEVEL_FRAMES + 1] == OFF).all() and levels[32:50] == pytest.approx(-20, abs=0.1)
    assert levels[29] == pytest.approx(-20 - 10 * np.log10(LEVEL_FRAMES / (LEVEL_FRAMES - 2)), abs=0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"silence_threshold": 3.0},
        {"silence_threshold": float("nan")},
        {"min_confidence": 1.0},
        {"min_confidence": -0.1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        GateConfig(**wrong)
