"""Which notes an estimate has, and where it errs most."""

import numpy as np

from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.recall import EXCERPT, added, recall_and_excerpt, shares_matched
from maestrokit.metrics.score_pairs import NotesAndPedal, Tolerance


def pair(missing: np.ndarray) -> tuple[NotesAndPedal, NotesAndPedal]:
    """Return an estimate that lacks some of 200 notes, half a second apart, and its reference."""
    onset = 0.5 * np.arange(200)
    pitch, velocity = 50 + np.arange(200) % 5, 40 + 8 * (np.arange(200) % 3)
    notes = notes_in_seconds(onset, onset + 0.3, pitch, velocity)
    rest = notes.select(~np.isin(np.arange(200), missing))
    return NotesAndPedal(rest, None), NotesAndPedal(notes, None)


def test_recall_is_counted_by_pitch_and_by_velocity() -> None:
    recall, _ = recall_and_excerpt(*pair(np.array([0, 5, 6])), tolerance=Tolerance())
    assert recall.pitch[:, 50].tolist() == [40, 38] and recall.pitch[:, 51].tolist() == [40, 39]
    assert recall.pitch.sum(axis=1).tolist() == recall.velocity.sum(axis=1).tolist() == [200, 197]
    assert recall.velocity[:, 5].tolist() == [67, 65]
    summed = added([recall, recall])
    shares = shares_matched(summed.pitch)
    assert shares[50] == 76 / 80 and shares[54] == 1 and np.isnan(shares[20])


def test_the_excerpt_is_where_most_errors_are() -> None:
    missing = np.arange(120, 130)  # 60 to 65 s
    _, excerpt = recall_and_excerpt(*pair(missing), tolerance=Tolerance())
    assert excerpt.start <= 60 and excerpt.start + excerpt.seconds >= 65 and excerpt.seconds == EXCERPT
    assert (~excerpt.is_hit).sum() == 10 and excerpt.is_right.all()
    assert len(excerpt.reference.onset) == 40 and len(excerpt.estimate.onset) == 30
    assert (excerpt.reference.onset >= excerpt.start).all()


def test_nothing_against_nothing_is_an_excerpt_without_notes() -> None:
    nothing = NotesAndPedal(notes_in_seconds(np.empty(0), np.empty(0), np.empty(0, np.int64)), None)
    recall, excerpt = recall_and_excerpt(nothing, nothing, tolerance=Tolerance())
    assert recall.pitch.sum() == 0 and len(excerpt.reference.onset) == 0 and excerpt.seconds == 1.0
