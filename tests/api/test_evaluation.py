"""Performances are scored in one call, in pairs and in sets."""

from pathlib import Path

import numpy as np
import pytest

import maestrokit
from maestrokit import Performance, Row, Tolerance, UsageError


@pytest.fixture(scope="module")
def performances(demo_folder: Path) -> list[Performance]:
    """Four short performances."""
    return [maestrokit.read_midi(path) for path in sorted(demo_folder.glob("*.mid"))]


def values(rows: list[Row]) -> dict[str, float]:
    """Return the values by metric."""
    return {row.metric: row.value for row in rows}


def late(performance: Performance, *, ticks: int) -> Performance:
    """Return the performance with all notes later."""
    notes = performance.notes
    return performance.replace(
        notes=notes.replace(onset_tick=notes.onset_tick + ticks, offset_tick=notes.offset_tick + ticks)
    )


def test_a_performance_is_its_own_perfect_estimate(performances: list[Performance]) -> None:
    scores = values(maestrokit.evaluate(performances[0], performances[0]))
    assert scores["onset_f1"] == scores["onset_offset_f1"] == 1


def test_the_tolerance_decides_which_onsets_match(performances: list[Performance]) -> None:
    reference = performances[0]
    seconds = maestrokit.tick2second(1, maestrokit.tempo_map(reference))
    estimate = late(reference, ticks=round(0.04 / float(seconds)))
    assert values(maestrokit.evaluate(estimate, reference))["onset_f1"] > 0.99
    strict = maestrokit.evaluate(estimate, reference, tolerance=Tolerance(onset=0.01))
    assert values(strict)["onset_f1"] < 0.5


def test_pairs_of_several_are_averaged(performances: list[Performance]) -> None:
    rows = maestrokit.evaluate(performances[:2], performances[:2], pairs=True)
    assert values(rows)["onset_f1"] == 1 and rows[0].n == 2


def test_a_set_is_compared_with_a_corpus_and_scored_alone(performances: list[Performance], demo_folder: Path) -> None:
    paths = sorted(demo_folder.glob("*.mid"))
    compared = values(maestrokit.evaluate(paths, performances))
    assert 0 < compared["pitch_class_entropy.overlapped_area"] <= 1
    alone = values(maestrokit.evaluate(paths, metrics=["pitch_class_entropy"]))
    assert list(alone) == ["pitch_class_entropy"] and alone["pitch_class_entropy"] == compared["pitch_class_entropy"]


def test_what_makes_no_sense_is_refused(performances: list[Performance]) -> None:
    with pytest.raises(UsageError, match="2 performances and 1 references"):
        maestrokit.evaluate(performances[:2], performances[:1], pairs=True)
    with pytest.raises(UsageError, match="metrics and training are those of sets"):
        maestrokit.evaluate(performances[0], performances[0], metrics=["grooving"])


def test_pieces_of_the_training_corpus_itself_are_no_copies_of_it(performances: list[Performance]) -> None:
    scored = {"metrics": "copied_run", "reference": performances}
    (row,) = (row for row in maestrokit.evaluate(performances[:2], training=performances, **scored))
    assert row.value > 0 and np.isnan(row.reference)
    (row,) = (row for row in maestrokit.evaluate(performances[:2], training=performances[:1], **scored))
    assert row.reference >= 0
