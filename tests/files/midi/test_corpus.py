"""The whole of MAESTRO, read and written: the published totals, and no event lost."""

import csv
from pathlib import Path

import pytest

from maestrokit.files.midi import parse_midi, read_midi
from maestrokit.files.midi.writer import dump_midi
from maestrokit.music.timing import tempo_map, tick2second

PUBLISHED = {  # hours of recordings, millions of notes; https://magenta.tensorflow.org/datasets/maestro (v3.0.0)
    "train": (962, 159.2, 5.66),
    "validation": (137, 19.4, 0.64),
}


def rows_of(root: Path, split: str) -> list[dict[str, str]]:
    with (root / "maestro-v3.0.0.csv").open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["split"] == split]


@pytest.mark.slow
@pytest.mark.parametrize("split", PUBLISHED)
def test_counts_and_hours_are_the_published_ones(shared_data: Path, split: str) -> None:
    root = shared_data / "maestro-v3.0.0"
    rows = rows_of(root, split)
    files, hours, millions = PUBLISHED[split]
    notes, recorded, sounding = 0, 0.0, 0.0
    for row in rows:
        performance = read_midi(root / row["midi_filename"])
        notes += len(performance.notes)
        recorded += float(row["duration"]) / 3600
        sounding += float(tick2second(performance.notes.offset_tick.max(), tempo_map(performance))) / 3600
        assert parse_midi(dump_midi(performance), name=row["midi_filename"]) == performance
    assert len(rows) == files
    assert round(recorded, 1) == hours
    assert round(notes / 1e6, 2) == millions
    assert sounding == pytest.approx(recorded, rel=0.01)
