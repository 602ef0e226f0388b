"""Decoding: notes come back from their targets, whatever the blocks."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestrokit.errors import UsageError
from maestrokit.inference.transcription.note_decoding import Decoder, Decoding, joined, with_dynamics
from maestrokit.music.note_arrays import TimedNotes
from maestrokit.music.rolls.transcription_targets import note_targets

FRAME = 0.02


@st.composite
def performances(draw: st.DrawFn) -> TimedNotes:
    """Notes of which no key is struck again within 0.2 s, none shorter than 0.12 s."""
    rows = []
    for pitch in draw(st.lists(st.integers(21, 108), min_size=1, max_size=4, unique=True)):
        time = 0.1
        for _ in range(draw(st.integers(1, 3))):
            onset = time + draw(st.floats(0, 0.7))
            offset = onset + draw(st.floats(0.12, 0.6))
            rows.append((onset, offset, pitch, draw(st.integers(1, 127))))
            time = offset + 0.11
    rows.sort(key=lambda row: (row[0], row[2]))
    onset, offset, pitch, velocity = (np.array(column) for column in zip(*rows, strict=True))
    return TimedNotes(onset, offset, pitch, velocity)


def decoded(posteriors: np.ndarray, *, block: int, decoding: Decoding) -> TimedNotes:
    decoder = Decoder(decoding, frame_seconds=FRAME)
    parts = [decoder.feed(posteriors[:, i : i + block]) for i in range(0, posteriors.shape[1], block)]
    return joined([*parts, decoder.finish()])


PLAIN = Decoding(
    onset_threshold=0.5, restrike_threshold=0.5, offset_threshold=0.5, frame_threshold=0.5, latency=0.0, min_note=0.05
)


@settings(max_examples=20, deadline=None)
@given(notes=performances(), block=st.integers(1, 300))
def test_notes_come_back_from_their_targets(notes: TimedNotes, block: int) -> None:
    target = note_targets(notes, start=0.0, frames=260, frame_seconds=FRAME)
    found = decoded(target, block=block, decoding=PLAIN)
    rows, back = np.lexsort((notes.onset, notes.pitch)), np.lexsort((found.onset, found.pitch))
    assert np.array_equal(found.pitch[back], notes.pitch[rows])
    assert np.abs(found.onset[back] - notes.onset[rows]).max() < 0.006
    assert np.abs(found.offset[back] - notes.offset[rows]).max() < FRAME + 0.001
    assert np.abs(found.velocity[back] - notes.velocity[rows]).max() <= 1


def test_velocities_are_spread_about_the_middle_and_stay_velocities() -> None:
    notes = TimedNotes(np.array([0.1, 0.2, 0.3]), np.array([0.4] * 3), np.array([40, 60, 80]), np.array([20, 50, 80]))
    wider = replace(PLAIN, velocity_spread=2.0, velocity_middle=50.0)
    assert with_dynamics(notes, wider).velocity.tolist() == [1, 50, 110]
    with pytest.raises(UsageError, match="velocity_spread"):
        Decoding(velocity_spread=0.0)


def test_velocities_are_drawn_to_those_around_them() -> None:
    onset = np.array([1.0, 1.0, 1.1, 30.0])
    notes = TimedNotes(onset, onset + 0.5, np.array([40, 60, 80, 60]), np.array([20, 60, 40, 90]))
    assert with_dynamics(notes, replace(PLAIN, velocity_smoothing=0.5)).velocity.tolist() == [30, 50, 40, 90]
    assert with_dynamics(notes, PLAIN).velocity.tolist() == notes.velocity.tolist()
    nothing = TimedNotes(*(column[:0] for column in notes))
    smoothed = replace(PLAIN, velocity_smoothing=1.0)
    assert len(with_dynamics(nothing, smoothed).velocity) == 0
    assert with_dynamics(notes, smoothed).velocity.tolist() == pytest.approx([40, 40, 40, 90], abs=1)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 99), block=st.integers(1, 90))
def test_blocks_do_not_matter(seed: int, block: int) -> None:
    noise = np.random.default_rng(seed).random((4, 80, 88)).astype(np.float32) ** 9
    whole, parts = (decoded(noise, block=size, decoding=Decoding()) for size in (80, block))
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))
    assert (whole.offset > whole.onset).all() and (whole.velocity >= 1).all() and (whole.velocity <= 127).all()


def test_nothing_gives_no_notes() -> None:
    assert len(decoded(np.zeros((4, 50, 88), np.float32), block=20, decoding=Decoding()).onset) == 0


def test_a_sounding_key_needs_a_higher_peak() -> None:
    said = np.zeros((4, 60, 88), np.float32)
    said[2, 5:55, 40] = 1
    said[0, [10, 30], 40] = 0.9, 0.5
    once, twice = (
        decoded(said, block=60, decoding=Decoding(onset_threshold=0.4, restrike_threshold=threshold))
        for threshold in (0.6, 0.4)
    )
    assert len(once.onset) == 1 and len(twice.onset) == 2
    assert twice.offset[0] == twice.onset[1]


def test_a_dip_of_two_frames_ends_no_note_and_one_of_three_does() -> None:
    said = np.zeros((4, 60, 88), np.float32)
    said[2, 5:40, [40, 41]] = 1
    said[0, 5, [40, 41]] = 0.9
    said[2, 10:12, 40] = said[2, 10:13, 41] = 0
    assert decoded(said, block=7, decoding=PLAIN).offset.tolist() == pytest.approx([40 * FRAME, 10 * FRAME])


def test_what_sounds_at_the_end_ends_there_and_what_has_just_begun_is_none() -> None:
    said = np.zeros((4, 40, 88), np.float32)
    said[2, 5:, 40] = said[0, 5, 40] = 1
    said[2, 38:, 41] = said[0, 38, 41] = 1
    notes = decoded(said, block=9, decoding=PLAIN)
    assert notes.pitch.tolist() == [61] and notes.offset.tolist() == pytest.approx([40 * FRAME])


def test_an_overtone_has_to_be_nearly_as_certain() -> None:
    said = np.zeros((4, 60, 88), np.float32)
    said[2, 10:20, [40, 52]] = 1
    said[0, 10, 40], said[0, 11, 52] = 0.9, 0.6
    alone = said.copy()
    alone[:, :, 40] = 0

    def pitches(heard: np.ndarray, share: float) -> list[int]:
        decoding = Decoding(onset_threshold=0.3, overtone_threshold=0.4, overtone_share=share)
        return decoded(heard, block=7, decoding=decoding).pitch.tolist()

    assert pitches(said, 0.8) == [61] and pitches(said, 0.5) == [61, 73] and pitches(alone, 0.8) == [73]


def test_latency_is_taken_away() -> None:
    said = np.zeros((4, 60, 88), np.float32)
    said[2, 10:20, 40] = said[0, 10, 40] = 1
    late, right = (decoded(said, block=60, decoding=Decoding(latency=seconds)) for seconds in (0.0, 0.01))
    assert late.onset - right.onset == pytest.approx(0.01)


def test_senseless_thresholds_are_refused() -> None:
    with pytest.raises(UsageError, match="onset_threshold"):
        Decoding(onset_threshold=1.5)
