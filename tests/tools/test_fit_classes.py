"""Fitting temperature and threshold, and which performances they are fitted on."""

import sys
from pathlib import Path

import numpy as np
import pytest

from fit_classes import KNOWN, OTHER, fitted_temperature, fitted_threshold, held_out, main, mean_votes
from maestrokit.analysis.convolution import log_softmax
from maestrokit.files import checkpoint
from maestrokit.files.midi.writer import write_midi
from maestrokit.files.sound.read import write_sound
from maestrokit.inference.classes import load_classifier
from scenes import scene
from small_models import saved_classifier


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_the_temperature_that_labels_were_drawn_with_is_found(temperature: float) -> None:
    generator = np.random.default_rng(1)
    votes = log_softmax(generator.normal(size=(4000, 3)) * 2)
    cumulative = np.exp(log_softmax(votes / temperature)).cumsum(axis=1)
    label = (generator.random((4000, 1)) > cumulative).sum(axis=1)
    assert fitted_temperature(votes, label) == pytest.approx(temperature, rel=0.1)


def test_a_network_that_errs_nowhere_is_as_sure_as_the_number_of_files_allows() -> None:
    label = np.array([0, 1, 2] * 4)
    votes = log_softmax(5.0 * np.eye(3)[label])
    sure = np.exp(log_softmax(votes / fitted_temperature(votes, label))).max(axis=1)
    assert sure == pytest.approx(np.full(12, 13 / 14), abs=1e-3)
    assert (sure >= fitted_threshold(sure)).all()


def test_the_threshold_is_what_most_performances_of_known_classes_reach() -> None:
    confidence = np.random.default_rng(0).uniform(0.3, 1, 1000)
    assert (confidence >= fitted_threshold(confidence)).mean() == pytest.approx(KNOWN, abs=0.002)


def test_performances_of_the_validation_part_are_held_out_with_the_numbers_of_their_classes(
    maestro_root: Path, tmp_path: Path
) -> None:
    names = ["Johann Sebastian Bach", "Ludwig van Beethoven", "Other"]
    classifier = load_classifier(str(saved_classifier(tmp_path / "model", names=names)))
    paths, label = held_out([str(maestro_root)], "composer", classifier)
    assert [Path(path).stem for path in paths] == ["beethoven-elise"] and label.tolist() == [1]
    assert held_out([str(maestro_root)], "year", classifier)[1].tolist() == [OTHER]
    votes, scores = mean_votes(paths, classifier, cache=tmp_path)
    assert votes.shape == (1, 3) and scores.shape == (1,)


def test_recordings_are_held_out_for_a_model_that_reads_them(tmp_path: Path) -> None:
    for kind in ("low", "hiss"):
        folder = tmp_path / "data" / kind
        folder.mkdir(parents=True)
        for number in range(3):
            samples = np.random.default_rng(number).normal(0, 0.1, 8000).astype(np.float32)
            write_sound(folder / f"{kind}{number}.wav", samples, sample_rate=16000)
        (folder / "take.mid").write_bytes(b"not read")
    classifier = load_classifier(str(saved_classifier(tmp_path / "model", names=["hiss", "low"], input="mel")))
    paths, label = held_out([str(tmp_path / "data")], "composer", classifier)
    assert [Path(path).parent.name for path in paths] == [classifier.names[row] for row in label] and len(paths) == 1
    votes, scores = mean_votes(paths, classifier, cache=tmp_path / "cache")
    assert votes.shape == (1, 2) and np.exp(votes).sum() == pytest.approx(1) and scores.shape == (1,)


def test_what_is_of_no_class_is_not_fitted_on_but_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["file\tclass\tsplit"]
    for number, name in enumerate(["march", "tango", "waltz", "unknown", "unknown", "march"]):
        onset = 0.5 * np.arange(4 + number)
        notes = [(time, time + 0.4, 50 + 3 * number, 64) for time in onset]
        write_midi(scene(notes), tmp_path / f"{number}.mid")
        rows.append(f"{number}.mid\t{name}\t{'train' if number == 5 else 'validation'}")
    (tmp_path / "table.tsv").write_text("\n".join(rows) + "\n")
    run = saved_classifier(tmp_path / "model", names=["march", "tango", "waltz", "unknown"])
    monkeypatch.setattr(sys, "argv", ["fit_classes.py", str(run), str(tmp_path / "table.tsv")])
    main()
    fitted = checkpoint.read_config(run)["fitted"]
    assert fitted["performances"] == 3 and fitted["others"] == 2 and 0 <= fitted["others_below"] <= 1
    said = f"2 performances of other classes: {fitted['others_below']:.3f} below the threshold"
    assert said in capsys.readouterr().out
