"""Performances and recordings are described in one call."""

from pathlib import Path

import numpy as np
import pytest

import maestrokit
from maestrokit import Sound
from maestrokit.errors import UsageError
from small_models import saved_classifier


def test_a_performance_is_described_by_value_and_by_path(demo_folder: Path) -> None:
    path = demo_folder / "satie-gymnopedie.mid"
    record = maestrokit.describe(path, groups=["key", "density"])
    assert list(record) == ["density", "key"] and record["key"]["name"] == "D major"
    assert maestrokit.describe(maestrokit.read_midi(path), groups=["key", "density"]) == record
    assert maestrokit.describe(path, groups="key") == {"key": record["key"]}


def test_a_recording_is_described_at_any_sample_rate() -> None:
    seconds = np.arange(22050) / 22050
    tone = Sound((0.5 * np.sin(2 * np.pi * 440 * seconds)).astype(np.float32), 22050)
    record = maestrokit.describe(tone, groups=["audio_f0"])
    assert record["audio_f0"]["frequency"]["median"] == pytest.approx(440, abs=1)


def test_frames_share_a_time_base(demo_folder: Path) -> None:
    frames = maestrokit.describe_frames(demo_folder / "satie-gymnopedie.mid", groups=["dynamics", "pedal"], hop=0.1)
    assert {len(series) for series in frames.values()} == {len(frames["time"])}
    assert np.allclose(np.diff(frames["time"]), 0.1)
    assert frames["velocity"].shape[1] == 88


def test_classes_of_a_performance_are_described_by_a_shipped_model(demo_folder: Path) -> None:
    path = demo_folder / "bach-prelude.mid"
    record = maestrokit.describe(path, groups=["key", "classes"], classes="composers")
    assert list(record) == ["classes", "key"] and record["classes"]["all"][-1]["name"] == "unknown"
    assert list(maestrokit.describe(path, groups=["key", "classes"])) == ["key"]
    assert maestrokit.describe_frames(path, groups="classes", classes="composers")["class_probability"].shape[1] == 13


def test_classes_of_a_recording_are_described_by_a_model_that_reads_it(demo_folder: Path, tmp_path: Path) -> None:
    model = str(saved_classifier(tmp_path / "model", input="mel"))
    noise = Sound(np.random.default_rng(0).normal(0, 0.1, 22050).astype(np.float32), 22050)
    record = maestrokit.describe(noise, groups=["classes"], classes=model)
    assert [part["name"] for part in record["classes"]["all"]] == ["march", "tango", "waltz"]
    with pytest.raises(UsageError, match="a model that reads performances"):
        maestrokit.describe(noise, groups=["classes"], classes="composers")
    with pytest.raises(UsageError, match="a model that reads recordings"):
        maestrokit.describe(demo_folder / "bach-prelude.mid", groups=["classes"], classes=model)
