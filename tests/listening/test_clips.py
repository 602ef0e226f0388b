"""Clips: where they are cut, and how loud they are."""

import numpy as np
import pytest

from maestrokit.errors import BadDataError
from maestrokit.listening import clips as cut
from maestrokit.metrics.piece import notes_in_seconds

RATE = 48000


def piece_with_pauses(length: float = 60.0, phrase: float = 7.0):
    """Return notes every quarter of a second, with a pause of one second after each phrase."""
    onset = np.arange(0, length, 0.25)
    onset = onset[onset % phrase < phrase - 1]
    return notes_in_seconds(onset, onset + 0.2, np.full(len(onset), 60))


@pytest.mark.parametrize("seed", range(8))
def test_clips_begin_and_end_at_pauses(seed: int) -> None:
    piece = piece_with_pauses()
    pauses = cut.pauses_of_piece(piece)
    start, end = cut.span_of_clip(pauses, first=0.0, last=60.0, seconds=20.0, generator=np.random.default_rng(seed))
    assert start % 7 == pytest.approx(0) and end in pauses[:, 0]
    assert 15 <= end - start <= 20 and start >= 0 and end <= 60


def test_without_pauses_a_clip_has_its_full_length() -> None:
    start, end = cut.span_of_clip(
        np.empty((0, 2)), first=0.0, last=300.0, seconds=20.0, generator=np.random.default_rng(3)
    )
    assert end - start == pytest.approx(20)


def test_a_shorter_piece_is_whole() -> None:
    span = cut.span_of_clip(np.empty((0, 2)), first=1.0, last=9.0, seconds=20.0, generator=np.random.default_rng(0))
    assert span == (1.0, 9.0)


def test_pauses_of_a_recording_are_where_it_is_quiet() -> None:
    generator = np.random.default_rng(0)
    samples = generator.normal(0, 0.1, 4 * RATE).astype(np.float32)
    samples[RATE : RATE * 3 // 2] *= 0.001
    samples[3 * RATE : 3 * RATE + RATE // 20] *= 0.001  # too short to count
    assert cut.pauses_of_sound(samples).tolist() == [[1.0, 1.5]]


def test_clips_are_equally_loud_and_none_is_clipped() -> None:
    generator = np.random.default_rng(1)
    noises = [generator.normal(0, level, 3 * RATE).astype(np.float32) for level in (0.001, 0.02, 0.3)]
    noises[0][100] = 0.9  # a click in a quiet clip, which would be far above full scale
    loudness = cut.common_loudness(noises)
    assert loudness < cut.LOUDNESS
    equal = [cut.with_loudness(noise, loudness) for noise in noises]
    for samples in equal:
        assert cut.loudness_of(samples) == pytest.approx(loudness, abs=0.1)
        assert np.abs(samples).max() <= cut.PEAK + 1e-6
    assert cut.common_loudness(noises[1:]) == cut.LOUDNESS


def test_silence_stays_silence() -> None:
    silence = np.zeros(RATE, np.float32)
    assert cut.common_loudness([silence]) == cut.LOUDNESS
    assert not cut.with_loudness(silence, -23.0).any()
    with pytest.raises(BadDataError, match="nothing to be heard"):
        cut.clip_of_sound(silence, seconds=0.5, generator=np.random.default_rng(0))


def test_clips_begin_and_end_smoothly() -> None:
    samples = cut.faded(np.ones(4 * RATE, np.float32))
    assert samples[0] == 0 and samples[-1] == 0 and samples[2 * RATE] == 1
    assert np.abs(np.diff(samples)).max() < 0.002
