"""Performances are rendered in one call."""

from pathlib import Path

import numpy as np
import pytest

import maestrokit
from maestrokit import Room, TimedNotes, UsageError


def test_a_performance_becomes_a_sound() -> None:
    onset = np.array([0.0, 0.3])
    few = maestrokit.transcript(TimedNotes(onset, onset + 0.2, np.array([60, 64]), np.array([80, 60])))
    dry = maestrokit.render(few, sample_rate=8000, room=None)
    assert dry.sample_rate == 8000 and dry.samples.ndim == 1 and 0.01 < np.abs(dry.samples).max() < 1
    wet, named = (maestrokit.render(few, sample_rate=8000, room=room) for room in (Room(0.5, -9.0), "small"))
    assert np.array_equal(wet.samples, named.samples) and len(wet.samples) > len(dry.samples)


def test_an_unknown_room_is_refused(demo_folder: Path) -> None:
    with pytest.raises(UsageError, match="no room 'attic'"):
        maestrokit.render(demo_folder / "bach-prelude.mid", room="attic")
    with pytest.raises(UsageError, match=r"sample_rate must be .* not 0"):
        maestrokit.render(demo_folder / "bach-prelude.mid", sample_rate=0)
