"""Files are read and written by what they hold."""

from pathlib import Path

import numpy as np
import pytest

import maestrokit
from maestrokit import Performance, Sound, UsageError


def test_a_performance_is_read_and_written(demo_folder: Path, tmp_path: Path) -> None:
    source, copy = demo_folder / "satie-gymnopedie.mid", tmp_path / "copy.mid"
    performance = maestrokit.read(source)
    assert isinstance(performance, Performance)
    maestrokit.write(performance, copy)
    assert copy.read_bytes() == maestrokit.dump_midi(performance)


@pytest.mark.parametrize("name", ["tone.flac", "tone.wav"])
def test_a_recording_is_read_and_written(name: str, tmp_path: Path) -> None:
    tone = Sound(np.sin(np.arange(800) / 5).astype(np.float32) / 2, 8000)
    maestrokit.write(tone, tmp_path / name)
    (tmp_path / "without-suffix").write_bytes((tmp_path / name).read_bytes())
    for path in (tmp_path / name, tmp_path / "without-suffix"):
        sound = maestrokit.read(path)
        assert isinstance(sound, Sound) and sound.sample_rate == 8000
        assert np.allclose(sound.samples, tone.samples, atol=1e-3)


def test_arrays_are_written(tmp_path: Path) -> None:
    maestrokit.write({"a": np.arange(3)}, tmp_path / "a.npz")
    assert maestrokit.read_arrays(tmp_path / "a.npz")[0]["a"].tolist() == [0, 1, 2]


def test_a_performance_is_not_written_under_the_name_of_a_recording(demo_folder: Path, tmp_path: Path) -> None:
    performance = maestrokit.read_midi(demo_folder / "satie-gymnopedie.mid")
    with pytest.raises(UsageError, match=r"cannot write a performance as .*take\.flac"):
        maestrokit.write(performance, tmp_path / "take.flac")
    with pytest.raises(UsageError, match="cannot write a int"):
        maestrokit.write(3, tmp_path / "three.npz")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
