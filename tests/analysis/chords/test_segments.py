"""From probabilities to chords: heads to labels, boundaries within cells, durations."""

import numpy as np
import pytest

from maestrokit.analysis.chords.labels import chord_labels, harte_label_of
from maestrokit.analysis.chords.names import harte_labels
from maestrokit.analysis.chords.segments import ChordScores, segmented
from maestrokit.analysis.chords.templates import QUALITIES
from maestrokit.training.data.chords import targets_of

DURATIONS = np.array([-9.0, -6.0, -5.0, -5.0, -5.2, -5.4])
LABELS = ["N", "C:maj", "Eb:min7/b3", "F#:hdim7", "A:7/5", "Bb:sus4", "N"]


def scores_of(labels: list[str], edges: list[float], cells: int) -> ChordScores:
    """Return the scores of a network that is sure, and knows which share of a cell belongs to which chord."""
    annotated = chord_labels(edges[:-1], edges[1:], [harte_label_of(label) for label in labels])
    targets = targets_of(annotated, start=0.0, cells=cells)
    root, bass, quality = (
        np.log(np.maximum(part, 1e-6)).astype(np.float64) for part in (targets.root, targets.bass, targets.quality)
    )
    shares = targets.quality.sum(axis=2, keepdims=True)
    return ChordScores(root, bass, quality - np.log(np.maximum(shares, 1e-6)))


def test_labels_become_heads_and_labels_again() -> None:
    edges = [0.0, 0.62, 1.5, 2.31, 3.0, 4.27, 5.0, 6.0]
    found = segmented(scores_of(LABELS, edges, 60), DURATIONS, cell_seconds=0.1, length=6.0)
    assert harte_labels(found) == LABELS
    assert np.allclose(found.start, edges[:-1], atol=0.012)  # boundaries lie within cells of 100 ms
    assert np.allclose(found.end, [*found.start[1:], 6.0])
    assert (found.score[1:-1] > 0.85).all() and found.score[0] == 0


def test_a_chord_of_one_cell_is_no_chord_unless_durations_do_not_count() -> None:
    scores = scores_of(["C:maj", "G:maj", "C:maj"], [0.0, 1.95, 2.05, 4.0], 40)
    weak = scores._replace(root=scores.root / 4, quality=scores.quality / 4)
    assert harte_labels(segmented(weak, 2 * DURATIONS, cell_seconds=0.1, length=4.0)) == ["C:maj"]
    assert harte_labels(segmented(weak, 0 * DURATIONS, cell_seconds=0.1, length=4.0)) == ["C:maj", "G:maj", "C:maj"]


def test_the_last_chord_ends_with_the_recording() -> None:
    found = segmented(scores_of(["C:maj", "G:maj"], [0.0, 2.0, 4.0], 41), DURATIONS, cell_seconds=0.1, length=1.2)
    assert harte_labels(found) == ["C:maj"] and found.end.tolist() == [1.2]


def test_no_chord_is_empty_where_each_cell_has_its_own() -> None:
    generator = np.random.default_rng(1)
    root, quality = generator.normal(0, 3, (50, 13)), generator.normal(0, 3, (50, 12, len(QUALITIES)))
    found = segmented(ChordScores(root, root, quality), 0 * DURATIONS, cell_seconds=0.1, length=4.9)
    assert len(found) > 40 and (found.end - found.start).min() > 0
    assert found.start[0] == 0 and (found.start[1:] == found.end[:-1]).all() and found.end[-1] == 4.9


def test_every_quality_and_inversion_is_found() -> None:
    for index, quality in enumerate(QUALITIES):
        for inversion, degree in enumerate(quality.degrees):
            bass = (7 + degree) % 12
            root, bassline = np.full((10, 13), -9.0), np.full((10, 13), -9.0)
            root[:, 7] = bassline[:, bass] = 0.0
            heads = np.full((10, 12, len(QUALITIES)), -9.0)
            heads[:, :, index] = 0.0
            found = segmented(ChordScores(root, bassline, heads), DURATIONS, cell_seconds=0.1, length=1.0)
            assert (found.root[0], found.quality[0], found.bass[0]) == (7, index, bass)
            assert found.inversion[0] == inversion


@pytest.mark.parametrize("cells", [1, 2])
def test_few_cells_have_one_chord(cells: int) -> None:
    found = segmented(ChordScores.silent(cells), DURATIONS, cell_seconds=0.1, length=0.1 * cells)
    assert harte_labels(found) == ["N"] and found.end.tolist() == [0.1 * cells]
