"""Seconds, bars and pedals of performances."""

import numpy as np
from hypothesis import given, settings

from maestrokit.files.midi import parse_midi
from maestrokit.metrics.piece import Piece, piece_of
from maestrokit.music.performance import Performance
from maestrokit.music.sustain import interval_union, pedal_intervals
from strategies import file_bytes, performances, track_bytes


@given(performances())
@settings(max_examples=60, deadline=None)
def test_any_performance_becomes_sorted_notes_that_end_after_they_begin(performance: Performance) -> None:
    piece = piece_of(performance)
    assert len(piece) == np.sum(performance.notes.channel != 9)
    assert (np.diff(piece.onset) >= 0).all()
    assert (piece.offset >= piece.onset).all() and (piece.sounding_offset >= piece.onset).all()
    held = pedal_intervals(performance)
    assert (held[:, 1] > held[:, 0]).all() and (held[1:, 0] > held[:-1, 1]).all()


def test_bars_follow_time_signatures() -> None:
    three_four, two_four = b"\xff\x58\x04\x03\x02\x18\x08", b"\xff\x58\x04\x02\x02\x18\x08"
    events = [(0, three_four), (0, b"\x90\x3c\x40"), (100, b"\x80\x3c\x40"),
              (200, b"\x90\x3d\x40"), (60, b"\x80\x3d\x40"),
              (90, two_four), (150, b"\x90\x3e\x40"), (50, b"\x80\x3e\x40")]  # fmt: skip
    data = file_bytes([track_bytes(events)], division=100)
    piece = piece_of(parse_midi(data, name="bars"))
    np.testing.assert_allclose(piece.onset_bar, [0, 1, 2.75])


def test_pedal_intervals_of_one_channel() -> None:
    events = [(0, b"\xb0\x40\x7f"), (480, b"\xb0\x40\x50"), (480, b"\xb0\x40\x00"),
              (960, b"\xb0\x40\x40"), (480, b"\x90\x3c\x40"),
              (0, b"\x80\x3c\x40")]  # fmt: skip
    held = pedal_intervals(parse_midi(file_bytes([track_bytes(events)], division=480), name="pedal"))
    np.testing.assert_allclose(held, [[0, 1], [2, 2.5]])


def test_joined_intervals_of_nothing() -> None:
    assert interval_union(np.empty((0, 2))).shape == (0, 2)
    assert len(Piece.empty()) == 0


def test_a_time_signature_of_another_length_says_nothing() -> None:
    note = [(0, b"\x90\x3c\x40"), (480, b"\x80\x3c\x40")]
    plain = piece_of(parse_midi(file_bytes([track_bytes(note)]), name="plain"))
    broken = piece_of(parse_midi(file_bytes([track_bytes([(0, b"\xff\x58\0"), *note])]), name="broken"))
    assert broken.offset_bar.tolist() == plain.offset_bar.tolist() == [0.25]
