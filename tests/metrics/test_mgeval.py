"""Overlapped areas and divergences of whole sets, against the formulas of Yang and Lerch written out.

mgeval, the authors' implementation, is in no package index. Here its steps are those of the paper: distances between
all pairs within the reference and between both sets, densities by Gaussian kernels, the area under both, and the
Kullback-Leibler divergence.
"""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from maestrokit.metrics import overlap, score_sets
from maestrokit.metrics.contract import Row
from maestrokit.metrics.piece import Piece, notes_in_seconds

NAMES = ("pitch_range", "pitch_class_entropy", "note_density", "pitch_class_distance")


def piece(generator: np.random.Generator, *, spread: float) -> Piece:
    notes = int(generator.integers(60, 140))
    onset = np.sort(generator.uniform(0, 20, notes))
    pitch = np.clip(np.rint(generator.normal(64, spread, notes)), 21, 108).astype(np.int64)
    return notes_in_seconds(onset, onset + 0.4, pitch)


def sets() -> tuple[list[Piece], list[Piece]]:
    generator = np.random.default_rng(5)
    own = [piece(generator, spread=spread) for spread in generator.uniform(3, 9, 14)]
    reference = [piece(generator, spread=spread) for spread in generator.uniform(5, 12, 18)]
    return own, reference


def distances(own: list[np.ndarray], reference: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    within = [np.linalg.norm(vector - other) for vector, other in itertools.combinations(reference, 2)]
    return np.array(within), np.array([np.linalg.norm(vector - other) for vector in own for other in reference])


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    own, reference = ([score_sets.summarize(piece, score_sets.metrics(NAMES)) for piece in side] for side in sets())
    metrics = score_sets.metrics(NAMES)
    scored = score_sets.score(own, reference, metrics, generator=np.random.default_rng(0))[1]
    return {row.metric: row for row in scored}


def summaries(name: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    own, reference = (
        [score_sets.summarize(piece, score_sets.metrics([name]))[name] for piece in side] for side in sets()
    )
    return own, reference


@pytest.mark.parametrize("name", NAMES)
def test_area_and_divergence_of_a_metric_are_those_of_the_paper(rows: dict[str, Row], name: str) -> None:
    samples = distances(*summaries(name))
    densities = [stats.gaussian_kde(sample) for sample in samples]
    low, high = min(map(np.min, samples)), max(map(np.max, samples))
    grid = np.linspace(2 * low - high, 2 * high - low, 20_001)
    p, q = (density(grid) for density in densities)
    area = integrate.trapezoid(np.minimum(p, q), grid)
    assert rows[f"{name}.overlapped_area"].value == pytest.approx(area, abs=3e-3)
    divergence = stats.entropy(p + 1e-300, q + 1e-300, base=2)
    assert rows[f"{name}.kl"].value == pytest.approx(divergence, rel=0.02, abs=5e-3)


@pytest.mark.parametrize("name", NAMES)
def test_between_the_ends_of_the_distances_the_area_is_that_of_mgeval(name: str) -> None:
    within, between = distances(*summaries(name))
    low, high = min(within.min(), between.min()), max(within.max(), between.max())
    densities = [stats.gaussian_kde(sample) for sample in (within, between)]
    expected, _ = integrate.quad(lambda x: min(density(x)[0] for density in densities), low, high, limit=200)
    edges = overlap.bin_edges(within, between)
    middles = (edges[1:] + edges[:-1]) / 2
    shared = np.minimum(*overlap.densities(within, between))
    assert shared[(middles >= low) & (middles <= high)].sum() == pytest.approx(expected, abs=5e-3)


def test_features_are_those_of_mgeval_on_notes_by_hand() -> None:
    """``pitch_range`` and ``note_count`` of mgeval, the latter per second."""
    notes = notes_in_seconds(np.array([0.0, 1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0, 5.0]), np.array([60, 72, 55, 60]))
    values = score_sets.summarize(notes, score_sets.metrics(["pitch_range", "note_density"]))
    assert values["pitch_range"] == pytest.approx([17])
    assert values["note_density"] == pytest.approx([4 / 5])
