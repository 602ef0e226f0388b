"""Onsets of recordings, what the bands of the spectrum do there, and the keys that begin."""

import numpy as np
import pytest

from maestrokit.analysis import chroma
from maestrokit.analysis.beats import audio_weights
from maestrokit.analysis.beats.from_audio import _starting_keys, likely_onsets, onset_feature_matrix
from maestrokit.analysis.onsets import BROAD_EDGES, FRAME_RATE, SAMPLE_RATE, find_onsets, onset_features
from maestrokit.music.piano_range import LOWEST_PITCH


def tones(*notes: tuple[float, int], seconds: float = 4.0, decay: float = 3.0) -> np.ndarray:
    """Return decaying tones of four harmonics, each a time in seconds and a MIDI number."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    out = np.zeros(len(time))
    for start, key in notes:
        since = np.maximum(time - start, 0)
        for harmonic in (1, 2, 3, 4):
            pitch = harmonic * 440 * 2 ** ((key - 69) / 12)
            out += (time >= start) * np.exp(-decay * since) * np.sin(2 * np.pi * pitch * since) / harmonic
    return (0.1 * out).astype(np.float32)


NOTES = ((0.5, 45), (1.2, 76), (2.0, 60), (2.9, 40))


def test_onsets_are_found_where_tones_begin() -> None:
    found = find_onsets(onset_features([tones(*NOTES)])).time
    np.testing.assert_allclose(found, [start for start, _ in NOTES], atol=0.02)  # tones without an attack


@pytest.mark.parametrize("size", [1, 700, 16000])
def test_the_course_is_the_same_however_the_samples_arrive(size: int) -> None:
    sound = tones(*NOTES, seconds=1.5)
    whole = onset_features([sound])
    for feature, parts in zip(whole, onset_features(np.split(sound, range(size, len(sound), size))), strict=True):
        np.testing.assert_allclose(feature, parts, atol=1e-5)


def test_growth_is_the_rise_over_five_frames_in_each_band() -> None:
    features = onset_features([tones((0.5, 45), (2.0, 96), seconds=3)])
    assert features.growth.shape == features.level.shape == (len(features.strength), len(BROAD_EDGES) - 1)
    low, high = (features.growth[round(start * FRAME_RATE) + 3] for start in (0.5, 2.0))
    assert low[1] > 5 * low[5] and high[4] > 5 * max(high[0], 0.01)
    assert (features.growth[5:] >= features.level[5:] - features.level[:-5] - 1e-5).all()


def test_what_dies_away_is_told_from_what_lasts() -> None:
    short, long = (find_onsets(onset_features([tones((1.0, 57), decay=decay)])) for decay in (25.0, 1.0))
    assert (short.lasting[0, 1:4] < long.lasting[0, 1:4] - 2).all()  # where the harmonics are


def test_the_lowest_key_that_begins_is_heard() -> None:
    sound = tones((0.5, 76), (1.5, 76), (1.5, 45), (2.5, 60), (2.5, 64))
    lowest, highest, size = _starting_keys(np.array([0.5, 1.5, 2.5]), chroma.salience([sound]))
    assert (lowest + LOWEST_PITCH).tolist() == [76, 45, 60]
    assert (highest >= lowest).all() and (size >= 1).all()


def test_features_are_as_many_as_there_are_weights() -> None:
    sound = tones(*NOTES)
    features = onset_feature_matrix(likely_onsets(onset_features([sound])), chroma.salience([sound]))
    assert len(features) >= len(NOTES)
    assert features.shape[1] == audio_weights.BEAT.shape[1] == audio_weights.DOWNBEAT.shape[1]
    assert np.isfinite(features).all()


def test_silence_and_nothing_have_no_onsets() -> None:
    for sound in (np.zeros(0, np.float32), np.zeros(SAMPLE_RATE, np.float32)):
        found = find_onsets(onset_features([sound]))
        assert found.time.shape == (0,) and found.growth.shape == (0, len(BROAD_EDGES) - 1)
