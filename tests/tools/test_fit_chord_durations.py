"""Fitting how much durations count: what is right, and which weight wins."""

import numpy as np
import pytest

from fit_chord_durations import accuracy, right_seconds
from maestrokit.analysis.chords.labels import chord_labels, harte_label_of
from maestrokit.analysis.chords.network import CELL_SECONDS
from maestrokit.analysis.chords.segments import ChordScores, segmented
from maestrokit.analysis.chords.spectrum import BINS
from maestrokit.analysis.chords.templates import QUALITIES
from maestrokit.training.data.chord_examples import ChordExample

DURATIONS = np.array([-9.0, -6.0, -5.0, -5.0])


def labelled(*spans):
    start, end, names = zip(*spans, strict=True)
    return chord_labels(start, end, [harte_label_of(name) for name in names])


def scores_of(roots):
    """Return the scores of major chords, one root a cell, of which the network is not quite sure."""
    root, quality = np.full((len(roots), 13), -3.0), np.full((len(roots), 12, len(QUALITIES)), -9.0)
    root[np.arange(len(roots)), roots] = 0.0
    quality[:, :, 0] = 0.0
    return ChordScores(root, root, quality)


def test_time_is_right_where_root_and_quality_are_and_unknown_ones_do_not_count():
    found = segmented(scores_of([0] * 20 + [7] * 20), DURATIONS, cell_seconds=CELL_SECONDS, length=4.0)
    labels = labelled((0.0, 1.0, "C:maj/3"), (1.0, 2.0, "C:min"), (2.0, 3.0, "X"), (3.0, 3.5, "G:5"), (3.5, 3.8, "G"))
    right, known = right_seconds(found, labels, 4.0)
    assert (right, known) == (pytest.approx(1.3, abs=0.03), pytest.approx(2.3, abs=0.03))


def test_durations_help_where_single_cells_are_wrong():
    roots = [7 if cell % 10 == 5 else 0 for cell in range(40)]
    example = ChordExample(np.zeros((80, BINS), np.uint8), labelled((0.0, 4.0, "C:maj")), -20.0)
    low, high = (accuracy([example], [scores_of(roots)], weight * DURATIONS) for weight in (0.01, 1.0))
    assert low == pytest.approx(0.9, abs=0.02) and high == 1.0
