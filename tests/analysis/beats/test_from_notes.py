import numpy as np
import pytest

from maestrokit.analysis.beats.event_features import frame_activation, in_context, nearest_rows, snapped
from maestrokit.analysis.beats.from_notes import note_onsets, performed_beats
from scenes import scene


def waltz(bars, beat):
    """Return bars of three: a low note, then two chords, with a melody of two notes a beat."""
    notes = []
    for bar in range(bars):
        start = 0.5 + 3 * beat * bar
        notes += [(start, start + 0.9 * beat, 36 + 5 * (bar % 3), 70)]
        notes += [(start + k * beat, start + (k + 0.5) * beat, 55 + step, 50) for k in (1, 2) for step in (0, 4)]
        notes += [(start + k * beat / 2, start + (k + 0.9) * beat / 2, 72 + (bar + k) % 7, 65) for k in range(6)]
    return scene(sorted(notes))


@pytest.mark.parametrize("beat", [0.4, 0.55, 0.7])
def test_beats_of_a_waltz_lie_on_its_strokes(beat):
    beats = performed_beats(waltz(20, beat))
    level = np.median(np.diff(beats.time)) / beat
    assert min(abs(level - usual) for usual in (0.5, 1, 3)) < 0.05
    onsets = note_onsets(waltz(20, beat)).onset
    assert np.abs(onsets[nearest_rows(onsets, beats.time)] - beats.time).max() < 0.02


def test_beats_do_not_depend_on_the_tempo_map_or_on_drums():
    slow = waltz(12, 0.5)
    drums = scene([(0.1 * k, 0.1 * k + 0.05, 38, 100) for k in range(100)], channel=9)
    joined = slow.replace(notes=type(slow.notes).concatenate([slow.notes, drums.notes]))
    assert np.array_equal(performed_beats(joined).time, performed_beats(slow).time)


def test_few_notes_have_few_beats():
    assert len(performed_beats(scene([])).time) == 0
    assert len(performed_beats(scene([(1.0, 2.0, 60, 64)])).time) == 0
    assert len(performed_beats(scene([(1.0, 2.0, 60, 64), (1.6, 2.0, 62, 64)])).time) <= 2


def test_features_are_finite_and_one_row_a_stroke():
    strokes = note_onsets(scene([(0.0, 0.0, 60, 64), (0.01, 0.5, 64, 1), (5.0, 5.0, 21, 127)]))
    assert strokes.onset.tolist() == [0.0, 5.0]
    assert strokes.features.shape[0] == 2
    assert np.isfinite(strokes.features).all()


def test_context_frames_and_snapping():
    assert in_context(np.arange(6.0).reshape(3, 2), 1).shape == (3, 6)
    activation = frame_activation(np.array([0.0, 0.1]), np.array([0.5, 0.8]), frame_rate=50.0)
    assert activation[[0, 5]].tolist() == [0.5, 0.8]
    assert snapped(np.array([0.98, 2.0]), np.array([1.0, 3.0])).tolist() == [1.0, 2.0]
