import numpy as np
import pytest

from maestrokit import features
from scenes import scene


def describe(notes):
    return features.describe(features.note_view(scene(notes)), names=["pitch"])["pitch"]


def test_histograms_count_notes_and_seconds():
    pitch = describe([(0, 1, 60, 64), (1, 3, 60, 64), (3, 3.5, 71, 64)])
    assert (pitch["notes"], pitch["distinct"], pitch["lowest"], pitch["highest"], pitch["range"]) == (3, 2, 60, 71, 11)
    assert pitch["histogram"][60] == pitch["class_histogram"][0] == 2
    assert pitch["duration_histogram"][60] == pitch["class_duration_histogram"][0] == 3.0
    assert pitch["class_duration_histogram"][11] == 0.5
    assert pitch["mean"] == pytest.approx((60 + 60 + 71) / 3, abs=1e-6)
    assert pitch["mean_by_duration"] == pytest.approx((3 * 60 + 0.5 * 71) / 3.5, abs=1e-6)


def test_entropy_of_even_use_is_its_logarithm():
    pitch = describe([(i, i + 1, 48 + i, 64) for i in range(24)])
    assert pitch["entropy"] == pytest.approx(np.log2(24), abs=1e-6)
    assert pitch["class_entropy"] == pytest.approx(np.log2(12), abs=1e-6)
    assert pitch["scale_consistency"] == pytest.approx(7 / 12, abs=1e-6)


def test_intervals_of_the_melody_ignore_what_is_below():
    pitch = describe([(0, 1, 60, 64), (0, 1, 72, 64), (1, 2, 40, 64), (1, 2, 79, 64), (2, 3, 50, 64)])
    assert pitch["mean_melodic_interval"] == (7 + 29) / 2
    histogram = pitch["melodic_interval_histogram"]
    assert (len(histogram), sum(histogram), histogram[12 + 7], histogram[0]) == (25, 2, 1, 1)


def test_chroma_frames_add_up_to_the_durations():
    view = features.note_view(scene([(0.13, 1.01, 60, 64), (0.5, 0.777, 72, 64), (0.2, 2.0, 69, 64)]))
    series = features.frames(view, names=["pitch"], hop=0.1)
    seconds = series["chroma"].sum(axis=0) * 0.1
    expected = np.bincount(view.pitch % 12, view.offset - view.onset, minlength=12)
    assert seconds == pytest.approx(expected, abs=1e-4)


def test_prelude_agrees_with_muspy(shared_data):
    """Frozen values of muspy for this file: pitch 4.405802, class 3.039974, scale .930783, polyphony 2.698092."""
    from maestrokit.files.midi import read_midi

    score = shared_data / "asap" / "Bach" / "Prelude" / "bwv_846" / "midi_score.mid"
    if not score.exists():
        pytest.skip(f"no '{score}'")
    record = features.describe(features.note_view(read_midi(score)), names=["pitch", "polyphony"])
    assert record["pitch"]["entropy"] == pytest.approx(4.405802, abs=1e-6)
    assert record["pitch"]["class_entropy"] == pytest.approx(3.039974, abs=1e-6)
    assert record["pitch"]["scale_consistency"] == pytest.approx(0.930783, abs=1e-6)
    assert record["polyphony"]["keys"]["mean"] == pytest.approx(2.698092, abs=1e-6)
