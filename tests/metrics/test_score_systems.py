"""Systems beside one another: more noise is farther from the ceiling, and their order does not matter."""

import numpy as np
import pytest

from maestrokit.metrics import score_sets, score_systems
from maestrokit.metrics.piece import notes_in_seconds
from maestrokit.metrics.score_systems import CEILING, FLOOR, INSIDE, System

NAMES = ("pitch_range", "pitch_class_entropy", "note_density", "diversity")
CHOSEN = score_sets.metrics(NAMES)


def summaries(seed: int, noise: float, count: int = 12) -> list[dict]:
    """Return summaries of music in C, of whose pitches a share is random."""
    generator = np.random.default_rng(seed)
    pieces = []
    for _ in range(count):
        onset = np.sort(generator.uniform(0, 30, 150))
        pitch = 60 + generator.choice([0, 2, 4, 5, 7, 9, 11], 150) + 12 * generator.integers(-1, 2, 150)
        is_noise = generator.uniform(size=150) < noise
        pitch = np.where(is_noise, generator.integers(21, 109, 150), pitch)
        pieces.append(score_sets.summarize(notes_in_seconds(onset, onset + 0.2, pitch), CHOSEN))
    return pieces


def system(seed: int, noise: float) -> System:
    files = [f"{row}.mid" for row in range(12)]
    return System([f"{seed}/{file}" for file in files], files, summaries(seed, noise))


SYSTEMS = {"good": system(1, 0.0), "bad": system(2, 0.3), CEILING: system(3, 0.0), FLOOR: system(4, 1.0)}
REFERENCE = summaries(5, 0.0, 20)


def scored(systems: dict[str, System]):
    return score_systems.score(systems, REFERENCE, CHOSEN, generator=np.random.default_rng(0))


def test_more_noise_is_outside_of_more_intervals_of_the_ceiling() -> None:
    results, _ = scored(SYSTEMS)
    inside = {name: next(row for row in system.whole if row.metric == INSIDE) for name, system in results.items()}
    assert inside[CEILING].value == inside[CEILING].n == inside["good"].n
    assert inside["good"].value > inside["bad"].value >= inside[FLOOR].value
    assert results[CEILING].outside == set()
    assert {"pitch_range", "pitch_class_entropy"} <= results["bad"].outside
    assert "pitch_class_entropy" not in results["good"].outside


def test_the_reference_of_each_score_is_the_ceilings_value() -> None:
    results, _ = scored(SYSTEMS)
    ceiling = {row.metric: row.value for row in results[CEILING].whole}
    assert all(row.reference == ceiling[row.metric] for row in results["bad"].whole if row.metric != INSIDE)
    file, rows = results["bad"].files[0]
    assert file == "2/0.mid" and [row.metric for row in rows] == [name for name in CHOSEN if name != "diversity"]


def test_comparisons_are_of_each_with_each_and_with_the_ceiling() -> None:
    _, comparisons = scored(SYSTEMS)
    pairs = dict.fromkeys((comparison.first, comparison.second) for comparison in comparisons)
    assert list(pairs) == [("good", "bad"), ("good", CEILING), ("bad", CEILING)]
    by_name = {(comparison.first, comparison.second, comparison.metric): comparison for comparison in comparisons}
    worse = by_name["good", "bad", "pitch_class_entropy"]
    assert worse.difference < 0 and worse.effect_size < -1 and worse.p_holm < 0.05 and worse.is_paired
    assert by_name["good", CEILING, "pitch_class_entropy"].p_holm > 0.05
    assert all(comparison.p <= comparison.p_holm <= 1 for comparison in comparisons)


def test_the_order_of_systems_does_not_matter() -> None:
    turned = {name: SYSTEMS[name] for name in ("bad", FLOOR, "good", CEILING)}
    in_order, in_turn = scored(SYSTEMS)[0], scored(turned)[0]
    for name in SYSTEMS:
        values = [
            {row.metric: row.value for row in side[name].whole if row.metric != INSIDE} for side in (in_order, in_turn)
        ]
        assert values[0] == pytest.approx(values[1])


def test_pairs_are_found_by_name_whatever_their_order() -> None:
    backwards = System(SYSTEMS["bad"].files[::-1], SYSTEMS["bad"].keys[::-1], SYSTEMS["bad"].summaries[::-1])
    forwards, backward = (
        scored({"good": SYSTEMS["good"], "bad": bad, CEILING: SYSTEMS[CEILING]})[1]
        for bad in (SYSTEMS["bad"], backwards)
    )
    assert [row.is_paired for row in forwards] == [row.is_paired for row in backward]
    for first, second in zip(forwards, backward, strict=True):
        assert first.p == pytest.approx(second.p, abs=0.02)
        assert first.difference == pytest.approx(second.difference)
