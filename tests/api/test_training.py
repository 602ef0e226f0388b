"""A model is trained, generates and is scored, each in one call."""

from pathlib import Path

import pytest

import maestrokit
from maestrokit import DataWarning, SequenceModel, UsageError


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Path:
    """A run folder of a very small model."""
    folder = tmp_path_factory.mktemp("runs")
    records: list[object] = []
    outcome = maestrokit.train(
        "lstm",
        sorted(demo_folder.glob("*.mid")),
        folder / "run",
        device="cpu",
        cache=folder / "cache",
        report=records.append,
        steps=2,
        batch=1,
        length=16,
        width=16,
        layers=1,
    )
    assert (outcome.reason, outcome.progress.step) == ("steps", 2)
    assert records
    return folder / "run"


@pytest.fixture(scope="module")
def model(run: Path) -> SequenceModel:
    """The model of the run."""
    return maestrokit.load_event_model(str(run))


def test_a_run_resumes_and_refuses_other_settings(run: Path, demo_folder: Path) -> None:
    options = {"device": "cpu", "cache": run.parent / "cache", "batch": 1, "length": 16, "layers": 1}
    data = sorted(demo_folder.glob("*.mid"))
    assert maestrokit.train("lstm", data, run, steps=2, width=16, **options).progress.step == 2
    with pytest.raises(UsageError, match="a training with width 16, not 32"):
        maestrokit.train("lstm", data, run, steps=2, width=32, **options)


def test_unknown_settings_are_refused(tmp_path: Path, demo_folder: Path) -> None:
    with pytest.raises(UsageError, match="no setting 'widht'"):
        maestrokit.train("lstm", demo_folder, tmp_path / "run", widht=16)


def test_a_damaged_file_is_left_out_with_a_warning(tmp_path: Path, demo_folder: Path) -> None:
    broken = tmp_path / "broken.mid"
    broken.write_bytes(b"MThd")
    settings = {"steps": 1, "batch": 1, "length": 16, "width": 16, "layers": 1}
    with pytest.warns(DataWarning, match=r"broken\.mid"):
        maestrokit.train(
            "lstm", [*demo_folder.glob("*.mid"), broken], tmp_path / "run", cache=tmp_path / "cache", **settings
        )


def test_generation_is_repeatable_and_keeps_its_prompt(model: SequenceModel, demo_folder: Path) -> None:
    prompt = demo_folder / "bach-prelude.mid"
    options = {"model": model, "duration": 1.0, "prompt_seconds": 2.0, "seed": 3}
    first, again = maestrokit.generate(prompt, **options)[0], maestrokit.generate(prompt, **options)[0]
    assert maestrokit.dump_midi(first) == maestrokit.dump_midi(again)
    opening = maestrokit.read_midi(prompt).notes.pitch[:4]
    assert first.notes.pitch[:4].tolist() == opening.tolist()


def test_several_are_generated_side_by_side(model: SequenceModel) -> None:
    new = maestrokit.generate(model=model, duration=1.0, count=3)
    assert len(new) == 3
    assert len({maestrokit.dump_midi(performance) for performance in new}) == 3


def test_a_negative_seed_is_refused(model: SequenceModel) -> None:
    with pytest.raises(UsageError, match=r"seed must be in .*, not -1"):
        maestrokit.generate(model=model, seed=-1)


def test_a_model_is_scored(model: SequenceModel, demo_folder: Path) -> None:
    path = demo_folder / "bach-prelude.mid"
    (score,) = maestrokit.evaluate_model(model, path)
    assert score.notes == len(maestrokit.read_midi(path).notes)
    assert score.nats_per_note > 5  # it has learnt nothing
