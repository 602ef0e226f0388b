"""What a report shows of a set of pieces."""

import numpy as np

from maestrokit.analysis.chords.templates import QUALITY_NAMES
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.profile import mean_profile, profile
from maestrokit.metrics.sets.rhythmic_entropy import EDGES


def cadence(tonic: int) -> object:
    """Return I, IV, V, I in major, a chord a second."""
    chords = [(0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)]
    onset = np.repeat(np.arange(4.0), 3)
    pitch = tonic + 60 + np.concatenate(chords)
    return notes_in_seconds(onset, onset + 1, pitch)


def test_degrees_and_chord_changes_do_not_depend_on_the_key() -> None:
    in_c, in_f = profile(cadence(0)), profile(cadence(5))
    assert np.allclose(in_c.degrees, in_f.degrees) and np.array_equal(in_c.changes, in_f.changes)
    assert np.allclose(in_c.degrees * 12, [3, 0, 1, 0, 2, 1, 0, 3, 0, 1, 0, 1])
    major = QUALITY_NAMES.index("maj")
    assert [in_c.changes[major, step, major] for step in (5, 2)] == [2, 1] and in_c.changes.sum() == 3


def test_times_between_onsets_are_in_their_class() -> None:
    intervals = profile(cadence(0)).intervals
    assert intervals.sum() == 1
    row = int(intervals.argmax())
    assert EDGES[row - 1] < 1.0 <= EDGES[row]


def test_a_set_is_the_mean_of_its_pieces_and_pieces_without_notes_do_not_count() -> None:
    nothing = profile(notes_in_seconds(np.empty(0), np.empty(0), np.empty(0, np.int64)))
    single = profile(notes_in_seconds(np.zeros(1), np.ones(1), np.array([60])))
    mean = mean_profile([profile(cadence(0)), nothing, single])
    assert np.allclose(mean.degrees, (profile(cadence(0)).degrees + single.degrees) / 2)
    assert mean.intervals.sum() == 1
    assert not mean_profile([nothing]).degrees.any()
