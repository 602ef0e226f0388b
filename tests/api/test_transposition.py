"""Performances are transposed in one call."""

from pathlib import Path

import pytest

import maestrokit
from maestrokit import Key, Performance, UsageError


@pytest.fixture(scope="module")
def in_d_major(demo_folder: Path) -> Performance:
    """A performance in D major."""
    return maestrokit.read_midi(demo_folder / "satie-gymnopedie.mid")


def test_the_key_is_found_and_c_is_the_default(in_d_major: Performance) -> None:
    moved = maestrokit.transpose(in_d_major)
    assert (moved.notes.pitch - in_d_major.notes.pitch == -2).all()
    assert maestrokit.find_key(moved).key == Key(0, "major")


@pytest.mark.parametrize("target", ["f#", Key(9, "major"), "A"])
def test_keys_may_be_names_or_values(in_d_major: Performance, target: Key | str) -> None:
    moved = maestrokit.transpose(in_d_major, to=target)
    assert set(moved.notes.pitch - in_d_major.notes.pitch) == {-5}


def test_a_given_key_is_believed(in_d_major: Performance) -> None:
    moved = maestrokit.transpose(in_d_major, key="B", to="C")
    assert set(moved.notes.pitch - in_d_major.notes.pitch) == {1}


def test_semitones_and_a_target_exclude_each_other(in_d_major: Performance) -> None:
    assert set(maestrokit.transpose(in_d_major, semitones=3).notes.pitch - in_d_major.notes.pitch) == {3}
    with pytest.raises(UsageError, match="semitones and to exclude each other"):
        maestrokit.transpose(in_d_major, semitones=3, to="C")
