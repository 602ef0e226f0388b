"""Targets of transcription: triangles, and what stays out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.rolls.transcription_targets import note_targets

FRAME = 0.02


def notes(*rows: tuple[float, float, int, int]) -> TimedNotes:
    onset, offset, pitch, velocity = zip(*rows, strict=True)
    return TimedNotes(np.array(onset), np.array(offset), np.array(pitch), np.array(velocity))


@given(onset=st.floats(0.1, 0.8), pitch=st.integers(21, 108), velocity=st.integers(1, 127))
def test_the_triangle_has_its_tip_at_the_onset(onset: float, pitch: int, velocity: int) -> None:
    target = note_targets(notes((onset, onset + 1, pitch, velocity)), start=0.0, frames=50, frame_seconds=FRAME)
    height = target[0, :, pitch - 21]
    time = np.flatnonzero(height) * FRAME
    assert np.allclose(height[height > 0], 1 - np.abs(time - onset) / 0.05, atol=1e-5)
    assert np.allclose(target[3, :, pitch - 21][height > 0.001], velocity / 127)
    assert not np.delete(target, pitch - 21, axis=2).any()


def test_frames_last_from_onset_to_offset() -> None:
    target = note_targets(notes((0.1, 0.2, 60, 64)), start=0.0, frames=20, frame_seconds=FRAME)
    assert np.flatnonzero(target[2, :, 39]).tolist() == [5, 6, 7, 8, 9]


def test_a_window_later_is_a_cut_of_the_whole() -> None:
    some = notes((0.1, 0.5, 60, 64), (0.33, 0.9, 60, 30), (0.35, 0.36, 108, 99))
    whole = note_targets(some, start=0.0, frames=60, frame_seconds=FRAME)
    part = note_targets(some, start=0.2, frames=20, frame_seconds=FRAME)
    assert np.allclose(part, whole[:, 10:30], atol=1e-5)


def test_keys_that_a_piano_lacks_are_left_out() -> None:
    assert not note_targets(notes((0.1, 0.5, 20, 64), (0.1, 0.5, 109, 64)), start=0, frames=9, frame_seconds=0.1).any()
