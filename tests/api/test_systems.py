"""Several systems are scored in one call, as ``evaluate --system`` does it."""

import json
from pathlib import Path

import numpy as np
import pytest

import maestrokit
from command_line import CommandLine
from maestrokit import Performance, UsageError
from maestrokit.music.note_arrays import performance_from_arrays

METRICS = ("pitch_range", "pitch_class_entropy")
NONE = np.empty(0, np.int64)


def piece(seed: int, number: int, *, high: int = 72) -> Performance:
    """Return 12 seconds of white keys from middle C."""
    generator = np.random.default_rng([seed, number])
    onset = np.sort(generator.integers(0, 12_000, 60))
    pitch = generator.integers(60, high, 60)
    pitch -= np.isin(pitch % 12, [1, 3, 6, 8, 10])
    return performance_from_arrays(onset, onset + 200, pitch, np.full(60, 64), pedal_tick=NONE, pedal_value=NONE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 12 pieces, 4 more of the kind, and 4 of a larger range."""
    place = tmp_path_factory.mktemp("systems")
    for name, count, seed, high in (("corpus", 12, 1, 72), ("alike", 4, 2, 72), ("wide", 4, 3, 96)):
        (place / name).mkdir()
        for number in range(count):
            maestrokit.write_midi(piece(seed, number, high=high), place / name / f"{number}.mid")
    return place


def paths(folder: Path, name: str) -> list[Path]:
    """Return the files of a set."""
    return sorted((folder / name).glob("*.mid"), key=lambda path: path.name)


def test_the_scores_are_those_of_the_command(request: pytest.FixtureRequest, folder: Path) -> None:
    words = [word for name in ("alike", "wide") for word in ("--system", f"{name}={folder / name}")]
    words += [word for name in METRICS for word in ("--metric", name)]
    command: CommandLine = request.getfixturevalue("maestrokit")
    done = command("evaluate", *words, "--reference", folder / "corpus", "--seed", 3, "--format", "json")
    printed = [row for row in json.loads(done.out) if row["file"] == "*"]
    systems = {name: paths(folder, name) for name in ("alike", "wide")}
    scores, comparisons = maestrokit.evaluate_systems(systems, paths(folder, "corpus"), metrics=METRICS, seed=3)
    assert list(scores) == ["alike", "wide", "ceiling", "floor"]
    values = {(row["system"], row["metric"]): row["value"] for row in printed if row["versus"] is None}
    ours = {(name, row.metric): row.value for name, system in scores.items() for row in system.whole}
    assert ours.keys() == values.keys()
    np.testing.assert_allclose([*ours.values()], [values[key] for key in ours], rtol=1e-5, atol=1e-6)
    effects = {(row["system"], row["versus"], row["metric"]): row["p"] for row in printed if row["versus"]}
    assert {(comparison.first, comparison.second, comparison.metric) for comparison in comparisons} == effects.keys()
    for comparison in comparisons:
        assert comparison.p == pytest.approx(effects[comparison.first, comparison.second, comparison.metric], rel=1e-5)
    assert "pitch_range" in scores["wide"].outside - scores["alike"].outside


def test_performances_are_no_pairs_by_their_number_and_files_of_one_name_are(folder: Path) -> None:
    values = {name: [maestrokit.read_midi(path) for path in paths(folder, name)] for name in ("alike", "wide")}
    files = {name: paths(folder, name) for name in ("alike", "wide")}
    for systems, is_paired in ((values, False), (files, True)):
        _, comparisons = maestrokit.evaluate_systems(systems, paths(folder, "corpus"), metrics="pitch_range")
        assert [comparison.is_paired for comparison in comparisons if comparison.second == "wide"] == [is_paired]


def test_what_is_scored_is_left_out_of_the_reference(folder: Path) -> None:
    corpus = paths(folder, "corpus")
    with pytest.raises(UsageError, match="the reference has 4 pieces of 10 s, and needs 6"):
        maestrokit.evaluate_systems({"a": corpus[:8]}, corpus, metrics="pitch_range")
    performances = [maestrokit.read_midi(path) for path in corpus]
    with pytest.raises(UsageError, match="the reference has 4 pieces"):
        maestrokit.evaluate_systems({"a": performances[:8]}, performances, metrics="pitch_range")


def test_pieces_of_the_training_corpus_itself_are_no_copies_of_it(folder: Path) -> None:
    corpus = paths(folder, "corpus")
    for training in (corpus, [maestrokit.read_midi(path) for path in corpus]):
        scores, _ = maestrokit.evaluate_systems(
            {"a": paths(folder, "alike")}, training, metrics="copied_run", training=training, pieces=3
        )
        copied = {
            name: {row.metric: row.value for row in system.whole}["copied_run"] for name, system in scores.items()
        }
        assert np.isnan(copied["ceiling"]) and copied["a"] >= 1 and copied["floor"] >= 1


def test_what_makes_no_sense_is_refused(folder: Path) -> None:
    corpus = paths(folder, "corpus")
    with pytest.raises(UsageError, match="'floor' is added"):
        maestrokit.evaluate_systems({"floor": corpus}, corpus)
    with pytest.raises(UsageError, match="no piece that can be read"):
        maestrokit.evaluate_systems({"a": []}, corpus)
    with pytest.raises(UsageError, match="'a' has 2 pieces, and 3 are compared"):
        maestrokit.evaluate_systems({"a": paths(folder, "alike")[:2]}, corpus)
