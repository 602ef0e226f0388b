"""The picture of a transcription."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from maestrokit.audio.spectra.thumbnail import COLUMNS, Thumbnail
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.plots.transcript import transcript_picture

NOTHING = TimedNotes(*(np.empty(0, kind) for kind in (float, float, np.int64, np.int64)))
NO_PEDAL = np.empty((0, 2))


def heard(seconds: float) -> Thumbnail:
    """Return a thumbnail of noise."""
    thumbnail = Thumbnail(100.0)
    levels = np.random.default_rng(0).normal(-80, 5, (int(100 * seconds), 294)).astype(np.float32)
    for part in np.array_split(levels, 3):
        thumbnail.feed(part)
    return thumbnail


def size(png: bytes) -> tuple[int, int]:
    """Return width and height in pixels."""
    assert png.startswith(b"\x89PNG")
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_it_is_the_same_each_time_and_shows_notes_and_pedal() -> None:
    notes = TimedNotes(np.array([0.2]), np.array([0.8]), np.array([60]), np.array([90]))
    pedal = np.array([[0.1, 0.9]])
    picture, again, bare, unpedalled = (
        transcript_picture(*transcript, heard(1.0), seconds=1.0, title="take", format="png")
        for transcript in ((notes, pedal), (notes, pedal), (NOTHING, pedal), (notes, NO_PEDAL))
    )
    assert picture == again and len({picture, bare, unpedalled}) == 3


def test_nothing_and_next_to_nothing_can_be_drawn() -> None:
    assert size(transcript_picture(NOTHING, NO_PEDAL, heard(0.01), seconds=0.0, title="$x_", format="png"))[0] == 1050


def test_longer_recordings_have_more_rows_but_not_many() -> None:
    short, long, longest = (
        size(transcript_picture(NOTHING, NO_PEDAL, heard(1.0), seconds=seconds, title="", format="png"))[1]
        for seconds in (10.0, 50.0, 10000.0)
    )
    assert short < long < longest < 3000


def test_an_overview_keeps_the_loudest_whatever_the_parts() -> None:
    levels = np.random.default_rng(1).normal(size=(3 * COLUMNS, 2)).astype(np.float32)
    found = []
    for parts in (1, 7, 1000):
        thumbnail = Thumbnail(100.0)
        for part in np.array_split(levels, parts):
            thumbnail.feed(part)
        columns = thumbnail.levels
        assert len(columns) <= COLUMNS and columns.max() == levels.max()
        width = round(100.0 / thumbnail.columns_per_second)
        assert np.array_equal(columns, levels.reshape(-1, width, 2).max(axis=1))
        found.append(width)
    assert found == [4, 4, 4]
