"""What networks of classes see of recordings: it starts where sound does, and does not depend on its loudness."""

import numpy as np
import pytest
from numpy.typing import NDArray

from maestrokit.analysis.class_spectrum import (
    BANDS,
    FLOOR,
    SAMPLE_RATE,
    SPECTRUM,
    STEP,
    levels_from,
    mel_spectrum,
    packed_mel,
    spectrum_excerpt,
    spectrum_starts,
    unpacked_levels,
)
from maestrokit.audio.spectra.frames import analyse
from maestrokit.music.rolls.excerpts import FRAMES, HOP, SECONDS


def recording(seconds: float, *, gain: float = 1.0) -> NDArray[np.float32]:
    """Return noise that rises and falls."""
    count = int(seconds * SAMPLE_RATE)
    swell = 1 + 0.5 * np.sin(np.arange(count) / SAMPLE_RATE)
    return (0.1 * gain * swell * np.random.default_rng(0).normal(size=count)).astype(np.float32)


def test_a_frame_of_the_spectrum_is_as_long_as_one_of_rolls_and_blocks_do_not_matter() -> None:
    samples = recording(5)
    packed = packed_mel([samples])
    assert packed.shape == (101, BANDS) and SPECTRUM.frames_per_second * HOP == 1
    assert (packed == packed_mel([samples[:30001], samples[30001:]])).all()
    levels = np.asarray(analyse(samples, SPECTRUM.analysis()), np.float32)
    assert np.abs(unpacked_levels(packed) - levels).max() <= STEP / 2 + 1e-3


def test_an_excerpt_does_not_depend_on_how_loud_a_recording_is() -> None:
    loud, soft = (spectrum_excerpt(mel_spectrum(packed_mel([recording(25, gain=gain)])), 2.0) for gain in (1.0, 0.05))
    assert loud.shape == (1, FRAMES, BANDS) and loud.dtype == np.float32
    assert np.abs(loud - soft).max() < 0.05 and 1.5 < loud.mean() < 2.0


def test_silence_is_passed_over_at_the_ends_and_is_nothing_in_between() -> None:
    samples = np.concatenate([np.zeros(48000), recording(30), np.zeros(32000), recording(10), np.zeros(80000)])
    spectrum = mel_spectrum(packed_mel([samples.astype(np.float32)]))
    starts = spectrum_starts(spectrum)
    assert starts[0] == pytest.approx(3, abs=0.15) and starts[-1] + SECONDS == pytest.approx(45, abs=0.15)
    assert np.diff(starts).max() <= SECONDS / 2 and len(spectrum_starts(spectrum, most=2)) == 2
    middle = spectrum_excerpt(spectrum, 24.0)[0]  # silence from 33 s to 35 s
    assert not middle[182:218].any() and middle[:178].all() and middle[222:].all()


def test_a_short_recording_is_repeated_and_a_long_one_ends_in_silence() -> None:
    short = mel_spectrum(packed_mel([recording(3)]))
    assert spectrum_starts(short).tolist() == [0.0] and short.period == len(short.levels)
    excerpt = spectrum_excerpt(short, 0.0)[0]
    assert (excerpt[: short.period] == excerpt[short.period : 2 * short.period]).all()
    long = mel_spectrum(packed_mel([recording(21)]))
    assert long.period == FRAMES
    assert (levels_from(long, len(long.levels) - 10, 30)[10:] == FLOOR).all()


def test_a_silent_recording_has_no_excerpt() -> None:
    silent = mel_spectrum(packed_mel([np.zeros(16000, np.float32)]))
    assert len(spectrum_starts(silent)) == 0 and silent.period == 0
    nothing = mel_spectrum(packed_mel([]))
    assert len(spectrum_starts(nothing)) == 0
