"""The picture of performances is a PNG, the same each time, and stands any performance."""

from pathlib import Path

import pytest

from maestrokit.files.midi import read_midi
from maestrokit.music.columns import Columns
from maestrokit.music.performance import Controls, Notes, Performance
from maestrokit.plots.piano_roll import piano_roll_picture

pytest.importorskip("matplotlib")
PNG = b"\x89PNG\r\n\x1a\n"


def without(performance: Performance, **tables: type[Columns]) -> Performance:
    return performance.replace(**{name: table.empty() for name, table in tables.items()})


def test_picture_is_a_png_and_reproducible(demo_folder: Path) -> None:
    performance = read_midi(demo_folder / "satie-gymnopedie.mid")
    first = piano_roll_picture([performance, performance], ["before", "after"], seconds=10, format="png")
    assert first.startswith(PNG)
    assert first == piano_roll_picture([performance, performance], ["before", "after"], seconds=10, format="png")


def test_picture_shows_what_is_played(demo_folder: Path) -> None:
    performance = read_midi(demo_folder / "satie-gymnopedie.mid")
    silent = without(performance, notes=Notes, controls=Controls)
    assert piano_roll_picture([silent], ["silence"], format="png") != piano_roll_picture(
        [performance], ["silence"], format="png"
    )
