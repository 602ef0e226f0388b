"""The group of classes: what is declared, and what excerpts say when."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from maestrokit import features
from maestrokit.analysis.classes import Classifier
from maestrokit.errors import BadDataError, UsageError
from maestrokit.features.class_views import ClassView
from maestrokit.files import checkpoint
from maestrokit.inference.classes import load_classifier
from scenes import scene
from small_models import saved_classifier

NOTES = [(0.5 * i, 0.5 * i + 0.4, 40 + i % 30, 64) for i in range(100)]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """A network that nobody trained."""
    return load_classifier(str(saved_classifier(tmp_path_factory.mktemp("models") / "a", temperature=0.5)))


def view(notes: list[tuple[float, float, int, int]], classifier: Classifier) -> ClassView:
    return features.class_view(features.note_view(scene(notes)), classifier)


def test_declared_keys_are_emitted_and_probabilities_are_of_all_classes(classifier: Classifier) -> None:
    record = features.describe(view(NOTES, classifier))["classes"]
    declared = {name.partition("[]")[0] for name in features.fields("classes")}
    assert set(record) == declared
    assert [part["name"] for part in record["all"]] == ["march", "tango", "waltz"]
    assert sum(part["probability"] for part in record["all"]) == pytest.approx(1, abs=1e-5)
    assert record["probability"] == max(part["probability"] for part in record["all"])
    assert [part["start"] for part in record["excerpts"]] == pytest.approx([0, 9.8333, 19.6667, 29.5], abs=1e-3)
    assert set(record["excerpts"][0]) == {"start", "end", "name", "probability"}


def test_frames_have_the_probabilities_of_the_nearest_excerpt(classifier: Classifier) -> None:
    note_view = view(NOTES, classifier)
    series = features.frames(note_view, hop=1.0)["class_probability"]
    assert note_view.classification is not None
    assert series.shape == (50, 3)
    np.testing.assert_allclose(series[0], note_view.classification.excerpt_probability[0], rtol=1e-5)
    np.testing.assert_allclose(series[-1], note_view.classification.excerpt_probability[-1], rtol=1e-5)


def test_no_notes_have_no_class(classifier: Classifier) -> None:
    record = features.describe(view([], classifier))["classes"]
    assert record == {"name": None, "probability": None, "confidence": None, "all": [], "excerpts": []}


def test_a_recording_is_described_by_a_model_that_reads_it_and_by_no_other(
    classifier: Classifier, tmp_path: Path
) -> None:
    def blocks(rate: int) -> Iterator[NDArray[np.float32]]:
        yield np.random.default_rng(3).normal(0, 0.1, 41 * rate).astype(np.float32)

    sound = features.audio_view(blocks, length=41.0)
    reader = load_classifier(str(saved_classifier(tmp_path / "model", input="mel")))
    record = features.describe(features.class_view(sound, reader))["classes"]
    assert [part["start"] for part in record["excerpts"]] == pytest.approx([0, 7.0167, 14.0333, 21.05], abs=1e-3)
    assert features.frames(features.class_view(sound, reader), hop=1.0)["class_probability"].shape == (41, 3)
    with pytest.raises(UsageError, match="reads performances"):
        features.class_view(sound, classifier)
    with pytest.raises(UsageError, match="reads recordings"):
        features.class_view(features.note_view(scene(NOTES)), reader)


def test_damaged_models_and_those_for_other_tasks_are_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadDataError, match="does not classify"):
        load_classifier("lstm")
    for name, change in (
        ("names", {"class_names": ["one"]}), ("sizes", {"model": {"outputs": 3}}), ("temperature", {"temperature": 0}),
        ("spectrum", {"input": "mel", "spectrum": {"mels": 80}}),
        ("input", {"model": {"outputs": 3, "channels": 3, "depth": 2, "input": "pictures"}}),
        ("shape", {"model": {"outputs": 3, "channels": 5, "depth": 2}}), ("threshold", {"threshold": "high"}),
    ):  # fmt: skip
        with pytest.raises(BadDataError, match="cannot use"):
            load_classifier(str(saved_classifier(tmp_path / name, **change)))
    (saved_classifier(tmp_path / "pickle") / checkpoint.WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(BadDataError, match="not a safetensors file"):
        load_classifier(str(tmp_path / "pickle"))
