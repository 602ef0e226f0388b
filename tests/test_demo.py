"""What ships for the demonstration is what its builder makes."""

from pathlib import Path

import numpy as np
import pytest

from build_demo import build
from maestrokit.files.note_tables import read_notes
from maestrokit.files.sound.read import read_sound


@pytest.fixture(scope="module")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything, made anew."""
    folder = tmp_path_factory.mktemp("demo")
    build(folder)
    return folder


def test_performances_beats_and_notes_are_as_they_ship(new_folder: Path, demo_folder: Path) -> None:
    names = sorted(path.name for path in new_folder.iterdir())
    assert names == sorted(
        path.name for path in demo_folder.iterdir() if path.suffix in (".mid", ".txt", ".ogg", ".tsv")
    )
    for name in names:
        if not name.endswith(".ogg"):  # other releases of the encoder write other bytes
            assert (new_folder / name).read_bytes() == (demo_folder / name).read_bytes(), name


def test_the_recording_is_short_small_and_of_its_notes(new_folder: Path, demo_folder: Path) -> None:
    path = demo_folder / "petzold-opening.ogg"
    shipped, again = read_sound(path), read_sound(new_folder / path.name)
    assert path.stat().st_size < 150_000 and shipped.sample_rate == 16000 and shipped.duration <= 15
    assert np.allclose(shipped.samples, again.samples, atol=0.01)
    onset, offset, *_ = read_notes(path.with_suffix(".tsv"))
    assert len(onset) > 40 and onset.max() < offset.max() <= shipped.duration
